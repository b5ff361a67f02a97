"""The account app as an OpenID Connect provider: for development, tests, and as an example.

It is a real one over HTTP: discovery, authorization code with PKCE, keys, userinfo, and an end of
the session that ends every grant. What it lacks beside a product: registration, confirmed addresses
and a way to reset a password.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from quart import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from infrastructure.access import access
from infrastructure.errors import ForbiddenError, InvalidError
from infrastructure.factory import BaseApp, base_app
from infrastructure.network import client_address
from infrastructure.page_cache import private
from infrastructure.security import is_from_elsewhere, local_path
from services.accounts import limits, provider
from services.accounts.provider import AuthorizationRequest

blueprint = Blueprint("provider", __name__)

_TEMPLATES = Path(__file__).parent / "templates"

_COOKIE: Final = "account_session"
_COOKIE_FOR = timedelta(days=30)

# Who can sign in where people develop; their password is on the sign-in page.
SAMPLE_PASSWORD: Final = "bread-and-bicycles"  # noqa: S105 - shown to everybody, on purpose
_SAMPLES: Final[tuple[tuple[str, str, list[str] | None], ...]] = (
    ("ada@example.org", "Ada", []),
    ("grace@example.org", "Grace", None),
)


def add_provider(app: BaseApp) -> None:
    """Make an app the provider: `SITE_URL` is the issuer's name, `ACCOUNT_CLIENTS` whom it knows.

    Its page to sign in is `/sign-in/`; where people develop there are accounts to try it with.
    """
    app.templates.environment.loader = ChoiceLoader(
        [app.templates.environment.loader or DictLoader({}), FileSystemLoader(_TEMPLATES)]
    )
    app.register_blueprint(blueprint)
    if app.settings.environment != "production":
        app.before_serving(partial(_add_samples, app))


async def _add_samples(app: BaseApp) -> None:
    async with app.database.unit_of_work() as work:
        for email, name, tiers in _SAMPLES:
            await provider.add_user(
                work, email=email, name=name, password=SAMPLE_PASSWORD, tiers=tiers
            )


def _clients() -> Mapping[str, str]:
    """Return where each app that may sign people in wants them back."""
    pairs = (it.partition("=") for it in base_app().settings.account_clients)
    return {name.strip(): uri.strip() for name, _, uri in pairs}


def _asked() -> AuthorizationRequest:
    """Return what an app asks for.

    Raises:
        InvalidError: no app that we know asks, or not as it must; nobody is sent back then.
    """
    given = request.args
    redirect_uri = _clients().get(given.get("client_id", ""))
    if redirect_uri is None or redirect_uri != given.get("redirect_uri"):
        message = (
            "The app that sent you here is not known. Go back, and tell the people who run it."
        )
        raise InvalidError(message)
    challenge = given.get("code_challenge", "")
    if (
        given.get("response_type") != "code"
        or given.get("code_challenge_method") != "S256"
        or len(challenge) != 43
    ):
        message = "The app that sent you here asks in a way that is not safe (no PKCE)."
        raise InvalidError(message)
    return AuthorizationRequest(
        client_id=given["client_id"],
        redirect_uri=redirect_uri,
        state=given.get("state", ""),
        nonce=given.get("nonce", ""),
        challenge=challenge,
        prompt=given.get("prompt", ""),
    )


@blueprint.get("/.well-known/openid-configuration")
@private
@access("public")
async def configuration() -> dict[str, object]:
    """Say where everything is (OpenID Connect Discovery 1.0)."""
    issuer = base_app().settings.public_url
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/keys.json",
        "end_session_endpoint": f"{issuer}/end-session",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
    }


@blueprint.get("/keys.json")
@private
@access("public")
async def keys() -> dict[str, object]:
    """Give the public key."""
    async with base_app().database.unit_of_work() as work:
        key = await provider.signing_key(work)
    return {"keys": [key.as_dict(private=False)]}


def _back(asked: AuthorizationRequest, **answer: str) -> Redirect:
    return redirect(f"{asked.redirect_uri}?{urlencode({**answer, 'state': asked.state})}", 302)


@blueprint.get("/authorize")
@private
@access("public")
async def authorize() -> Redirect:
    """Send a browser back with a code, or have its person sign in first."""
    asked = _asked()
    async with base_app().database.unit_of_work() as work:
        session = await provider.signed_in(work, request.cookies.get(_COOKIE))
        if session is not None:
            return _back(asked, code=await provider.issue_code(work, session.id, asked))
    if asked.prompt == "none":
        return _back(asked, error="login_required")
    here = f"/authorize?{request.query_string.decode('latin-1')}"
    return redirect(f"/sign-in/?{urlencode({'next': here})}", 302)


async def _page(next_path: str, error: str = "") -> Response:
    app = base_app()
    async with app.database.unit_of_work() as work:
        session = await provider.signed_in(work, request.cookies.get(_COOKIE))
    page = app.templates.render(
        "sign_in.html",
        next_path=next_path,
        is_signed_in=session is not None,
        error=error,
        samples=None if app.settings.environment == "production" else _SAMPLES,
        sample_password=SAMPLE_PASSWORD,
    )
    response = Response(page, status=422 if error else 200, content_type="text/html; charset=utf-8")
    # The form leads on to the app that asked, by way of redirects that browsers check as well.
    targets = " ".join(f"{p.scheme}://{p.netloc}" for p in map(urlsplit, _clients().values()))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {targets}"
    )
    return response


@blueprint.get("/sign-in/")
@private
@access("public")
async def ask() -> Response:
    """Show the form to sign in with, or to sign out."""
    return await _page(local_path(request.args.get("next")))


@blueprint.post("/sign-in/")
@access("public")
async def sign_in() -> Response | Redirect:
    """Sign in.

    Raises:
        ForbiddenError: another site sent the form.
        TooManyError: there were too many attempts.
    """
    app, form = base_app(), await request.form
    if is_from_elsewhere(app.settings):
        raise ForbiddenError
    email, next_path = form.get("email", "")[:300], local_path(form.get("next"))
    address = client_address(request.scope, app.settings.trusted_proxies)
    await limits.take(
        app.database,
        [(limits.PASSWORD_BY_ADDRESS, address), (limits.PASSWORD_BY_ACCOUNT, f"account {email}")],
    )
    async with app.database.unit_of_work() as work:
        token = await provider.sign_in(work, email, form.get("password", ""))
    if token is None:
        return await _page(next_path, "The address or the password is wrong.")
    response = redirect(next_path, 303)
    response.set_cookie(
        _COOKIE,
        token,
        max_age=_COOKIE_FOR,
        secure=app.settings.public_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return response


@blueprint.post("/token")
@access("public")
async def token() -> tuple[dict[str, object], int] | Response:
    """Give an app an access token for its code (RFC 6749, section 4.1.3)."""
    form = dict((await request.form).items())
    if form.get("grant_type") != "authorization_code":
        return {"error": "unsupported_grant_type"}, 400
    app = base_app()
    async with app.database.unit_of_work() as work:
        answer = await provider.redeem_code(work, app.settings.public_url, form)
    if answer is None:
        return {"error": "invalid_grant"}, 400
    return answer, 200


@blueprint.get("/userinfo")
@private
@access("public")
async def userinfo() -> tuple[dict[str, object], int]:
    """Say whom an access token stands for."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    async with base_app().database.unit_of_work() as work:
        claims = await provider.userinfo(work, given) if scheme.lower() == "bearer" else None
    return ({"error": "invalid_token"}, 401) if claims is None else (claims, 200)


@blueprint.get("/end-session")
@private
@access("public")
async def end_session() -> Redirect:
    """Sign a browser out of every app, and send it back to the one that asked."""
    target = request.args.get("post_logout_redirect_uri", "")
    known = {f"{urlsplit(it).scheme}://{urlsplit(it).netloc}/" for it in _clients().values()}
    given = request.cookies.get(_COOKIE)
    if given:
        async with base_app().database.unit_of_work() as work:
            await provider.sign_out(work, given)
    response = redirect(target if target in known else "/", 302)
    response.delete_cookie(_COOKIE)
    return response
