"""One's own account: name, password, and the browsers that are signed in."""

from quart import Response, request
from werkzeug.wrappers import Response as Redirect

from bp.auth.routes import blueprint
from bp.cursors import number
from bp.guard import actor, current_viewer
from bp.house import go, render_house
from infrastructure.access import access
from infrastructure.errors import InvalidError, PersonError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.accounts import sign_in
from services.accounts.passwords import SHORTEST
from services.accounts.sessions import revoke, sessions

_PATH = "/auth/account/"


async def _page(error: PersonError | None = None) -> Response:
    viewer = await current_viewer()
    database = base_app().database
    async with database.read() as connection:
        browsers = await sessions(connection, person_id=viewer.person_id)
    async with database.unit_of_work() as work:
        has_password = await sign_in.has_password(work, viewer.person_id or 0)
    return await render_house(
        "auth/account.html",
        status=error.status if error else 200,
        browsers=browsers,
        has_password=has_password,
        shortest=SHORTEST,
        error=str(error) if error else None,
    )


@blueprint.get("/account/")
@private
@access("own-account")
async def account() -> Response:
    """Show one's own account."""
    return await _page()


@blueprint.post("/account/")
@access("own-account")
async def change_account() -> Response | Redirect:
    """Change one's own name or password."""
    viewer = await current_viewer()
    person_id = viewer.person_id or 0
    form = await request.form
    try:
        async with base_app().database.unit_of_work() as work:
            match form.get("what"):
                case "name":
                    await sign_in.rename(work, actor(viewer), person_id, form.get("name", ""))
                    done = "saved"
                case "password":
                    password = form.get("password", "")
                    await sign_in.set_password(
                        work, actor(viewer), person_id, viewer.session_id, password
                    )
                    done = "password" if password else "no-password"
                case _:
                    message = "Nothing was asked for."
                    raise InvalidError(message)
    except InvalidError as error:
        return await _page(error)
    return go(_PATH, done)


@blueprint.post("/account/sessions/")
@access("own-account")
async def end_sessions() -> Redirect:
    """Sign other browsers of one's own out: one of them, or all."""
    viewer = await current_viewer()
    form = await request.form
    chosen = form.get("session", type=number)
    async with base_app().database.unit_of_work() as work:
        if chosen is not None:
            await revoke(work, viewer.person_id or 0, only=chosen)
        else:
            await revoke(work, viewer.person_id or 0, but=viewer.session_id)
    return go(_PATH, "signed-out" if chosen is not None else "signed-out-others")
