"""People and invitations."""

from quart import Response, request
from werkzeug.wrappers import Response as Redirect

from bp.admin.blueprint import blueprint
from bp.auth.routes import site_title
from bp.cursors import decode, encode, number, words
from bp.guard import actor, current_viewer, follows_ghost
from bp.guard import people as people_of_app
from bp.house import go, render_house
from infrastructure.access import access
from infrastructure.errors import NotFoundError, PersonError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.accounts import invitations, people
from services.accounts.mail import MailError
from services.accounts.membership import membership_of
from services.accounts.people import Change
from services.accounts.policy import may_change, may_give
from services.accounts.sessions import revoke, sessions
from services.accounts.viewer import STAFF, Role, Viewer
from services.audit.log import record
from services.desk.choices import author_choices, tier_choices


def _givable(viewer: Viewer) -> list[Role]:
    return [role for role in Role if may_give(viewer, role)]


@blueprint.get("/people/")
@private
@access("people.see")
async def list_people() -> Response:
    """List people."""
    return await _people_page()


async def _people_page(error: PersonError | None = None) -> Response:
    viewer = await current_viewer()
    looked_for, role = words(request.args.get("words")), request.args.get("role", "")
    async with base_app().database.read() as connection:
        found, after = await people.people(
            connection,
            words=looked_for,
            role=role if Role.of(role) else "",
            after=decode(request.args.get("after")),
        )
    return await render_house(
        "admin/people.html",
        status=error.status if error else 200,
        people=found,
        after=encode(after),
        words=looked_for,
        role=role,
        roles=[it for it in Role if it],
        givable=[it for it in _givable(viewer) if it <= Role.MEMBER],
        error=str(error) if error else None,
    )


@blueprint.post("/people/")
@access("people.edit")
async def add_person() -> Response | Redirect:
    """Bring in a reader or a member."""
    viewer, form = await current_viewer(), await request.form
    role = Role.of(form.get("role", ""))
    try:
        async with base_app().database.unit_of_work() as work:
            person = await people.add(
                work,
                viewer,
                actor(viewer),
                email=form.get("email", ""),
                name=form.get("name", ""),
                role=role if role <= Role.MEMBER else Role.ANONYMOUS,
            )
    except PersonError as error:
        return await _people_page(error)
    return go(f"/admin/people/{person.id}/", "added")


async def _person_page(person_id: int, error: PersonError | None = None) -> Response:
    viewer = await current_viewer()
    async with base_app().database.read() as connection:
        person = await people.person(connection, person_id)
        browsers = await sessions(connection, person_id=person_id)
        tiers = await tier_choices(connection)
        in_ghost = await membership_of(connection, person_id) if follows_ghost() else None
        authors = await author_choices(connection)
    return await render_house(
        "admin/person.html",
        status=error.status if error else 200,
        person=person,
        browsers=browsers,
        tiers=tiers,
        in_ghost=in_ghost,
        authors=authors,
        givable=_givable(viewer),
        is_changeable=may_change(viewer, Role.of(person.role)),
        error=str(error) if error else None,
    )


@blueprint.get("/people/<int:person_id>/")
@private
@access("people.edit")
async def show_person(person_id: int) -> Response:
    """Show a person, what they may do and where they are signed in."""
    return await _person_page(person_id)


@blueprint.post("/people/<int:person_id>/")
@access("people.edit")
async def change_person(person_id: int) -> Response | Redirect:
    """Change a person, suspend them or let them in again, or sign them out."""
    viewer, form = await current_viewer(), await request.form
    path = f"/admin/people/{person_id}/"
    try:
        async with base_app().database.unit_of_work() as work:
            match form.get("what"):
                case "suspend" | "let-in" as what:
                    wanted = Change(is_suspended=what == "suspend")
                    await people.change(work, viewer, actor(viewer), person_id, wanted)
                    done = "saved"
                case "sign-out":
                    person = await people.by_id(work, person_id)
                    await people.change(work, viewer, actor(viewer), person_id, Change())
                    ended = await revoke(work, person_id)
                    about = ("person", person_id, person.email)
                    record(work, actor(viewer), "people.sign-out", about, after={"sessions": ended})
                    done = "signed-out"
                case _:
                    wanted = Change(
                        name=form.get("name", ""),
                        role=Role.of(form.get("role", "")) or None,
                        author_id=form.get("author", 0, type=number),
                        tier_ids=frozenset(form.getlist("tier", type=number)),
                    )
                    await people.change(work, viewer, actor(viewer), person_id, wanted)
                    done = "saved"
    except NotFoundError:
        raise
    except PersonError as error:
        return await _person_page(person_id, error)
    return go(path, done)


@blueprint.get("/invitations/")
@private
@access("people.invite")
async def list_invitations() -> Response:
    """List invitations that nobody took yet, and show the form of a new one."""
    return await _invitations_page()


async def _invitations_page(error: PersonError | None = None, email: str = "") -> Response:
    viewer = await current_viewer()
    async with base_app().database.read() as connection:
        found = await invitations.invitations(connection)
    return await render_house(
        "admin/invitations.html",
        status=error.status if error else 200,
        invitations=found,
        days=invitations.DAYS,
        email=email,
        givable=[it for it in _givable(viewer) if it in STAFF and it is not Role.OWNER],
        error=str(error) if error else None,
    )


@blueprint.post("/invitations/")
@access("people.invite")
async def invite() -> Response | Redirect:
    """Invite somebody, send the mail of an invitation again, or take an invitation back."""
    app, viewer, form = base_app(), await current_viewer(), await request.form
    chosen = form.get("invitation", type=number)
    if chosen is not None:
        async with app.database.unit_of_work() as work:
            await invitations.take_back(work, actor(viewer), chosen)
        return go("/admin/invitations/", "taken-back")
    mailer = people_of_app().mailer
    again = form.get("again", type=number)
    try:
        await mailer.check()
        around = {"site_title": await site_title(), "site_url": app.settings.public_url}
        async with app.database.unit_of_work() as work:
            if again is not None:
                mail = await invitations.invite_again(work, viewer, actor(viewer), again, **around)
            else:
                mail = await invitations.invite(
                    work,
                    viewer,
                    actor(viewer),
                    email=form.get("email", ""),
                    role=Role.of(form.get("role", "")),
                    **around,
                )
    except NotFoundError:
        raise
    except PersonError as error:
        return await _invitations_page(error, form.get("email", ""))
    try:
        # Whoever invites waits for the mail: they have to know that it went out.
        await mailer.send(mail)
    except MailError as error:
        return await _invitations_page(_NotSentError(mail.to, error))
    return go("/admin/invitations/", "invited")


class _NotSentError(MailError):
    """An invitation is kept, but its mail did not go out."""

    def __init__(self, address: str, why: MailError) -> None:
        super().__init__(
            f"The invitation for {address} is kept, but nobody knows of it yet: {why} "
            "Use “Send again” below."
        )
