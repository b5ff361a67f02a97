"""Local sign-in: by a link in a mail or by password; invitations; the owner of a fresh site."""

from datetime import timedelta
from typing import Final

from quart import Blueprint, Response, g, redirect, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as Redirect

from bp.domains import services
from bp.guard import (
    actor,
    browser,
    current_viewer,
    follows_ghost,
    forget_cookie,
    idle_time,
    keep_cookie,
    kept_cookie,
    people,
    remember_session,
    session_cookie,
)
from bp.house import go, render_house
from infrastructure.access import access
from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError, PersonError
from infrastructure.factory import base_app
from infrastructure.fragments.holes import CART_COOKIE, cart_session
from infrastructure.logs import get_logger
from infrastructure.page_cache import private
from infrastructure.security import local_path
from models.people import Person
from services.accounts import invitations, limits, links, sign_in
from services.accounts.mail import Mail, MailError
from services.accounts.people import email_address, has_administrator
from services.accounts.sessions import end_session, open_session
from services.accounts.sign_in import Attempt, WrongPasswordError
from services.accounts.tokens import is_signed, sign
from services.accounts.viewer import ANONYMOUS
from services.contracts.cart import CartOwner
from services.site.reader import site

log = get_logger(__name__)

blueprint = Blueprint("auth", __name__, url_prefix="/auth")

_KNOWN_COOKIE: Final = "blog_known"
_KNOWN_FOR = timedelta(days=400)


async def send_later(mail: Mail) -> None:
    """Send a mail after the answer: how long it takes must not tell whether it was sent."""
    mailer = people().mailer

    async def send() -> None:
        try:
            await mailer.send(mail)
        except MailError:
            return  # the mailer has written down why

    base_app().add_background_task(send)


async def site_title() -> str:
    """Return as what the site signs its mails."""
    async with base_app().database.read() as connection:
        return (await site(connection)).title


async def let_in(
    work: UnitOfWork, person: Person, method: str, next_path: str, **more: bytes | None
) -> tuple[str, str]:
    """Open a session for somebody who proved who they are, in place of the one before.

    Returns:
        The new session's token, and where to go on to.
    """
    before = request.cookies.get(session_cookie(base_app().settings))
    if before:
        await end_session(work, before)
    token = await open_session(
        work, person, method, browser(), idle_time(), account_grant=more.get("account_grant")
    )
    await _adopt_cart(work, person)
    return token, local_path(next_path)


async def _adopt_cart(work: UnitOfWork, person: Person) -> None:
    """Let somebody keep what they put into a cart before they signed in."""
    session_id = cart_session(request.cookies.get(CART_COOKIE))
    if session_id is None:
        return
    cart = services().cart
    try:
        async with work.session.begin_nested():
            await cart.adopt(work, session_id, str(person.key))
        left = await cart.summary(await work.session.connection(), CartOwner(session_id=session_id))
        g.cart_is_adopted = left.count == 0
    except (PersonError, SQLAlchemyError) as error:
        # Who cannot keep a cart can sign in all the same; the cart stays the session's.
        log.exception("cart cannot be adopted", error=str(error))


def signed_in(person: Person, token: str, next_path: str, done: str | None = None) -> Redirect:
    """Answer somebody who is now signed in."""
    response = go(next_path, done)
    remember_session(response, token)
    known = sign(base_app().settings.secret_key, "known-browser", person.email.lower())
    keep_cookie(response, _KNOWN_COOKIE, known, _KNOWN_FOR)
    if g.get("cart_is_adopted"):
        # Whoever uses this browser after they sign out begins with a cart of their own.
        response.delete_cookie(CART_COOKIE, path="/", httponly=True)
    return response


def _is_known_browser(email: str) -> bool:
    known = kept_cookie(_KNOWN_COOKIE)
    keys = base_app().settings.secret_key
    return known is not None and is_signed(keys, "known-browser", email.strip().lower(), known)


async def login_page(
    *, next_path: str, email: str = "", error: PersonError | None = None
) -> Response:
    """Show the form to sign in with; on a fresh site, where its first link is."""
    app = base_app()
    async with app.database.read() as connection:
        is_fresh = not (await has_administrator(connection) or follows_ghost())
    response = await render_house(
        "auth/login.html",
        status=error.status if error else 200,
        is_fresh=is_fresh and next_path.startswith("/admin/"),
        setup_prefix=f"{app.settings.public_url}/auth/setup/",
        next_path=next_path,
        email=email,
        error=str(error) if error else None,
    )
    if error is not None and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@blueprint.post("/login/")
@access("sign-in")
async def login() -> Response | Redirect:
    """Sign in with a password, or send a link to sign in with."""
    form = await request.form
    email, password = form.get("email", "")[:300], form.get("password", "")
    next_path = local_path(form.get("next"))
    try:
        if form.get("how") == "password":
            return await _by_password(email, password, next_path)
        return await _by_link(email, next_path)
    except PersonError as error:
        return await login_page(next_path=next_path, email=email, error=error)


