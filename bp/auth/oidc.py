"""The way to the account app and back; without one, the local form."""

import hmac
import time
from datetime import timedelta
from typing import Final

import msgspec
from quart import Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from bp.auth.routes import blueprint, let_in, login_page, signed_in
from bp.guard import current_viewer, forget_cookie, keep_cookie, kept_cookie, people
from bp.house import go
from infrastructure.access import access
from infrastructure.errors import NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from infrastructure.security import local_path
from services.accounts.grants import Grants, adopt
from services.accounts.oidc import GrantEndedError, Pending, SignInFailedError
from services.accounts.tokens import is_signed, sign

_PENDING: Final = "blog_oidc"
_PENDING_FOR: Final = timedelta(minutes=10)

# Nobody was signed in at the account app: not asked again for a while.
_SILENT: Final = "blog_silent"
_SILENT_FOR: Final = timedelta(minutes=5)

_NOT_SIGNED_IN: Final = frozenset(
    {"login_required", "interaction_required", "consent_required", "account_selection_required"}
)


@blueprint.get("/login/")
@private
@access("sign-in")
async def begin() -> Response | Redirect:
    """Sign in: with the local form, or at the account app.

    With `prompt=none` it happens without a question, or not at all.
    """
    next_path = local_path(request.args.get("next"))
    is_silent = request.args.get("prompt") == "none"
    if (await current_viewer()).is_signed_in:
        return go(next_path)
    grants = people().grants
    if grants is None:
        return go(next_path) if is_silent else await login_page(next_path=next_path)
    if is_silent and kept_cookie(_SILENT) is not None:
        return go(next_path)
    url, pending = await grants.account.begin(next_path, is_silent=is_silent)
    response = redirect(url, 302)
    value = msgspec.json.encode(pending).hex()
    signature = sign(base_app().settings.secret_key, "oidc", value)
    keep_cookie(response, _PENDING, f"{value}.{signature}", _PENDING_FOR)
    return response


def _pending() -> Pending:
    """Return the sign-in that this browser began.

    Raises:
        SignInFailedError: it began none, or too long ago, or it is another one that comes back.
    """
    value, _, signature = (kept_cookie(_PENDING) or "").partition(".")
    if not is_signed(base_app().settings.secret_key, "oidc", value, signature):
        why = "this browser began no sign-in"
        raise SignInFailedError(why)
    pending = msgspec.json.decode(bytes.fromhex(value), type=Pending)
    state = request.args.get("state", "")
    if not hmac.compare_digest(pending.state.encode(), state.encode()):
        why = "the state is another's"
        raise SignInFailedError(why)
    if time.time() - pending.began_at > _PENDING_FOR.total_seconds():
        why = "it took too long"
        raise SignInFailedError(why)
    return pending


@blueprint.get("/callback/")
@private
@access("sign-in")
async def callback() -> Redirect:
    """Take back somebody whom the account app has asked.

    Raises:
        NotFoundError: there is no account app.
    """
    grants = people().grants
    if grants is None:
        raise NotFoundError
    pending = _pending()
    error = request.args.get("error")
    if error is not None:
        if not pending.is_silent or error not in _NOT_SIGNED_IN:
            raise SignInFailedError(error[:100])
        response = go(local_path(pending.next_path))
        keep_cookie(response, _SILENT, "no", _SILENT_FOR)
    else:
        response = await _complete(grants, pending)
        forget_cookie(response, _SILENT)
    forget_cookie(response, _PENDING)
    return response


async def _complete(grants: Grants, pending: Pending) -> Redirect:
    try:
        identity, token = await grants.account.complete(pending, request.args.get("code", ""))
    except GrantEndedError as error:
        why = "the grant ended at once"
        raise SignInFailedError(why) from error
    async with base_app().database.unit_of_work() as work:
        person = await adopt(work, identity)
        session, path = await let_in(
            work, person, "account", pending.next_path, account_grant=grants.sealed(token)
        )
    return signed_in(person, session, path)
