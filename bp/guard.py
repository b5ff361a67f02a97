"""The one place where requests are let in: who asks, whether they may, whether they meant to.

Each route names its action beside itself; here it is looked up in the policy before the view runs.
An action about an object is decided in two steps: whether the viewer may do it to any object, here,
and whether to this one, by `require` in the view. A view that forgets the second step fails.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import quote

from quart import Response, current_app, g, redirect, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as Redirect

from bp.menus import menu_for, site_menus
from infrastructure import fragments
from infrastructure.access import action_of
from infrastructure.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SignInNeededError,
)
from infrastructure.factory import BaseApp, base_app, wants_json
from infrastructure.fragments import holes
from infrastructure.logs import get_logger
from infrastructure.network import client_address
from infrastructure.page_cache.holes import Reader
from infrastructure.security import (
    is_from_elsewhere,
    is_safe_method,
    nonce,
)
from infrastructure.settings import Settings
from services.accounts import policy
from services.accounts.grants import Grants
from services.accounts.mail import Mailer
from services.accounts.policy import Target, may
from services.accounts.sessions import Browser, Vouched, renew, session_of
from services.accounts.tokens import is_signed, new_token, sign
from services.accounts.viewer import ANONYMOUS, Viewer
from services.audit.log import Actor

log = get_logger(__name__)

# What a form calls its token, and the header in which a script sends it.
TOKEN_FIELD: Final = "csrf_token"  # noqa: S105 - the name of a field
TOKEN_HEADER: Final = "X-CSRF-Token"  # noqa: S105 - the name of a header

_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})

_NO_TEXT: Final = "There is a character in it that no text may have. Please type it again."

_NOT_MEANT: Final = (
    "This form was not sent from this site, or it is too old. Go back, load the page again, and "
    "send it once more."
)


class People:
    """What the routes about people need: made once per app, by the composition root."""

    def __init__(self, mailer: Mailer, grants: Grants | None) -> None:
        """Send mail with `mailer`; with `grants` the account app signs people in."""
        self.mailer = mailer
        self.grants = grants


def people() -> People:
    """Return what the routes about people need."""
    return cast("People", current_app.extensions["people"])


def _prefix(settings: Settings) -> str:
    """A cookie with this prefix cannot be set by another host or over plain http."""
    return "__Host-" if settings.public_url.startswith("https:") else ""


def session_cookie(settings: Settings) -> str:
    """Return the name of the cookie that keeps a browser signed in."""
    return f"{_prefix(settings)}blog_session"


def _form_cookie(settings: Settings) -> str:
    return f"{_prefix(settings)}blog_form"


def follows_ghost() -> bool:
    """Whether staff are who is staff in Ghost."""
    return base_app().settings.ghost_api_url is not None


def idle_time() -> timedelta:
    """After what time without use a session ends."""
    return timedelta(days=base_app().settings.session_days)


async def current_viewer() -> Viewer:
    """Return who asks; nobody known where anything about it is in doubt."""
    if "viewer" not in g:
        g.viewer = await _find_viewer()
    viewer: Viewer = g.viewer
    return viewer


async def viewer_of(token: str) -> Viewer:
    """Return whose session this is; nobody known where it is not good, or cannot be looked up.

    Args:
        token: what the browser brought in its cookie.
    """
    app = base_app()
    try:
        async with app.database.read() as connection:
            session = await session_of(connection, token, follows_ghost=follows_ghost())
        if session is None or not await _is_granted(session):
            return ANONYMOUS
        if session.is_to_be_renewed(datetime.now(UTC)):
            await renew(app.database, session, idle_time())
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        # Who cannot be looked up is not signed in: the site stays readable, nothing opens up.
        log.error("sessions cannot be read", error=str(error))  # noqa: TRY400 - no trace a request
        return ANONYMOUS
    return session.viewer


async def _find_viewer() -> Viewer:
    token = request.cookies.get(session_cookie(base_app().settings))
    if not token:
        return ANONYMOUS
    if not is_safe_method() and declared_action() == "public":
        # Programs call these without a form's token, so nobody's cookie may count.
        return ANONYMOUS
    return await viewer_of(token)


async def _is_granted(session: Vouched) -> bool:
    if session.account_grant is None:
        return True
    grants = people().grants
    return grants is not None and await grants.is_good(base_app().database, session)


def declared_action() -> str | None:
    """Return the action that the route of this request declared."""
    endpoint = request.endpoint or ""
    if endpoint.rpartition(".")[2] == "static":
        return "public"
    view = current_app.view_functions.get(endpoint)
    return None if view is None else action_of(view)


async def require(action: str, target: Target) -> Viewer:
    """Make sure that the viewer may do something to the object at hand, and return the viewer.

    Args:
        action: of the policy.
        target: the object's state.

    Raises:
        ForbiddenError: they may not.
    """
    viewer = await current_viewer()
    g.object_checked = True
    if not may(viewer, action, target):
        raise ForbiddenError
    return viewer


def _address() -> str:
    return client_address(request.scope, base_app().settings.trusted_proxies)


def actor(viewer: Viewer) -> Actor:
    """Return a viewer as the audit log names them."""
    name = f"{viewer.name} <{viewer.email}>" if viewer.name != viewer.email else viewer.email
    return Actor(
        name or "somebody not signed in",
        viewer.person_id,
        _address(),
        g.get("request_id", ""),
    )


def browser() -> Browser:
    """Return from where this request comes."""
    address = _address()
    return Browser(address, request.headers.get("User-Agent", ""))


def form_token() -> str:
    """Return the token that a form of this page has to send along."""
    settings = base_app().settings
    binding = request.cookies.get(session_cookie(settings)) or request.cookies.get(
        _form_cookie(settings)
    )
    if not binding:
        binding = g.form_cookie = g.get("form_cookie") or new_token()
    return sign(settings.secret_key, "form", binding)


async def _is_meant() -> bool:
    """Whether the form, or the script, that sent this request is ours."""
    settings = base_app().settings
    if is_from_elsewhere(settings):
        return False
    given = request.headers.get(TOKEN_HEADER)
    if request.mimetype in _FORMS:
        form = await request.form
        if any("\0" in value for value in form.values()):
            raise InvalidError(_NO_TEXT)
        given = given or form.get(TOKEN_FIELD)
    return given is not None and any(
        is_signed(settings.secret_key, "form", binding, given)
        for binding in (
            request.cookies.get(session_cookie(settings)),
            request.cookies.get(_form_cookie(settings)),
        )
        if binding
    )


def sign_in_path() -> str:
    """Return where to sign in and come back from."""
    query = request.query_string.decode("latin-1")
    here = request.path + (f"?{query}" if query else "")
    return f"/auth/login/?next={quote(here, safe='/')}"


def _set_cookie(response: Any, name: str, value: str, *, max_age: timedelta | None) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        secure=base_app().settings.public_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )


def keep_cookie(response: Any, name: str, value: str, max_age: timedelta) -> None:
    """Give the browser a cookie of ours: for this host, scripts and other sites alone excepted."""
    _set_cookie(response, _prefix(base_app().settings) + name, value, max_age=max_age)


def kept_cookie(name: str) -> str | None:
    """Return a cookie that `keep_cookie` gave."""
    return request.cookies.get(_prefix(base_app().settings) + name)


def forget_cookie(response: Any, name: str) -> None:
    """Take a cookie back."""
    settings = base_app().settings
    response.delete_cookie(
        _prefix(settings) + name, path="/", secure=bool(_prefix(settings)), httponly=True
    )


def remember_session(response: Any, token: str) -> None:
    """Keep a browser signed in."""
    _set_cookie(response, session_cookie(base_app().settings), token, max_age=6 * idle_time())


async def _let_in() -> Redirect | None:
    """Decide whether a request reaches its view; runs before every one."""
    if request.url_rule is None:
        return None
    action = declared_action()
    if action is None or action not in policy.POLICY:
        log.error("route without a policy", endpoint=request.endpoint, action=action)
        raise ForbiddenError
    if action == "public":
        return None
    if any(isinstance(it, int) and it >= 2**63 for it in (request.view_args or {}).values()):
        # No row can have this id, and the database would refuse the question.
        raise NotFoundError
    if not is_safe_method() and not await _is_meant():
        raise ForbiddenError(_NOT_MEANT)
    if may(ANONYMOUS, action):
        return None
    viewer = await current_viewer()
    if may(viewer, action):
        return None
    if viewer.is_signed_in:
        raise ForbiddenError
    if is_safe_method() and not wants_json():
        g.object_checked = True
        return redirect(sign_in_path(), 302)
    raise SignInNeededError


async def _check_that_object_was_checked(response: Response) -> Response:
    """Fail a view that answered without asking about its object, rather than show it."""
    action = declared_action() if request.url_rule is not None else None
    if (
        action is not None
        and response.status_code < 400
        and policy.asks_for_object(action)
        and not g.get("object_checked")
    ):
        # Only once: the answer to this error passes here as well.
        g.object_checked = True
        message = f"{request.endpoint} never asked whether {action} is allowed on its object"
        raise AssertionError(message)
    return response


async def _keep_form_cookie(response: Response) -> Response:
    if "form_cookie" in g:
        _set_cookie(response, _form_cookie(base_app().settings), g.form_cookie, max_age=None)
    return response


async def _viewer_of_reader(app: BaseApp, reader: Reader) -> Viewer:
    token = reader.cookies.get(session_cookie(app.settings))
    if not token:
        return ANONYMOUS
    async with app.app_context():
        return await viewer_of(token)


async def _auth_menu(app: BaseApp, reader: Reader) -> str | None:
    """Fill the sign-in menu in a page's header for who is signed in."""
    viewer = await _viewer_of_reader(app, reader)
    return app.templates.render("auth/_menu.html", viewer=viewer) if viewer.is_signed_in else None