async def _by_password(email: str, password: str, next_path: str) -> Redirect:
    app = base_app()
    if people().grants is not None:
        message = "Here you sign in with your account of the platform."
        raise InvalidError(message)
    attempt = Attempt(
        email, password.replace("\0", ""), browser(), is_known_browser=_is_known_browser(email)
    )
    await sign_in.count_attempt(app.database, attempt)
    try:
        async with app.database.unit_of_work() as work:
            person = await sign_in.sign_in(work, attempt, follows_ghost=follows_ghost())
            token, path = await let_in(work, person, "password", next_path)
    except WrongPasswordError:
        app.logger.info("wrong password", extra={"address": attempt.browser.address})
        raise
    return signed_in(person, token, path)


async def _by_link(email: str, next_path: str) -> Response:
    app = base_app()
    address = email_address(email)
    await limits.take(
        app.database,
        [
            (limits.LINK_BY_ADDRESS, browser().address),
            (limits.LINK_BY_ACCOUNT, address.lower()),
        ],
    )
    await people().mailer.check()
    title = await site_title()
    async with app.database.unit_of_work() as work:
        mail = await links.mail_link(
            work,
            address,
            site_title=title,
            site_url=app.settings.public_url,
            next_path=next_path,
            follows_ghost=follows_ghost(),
        )
    if mail is not None:
        await send_later(mail)
    return await render_house(
        "auth/sent.html", email=address, minutes=links.SIGN_IN_MINUTES, next_path=next_path
    )


async def _count_token() -> None:
    await limits.take(base_app().database, [(limits.TOKEN_BY_ADDRESS, browser().address)])


@blueprint.get("/link/<token>/")
@private
@access("sign-in")
async def link(token: str) -> Response:
    """Show the button that redeems a link: programs that look into mails press no buttons."""
    await _count_token()
    async with base_app().database.unit_of_work() as work:
        if not await links.is_good(work, token):
            raise links.LinkError
    return await render_house("auth/link.html")


@blueprint.post("/link/<token>/")
@access("sign-in")
async def redeem_link(token: str) -> Redirect:
    """Sign in with a link."""
    await _count_token()
    async with base_app().database.unit_of_work() as work:
        redeemed = await links.redeem(work, token)
        session, path = await let_in(work, redeemed.person, "link", redeemed.next_path)
    return signed_in(redeemed.person, session, path)


@blueprint.get("/setup/<token>/")
@private
@access("sign-in")
async def setup(token: str) -> Response:
    """Ask for the owner's account."""
    await _count_token()
    async with base_app().database.unit_of_work() as work:
        if not await links.is_good(work, token):
            message = "This link does not work any more. Start the app again to get a new one."
            raise links.LinkError(message)
    return await render_house("auth/setup.html", error=None, name="", email="")


@blueprint.post("/setup/<token>/")
@access("sign-in")
async def set_up(token: str) -> Response | Redirect:
    """Make the owner's account."""
    await _count_token()
    form = await request.form
    try:
        async with base_app().database.unit_of_work() as work:
            person = await links.set_up(
                work,
                actor(ANONYMOUS),
                token,
                name=form.get("name", ""),
                email=form.get("email", ""),
                password=form.get("password", ""),
            )
            session, _ = await let_in(work, person, "setup", "/admin/")
    except links.LinkError:
        raise
    except InvalidError as error:
        return await render_house(
            "auth/setup.html",
            status=error.status,
            error=str(error),
            name=form.get("name", ""),
            email=form.get("email", ""),
        )
    return signed_in(person, session, "/admin/", "welcome")


@blueprint.get("/invitation/<token>/")
@private
@access("sign-in")
async def invitation(token: str) -> Response:
    """Show an invitation."""
    await _count_token()
    async with base_app().database.read() as connection:
        found = await invitations.invitation(connection, token)
    return await render_house("auth/invitation.html", invitation=found, error=None, name="")


@blueprint.post("/invitation/<token>/")
@access("sign-in")
async def accept_invitation(token: str) -> Response | Redirect:
    """Take an invitation."""
    await _count_token()
    app, form = base_app(), await request.form
    async with app.database.read() as connection:
        found = await invitations.invitation(connection, token)
    try:
        async with app.database.unit_of_work() as work:
            person = await invitations.accept(
                work,
                actor(ANONYMOUS),
                token,
                name=form.get("name", ""),
                password=form.get("password", ""),
            )
            session, path = await let_in(work, person, "invitation", "/admin/")
    except links.LinkError:
        raise
    except InvalidError as error:
        return await render_house(
            "auth/invitation.html",
            status=error.status,
            invitation=found,
            error=str(error),
            name=form.get("name", ""),
        )
    return signed_in(person, session, path, "welcome")


@blueprint.get("/logout/")
@private
@access("sign-in")
async def ask_to_log_out() -> Response | Redirect:
    """Show the button that signs out: a picture on some page must not be able to."""
    if not (await current_viewer()).is_signed_in:
        return go("/")
    return await render_house("auth/logout.html")


@blueprint.post("/logout/")
@access("sign-in")
async def log_out() -> Redirect:
    """Sign this browser out, and land on the blog's home."""
    app = base_app()
    token = request.cookies.get(session_cookie(app.settings))
    if token:
        async with app.database.unit_of_work() as work:
            await end_session(work, token)
    grants = people().grants
    everywhere = grants.account.sign_out_url() if grants is not None else None
    response = go("/") if everywhere is None else redirect(everywhere, 303)
    forget_cookie(response, "blog_session")
    return response