def fill_header(app: BaseApp) -> None:
    """Fill the personal holes around every page: menus, the cart's badge, the sign-in menu.

    Where there is an account app, the menu is its; ours stands in where it gives nothing.
    """
    cookie = session_cookie(app.settings)

    async def own_menu(reader: Reader, _argument: str) -> str | None:
        return await _auth_menu(app, reader)

    async def for_siblings(reader: Reader) -> fragments.Viewer | None:
        viewer = await _viewer_of_reader(app, reader)
        if viewer.is_signed_in and viewer.key:
            return fragments.Viewer(user_id=viewer.key)
        return await holes.anonymous_viewer(reader)

    async def menu(reader: Reader, name: str) -> str | None:
        async with app.app_context():
            if name not in (await site_menus()).personal:
                return None
            viewer = await _viewer_of_reader(app, reader)
            return await menu_for(viewer, name, reader.path)

    app.page_cache.holes.register("menu", menu, cookies=(cookie,))
    app.page_cache.holes.register("auth-menu", own_menu, cookies=(cookie,))
    holes.fill_holes(
        app.page_cache.holes,
        app.fragments,
        for_siblings,
        cookies=(cookie, holes.CART_COOKIE),
        own_menu=own_menu,
    )


def install_guard(app: BaseApp, of_people: People) -> None:
    """Let nobody past who may not; called once, before the app's first request."""
    app.extensions["people"] = of_people
    app.templates.add(names={"csrf_token": form_token, "csp_nonce": nonce})
    fill_header(app)
    app.before_request(_let_in)
    app.after_request(_check_that_object_was_checked)
    app.after_request(_keep_form_cookie)
