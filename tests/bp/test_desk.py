"""The desk: what is changed there, what readers see of it, and what the audit log keeps."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from quart.datastructures import FileStorage
from sqlalchemy import func, select, update

from app import create_app
from infrastructure.errors import ForbiddenError, InvalidError
from infrastructure.factory import BaseApp
from infrastructure.settings import Settings
from models.content import Author, Post, PostTag, Tag, TagGroup, TagGroupMember
from models.people import AuditEntry, Person, Redirect, Session
from models.site import SiteSetting
from services.accounts import people
from services.accounts.mail import Mail, MailError, NoMailer
from services.accounts.people import Change
from services.accounts.viewer import Role, Viewer
from services.audit.log import Actor, record
from services.redirects import redirects
from tests.bp.conftest import LetterBox, Visitor, sign_in_as
from tests.waiting import CEILING


async def _audit(app: BaseApp) -> list[str]:
    async with app.database.read() as connection:
        rows = await connection.execute(select(AuditEntry.action).order_by(AuditEntry.id))
        return list(rows.scalars())


async def test_a_redirect_leads_readers_on_until_it_is_removed(app: BaseApp) -> None:
    owner, reader = await sign_in_as(app, Role.OWNER), Visitor(app)
    assert (await reader.get("/old/")).status_code == 404
    form = {"source": "/old/", "target": "https://example.org/new", "how": "301", "what": "add"}
    assert (await owner.submit("/admin/redirects/", form)).status_code == 303
    answer = await reader.get("/old/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://example.org/new")
    async with app.database.read() as connection:
        kept = await connection.scalar(select(Redirect.id))
    await owner.submit("/admin/redirects/", {"what": "remove", "redirect": kept})
    assert (await reader.get("/old/")).status_code == 404
    assert await _audit(app) == ["redirects.add", "redirects.remove"]


_JSON = json.dumps(
    [
        {"from": "^/plain/$", "to": "/there/", "permanent": True},
        {"from": "^/blog/(\\d+)/(.*)$", "to": "/$2", "permanent": False},
        {"from": "^/any/(.*)$", "to": "$1", "permanent": True},
        {"from": "((a+)+)+$", "to": "/x/", "permanent": True},
        {"from": "[", "to": "/x/"},
        {"from": "/script/", "to": "javascript:alert(1)"},
    ]
).encode()
_YAML = b"301:\n  /plain/: /there/\n302:\n  ^/blog/(\\d+)/(.*)$: /$2\n"


@pytest.mark.parametrize(("name", "content"), [("r.json", _JSON), ("r.yaml", _YAML)])
async def test_ghosts_redirects_are_imported(app: BaseApp, name: str, content: bytes) -> None:
    owner, reader = await sign_in_as(app, Role.OWNER), Visitor(app)
    page = await (await owner.get("/admin/redirects/")).get_data(as_text=True)
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    answer = await owner.client.post(
        "/admin/redirects/import/",
        form={"csrf_token": token},
        files={"file": FileStorage(BytesIO(content), filename=name)},
    )
    assert answer.status_code == (200 if name == "r.json" else 303)
    if name == "r.json":
        refused = await answer.get_data(as_text=True)
        assert "repeats a repetition" in refused
        assert "is not a regular expression" in refused
        assert "javascript" in refused
    for path, status, location in (
        ("/plain/", 301, "/there/"),
        ("/blog/2021/my-post", 302, "/my-post"),
    ):
        found = await reader.get(path)
        assert (found.status_code, found.headers.get("Location")) == (status, location)
    # What a reader writes into the address cannot choose another site.
    assert (await reader.get("/any///evil.example/")).status_code == 404
    assert (await reader.get("/any/https://evil.example/")).status_code in {301, 404}


@pytest.mark.parametrize("content", [b"", b"{}", b"[1", b"a: b", b"- x", b"\xff\xfe", b"[" * 9999])
@pytest.mark.parametrize("name", ["r.json", "r.yaml"])
def test_another_file_is_refused_with_a_sentence(name: str, content: bytes) -> None:
    with pytest.raises(InvalidError, match="not a redirects file"):
        redirects.parse_file(name, content)


async def test_a_page_of_its_own_wins_over_a_redirect(app: BaseApp) -> None:
    async with app.database.unit_of_work() as work:
        work.session.add(Redirect(source="/search/", target="/x/", is_permanent=True))
    assert (await Visitor(app).get("/search/")).status_code == 200


async def _tag_id(app: BaseApp, slug: str) -> int:
    async with app.database.read() as connection:
        found = await connection.scalar(
            select(Tag.id).where(Tag.slug == slug, Tag.deleted_at.is_(None))
        )
    assert found is not None
    return found


async def test_a_tag_is_made_renamed_and_found_under_its_old_name(app: BaseApp) -> None:
    editor, reader = await sign_in_as(app, Role.EDITOR), Visitor(app)
    await editor.submit("/admin/tags/new/", {"name": "Sour dough"})
    assert (await reader.get("/tag/sour-dough/")).status_code == 200
    tag_id = await _tag_id(app, "sour-dough")
    form = {"name": "Leaven", "slug": "leaven", "accent_color": "#A3293F"}
    answer = await editor.submit(f"/admin/tags/{tag_id}/", form)
    assert answer.status_code == 303
    assert (await reader.get("/tag/leaven/")).status_code == 200
    moved = await reader.get("/tag/sour-dough/")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/tag/leaven/")


async def test_a_form_says_beside_the_field_what_is_wrong(app: BaseApp) -> None:
    editor = await sign_in_as(app, Role.EDITOR)
    form = {"name": "Bread", "slug": "Not A Slug", "accent_color": "rose"}
    answer = await editor.submit("/admin/tags/new/", form)
    page = await answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="slug-error"' in page
    assert 'id="accent_color-error"' in page
    assert 'value="Not A Slug"' in page


async def test_tags_are_merged(app: BaseApp) -> None:
    async with app.database.unit_of_work() as work:
        tags = [Tag(slug=it, name=it) for it in ("bread", "brot", "pain")]
        posts = [
            Post(slug=it, title=it, status="published", published_at=datetime.now(UTC))
            for it in ("one", "two")
        ]
        work.session.add_all([*tags, *posts])
        await work.session.flush()
        work.session.add_all(
            [
                PostTag(post_id=posts[0].id, tag_id=tags[1].id, position=0),
                PostTag(post_id=posts[0].id, tag_id=tags[2].id, position=1),
                PostTag(post_id=posts[1].id, tag_id=tags[0].id, position=0),
                PostTag(post_id=posts[1].id, tag_id=tags[2].id, position=1),
            ]
        )
    editor, reader = await sign_in_as(app, Role.EDITOR), Visitor(app)
    assert "/one/" not in await (await reader.get("/tag/bread/")).get_data(as_text=True)
    form = {"what": "merge", "into": "bread", "tag": [tags[1].id, tags[2].id]}
    answer = await editor.submit("/admin/tags/", form)
    assert answer.status_code == 303
    async with app.database.read() as connection:
        links = (await connection.execute(select(PostTag.tag_id))).scalars().all()
    assert links == [tags[0].id] * 2
    assert "/one/" in await (await reader.get("/tag/bread/")).get_data(as_text=True)
    assert (await reader.get("/tag/pain/")).headers["Location"] == "/tag/bread/"
    lost = await editor.submit("/admin/tags/", form | {"into": "nowhere"})
    assert lost.status_code == 422


async def test_lists_go_on_where_they_ended(app: BaseApp) -> None:
    async with app.database.unit_of_work() as work:
        work.session.add_all(Tag(slug=f"t{it}", name=f"tag {it % 7}") for it in range(120))
    editor = await sign_in_as(app, Role.EDITOR)
    seen: list[str] = []
    path: str | None = "/admin/tags/"
    while path:
        page = await (await editor.get(path)).get_data(as_text=True)
        seen += [it.partition("/")[0] for it in page.split('href="/admin/tags/')[1:]]
        more = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        path = more.replace("&amp;", "&") if 'rel="next"' in page else None
    ids = [it for it in seen if it.isdigit()]
    assert len(ids) == len(set(ids)) == 120
    assert (await editor.get("/admin/tags/?after=nonsense")).status_code == 400


async def test_tag_groups_are_made_moved_and_removed(app: BaseApp) -> None:
    editor = await sign_in_as(app, Role.EDITOR)
    async with app.database.unit_of_work() as work:
        work.session.add_all(Tag(slug=it, name=it) for it in ("rye", "oat"))
    path = "/admin/tag-groups/"
    await editor.submit(path, {"what": "save", "group": 0, "name": "Grain", "tags": "rye\noat"})
    await editor.submit(path, {"what": "save", "group": 0, "name": "Other", "tags": ""})
    answer = await editor.submit(path, {"what": "save", "group": 0, "name": "X", "tags": "none"})
    assert answer.status_code == 422
    reader = Visitor(app)
    assert (await reader.get("/topics/grain/")).status_code == 200
    async with app.database.read() as connection:
        rows = await connection.execute(select(TagGroup.slug, TagGroup.id))
        groups = {row.slug: row.id for row in rows}
    await editor.submit(path, {"what": "up", "group": groups["other"]})
    async with app.database.read() as connection:
        order = await connection.execute(select(TagGroup.slug).order_by(TagGroup.position))
        assert order.scalars().all() == ["other", "grain"]
    await editor.submit(path, {"what": "remove", "group": groups["grain"]})
    assert (await reader.get("/topics/grain/")).status_code == 404
    async with app.database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(TagGroupMember)) == 0


async def test_settings_are_saved_seen_and_written_down(app: BaseApp) -> None:
    owner, reader = await sign_in_as(app, Role.OWNER), Visitor(app)
    await reader.get("/")
    form = {"title": "Rose Ash", "timezone": "Europe/London", "accent_color": "#a3293f"}
    assert (await owner.submit("/admin/settings/", form)).status_code == 303
    assert "Rose Ash" in await (await reader.get("/")).get_data(as_text=True)
    async with app.database.read() as connection:
        entry = (await connection.execute(select(AuditEntry))).one()
    assert entry.after["title"] == "Rose Ash"
    assert entry.actor == "Owner <owner@example.org>"
    bad = await owner.submit("/admin/settings/", form | {"timezone": "Mars/Olympus"})
    assert bad.status_code == 422


async def test_a_change_and_its_audit_entry_stand_or_fall_together(app: BaseApp) -> None:
    async def fail() -> None:
        async with app.database.unit_of_work() as work:
            work.session.add(Tag(slug="lost", name="Lost"))
            record(work, Actor("a test"), "tag.add", ("tag", 1, "Lost"))
            await work.session.flush()
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await fail()
    assert await _audit(app) == []


async def test_the_audit_log_keeps_no_secret(app: BaseApp) -> None:
    async with app.database.unit_of_work() as work:
        after = {"password": "p1", "smtp_token": "p2", "name": "Ada"}
        record(work, Actor("a test"), "x", ("person", 1, "Ada"), after=after)
    async with app.database.read() as connection:
        entry = (await connection.execute(select(AuditEntry))).one()
    assert entry.after == {"password": "[hidden]", "smtp_token": "[hidden]", "name": "Ada"}


async def _person(app: BaseApp, email: str) -> Any:
    async with app.database.read() as connection:
        return (await connection.execute(select(Person).where(Person.email == email))).one()


async def test_a_lesser_role_signs_out(app: BaseApp) -> None:
    owner, editor = await sign_in_as(app, Role.OWNER), await sign_in_as(app, Role.EDITOR)
    person = await _person(app, "editor@example.org")
    form = {"what": "save", "role": "reader", "name": "Eve"}
    answer = await owner.submit(f"/admin/people/{person.id}/", form)
    assert answer.status_code == 303
    assert (await editor.get("/admin/")).status_code == 302
    async with app.database.read() as connection:
        entry = (await connection.execute(select(AuditEntry))).one()
    assert entry.before == {"role": "editor", "name": "Editor"}
    assert entry.after == {"role": "reader", "name": "Eve"}


async def test_the_last_owner_stays(app: BaseApp) -> None:
    owner = await sign_in_as(app, Role.OWNER)
    person = await _person(app, "owner@example.org")
    for form in ({"what": "save", "role": "editor", "name": ""}, {"what": "suspend"}):
        answer = await owner.submit(f"/admin/people/{person.id}/", form)
        assert answer.status_code == 422
    assert (await _person(app, "owner@example.org")).role == "owner"


@pytest.mark.parametrize("what", ["save", "suspend", "sign-out"])
async def test_an_administrator_cannot_touch_the_owner(app: BaseApp, what: str) -> None:
    owner = await sign_in_as(app, Role.OWNER)
    administrator = await sign_in_as(app, Role.ADMINISTRATOR)
    person = await _person(app, "owner@example.org")
    form = {"what": what, "role": "reader", "name": "Nobody"}
    answer = await administrator.submit(f"/admin/people/{person.id}/", form, at="/admin/people/")
    assert answer.status_code == 403
    assert (await owner.get("/admin/")).status_code == 200
    assert (await _person(app, "owner@example.org")).name == "Owner"


async def test_nobody_makes_themselves_owner(app: BaseApp) -> None:
    administrator = await sign_in_as(app, Role.ADMINISTRATOR)
    person = await _person(app, "administrator@example.org")
    form = {"what": "save", "role": "owner", "name": ""}
    answer = await administrator.submit(f"/admin/people/{person.id}/", form)
    assert answer.status_code == 403


async def test_an_editor_invites_authors_and_nobody_greater(
    app: BaseApp, letter_box: LetterBox
) -> None:
    editor = await sign_in_as(app, Role.EDITOR)
    for role, status in (("author", 303), ("editor", 403), ("administrator", 403), ("owner", 422)):
        form = {"email": f"{role}@example.org", "role": role}
        assert (await editor.submit("/admin/invitations/", form)).status_code == status, role
    for task in list(app.background_tasks):
        await task
    assert [it.to for it in letter_box.mails] == ["author@example.org"]


async def test_the_desk_tells_what_a_sibling_app_is_doing(settings: Settings) -> None:
    # Nobody listens at the port of the discard service.
    app = create_app(settings.model_copy(update={"cart_url": "http://127.0.0.1:9"}))
    async with app.test_app():
        owner = await sign_in_as(app, Role.OWNER)
        page = await (await owner.get("/admin/")).get_data(as_text=True)
        assert "Sibling apps" in page
        assert "nothing is wrong" in page
        async with asyncio.timeout(CEILING):
            while not app.fragments.siblings()[0].trouble:
                await owner.get("/")
                await asyncio.sleep(0.1)
        page = await (await owner.get("/admin/")).get_data(as_text=True)
        assert "since" in page
        assert "unreachable" in page
        author = await sign_in_as(app, Role.AUTHOR)
        page = await (await author.get("/admin/")).get_data(as_text=True)
        assert "Sibling apps" not in page


class _BrokenBox(LetterBox):
    """A letter box that is nailed up until somebody opens it."""

    is_open = False

    async def send(self, mail: Mail) -> None:
        if not self.is_open:
            message = "The mail could not be sent just now. Please try again in a few minutes."
            raise MailError(message)
        await super().send(mail)


async def test_who_invites_learns_that_the_mail_did_not_go_out(app: BaseApp) -> None:
    box = app.extensions["people"].mailer = _BrokenBox()
    owner, path = await sign_in_as(app, Role.OWNER), "/admin/invitations/"
    answer = await owner.submit(path, {"email": "eve@example.org", "role": "editor"})
    page = await answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert "The invitation for eve@example.org is kept" in page
    kept = page.partition('name="again" value="')[2].partition('"')[0]
    # It goes out once the server is back, with a link that works.
    box.is_open = True
    assert (await owner.submit(path, {"again": kept})).status_code == 303
    assert (await Visitor(app).get(box.last_path)).status_code == 200
    assert await _audit(app) == ["people.invite", "people.invite-again"]


async def test_without_smtp_production_invites_nobody(app: BaseApp) -> None:
    app.extensions["people"].mailer = NoMailer()
    owner, path = await sign_in_as(app, Role.OWNER), "/admin/invitations/"
    answer = await owner.submit(path, {"email": "eve@example.org", "role": "editor"})
    assert answer.status_code == 503
    assert "has not set SMTP_URL" in await answer.get_data(as_text=True)
    assert await _audit(app) == []


async def test_two_owners_who_demote_each_other_leave_one(app: BaseApp) -> None:
    async with app.database.unit_of_work() as work:
        owners = [Person(email=f"{it}@example.org", role="owner") for it in "ab"]
        work.session.add_all(owners)
    viewers = [Viewer(Role.OWNER, person_id=it.id) for it in owners]

    async def demote(by: Viewer, whom: int) -> None:
        async with app.database.unit_of_work() as work:
            await people.change(work, by, Actor("a test"), whom, Change(role=Role.EDITOR))

    await demote(viewers[0], owners[1].id)
    with pytest.raises(InvalidError, match="needs an owner"):
        await demote(viewers[1], owners[0].id)
    with pytest.raises(ForbiddenError):
        await demote(Viewer(Role.ADMINISTRATOR), owners[0].id)


@pytest.fixture
async def ghost_app(settings: Settings) -> AsyncIterator[BaseApp]:
    """A site backed by a Ghost that is down."""
    app = create_app(
        settings.model_copy(
            update={
                "ghost_api_url": "http://127.0.0.1:9",
                "ghost_admin_api_key": f"{'a' * 24}:{'b' * 64}",
            }
        )
    )
    async with app.test_app():
        yield app


async def _ghost_staff(app: BaseApp, email: str, role: str, **more: Any) -> None:
    async with app.database.unit_of_work() as work:
        work.session.add(
            Author(
                slug=email.partition("@")[0].lower(),
                name="Ghost's",
                email=email,
                ghost_id=email,
                roles=[{"id": "1", "name": role}],
                **more,
            )
        )


async def test_staff_roles_follow_ghosts(ghost_app: BaseApp) -> None:
    await _ghost_staff(ghost_app, "Eve@Example.org", "Editor")
    visitor = await sign_in_as(ghost_app, Role.READER, email="eve@example.org")
    page = await (await visitor.get("/auth/account/")).get_data(as_text=True)
    assert ", editor" in page
    async with ghost_app.database.unit_of_work() as work:
        await work.session.execute(update(Author).values(roles=[{"name": "Contributor"}]))
        work.touch({"authors"})
    assert (await visitor.get("/admin/tags/")).status_code == 403
    assert (await visitor.get("/admin/")).status_code == 200
    async with ghost_app.database.unit_of_work() as work:
        await work.session.execute(update(Author).values(status="inactive"))
        work.touch({"authors"})
    assert (await visitor.get("/admin/")).status_code == 403


async def test_a_role_given_here_counts_for_nothing_beside_ghosts(ghost_app: BaseApp) -> None:
    stranger = await sign_in_as(ghost_app, Role.OWNER)
    assert (await stranger.get("/admin/")).status_code == 403
    pinned = await sign_in_as(
        ghost_app, Role.OWNER, email="operator@example.org", role_is_pinned=True
    )
    assert (await pinned.get("/admin/people/")).status_code == 200


async def test_what_is_ghosts_is_shown_with_the_reason_and_not_changed(ghost_app: BaseApp) -> None:
    owner = await sign_in_as(ghost_app, Role.OWNER, role_is_pinned=True)
    page = await (await owner.get("/admin/settings/")).get_data(as_text=True)
    assert "the settings are Ghost's" in " ".join(page.split())
    assert '<fieldset class="card" disabled>' in page
    for path in ("/admin/settings/", "/admin/tags/new/", "/admin/authors/new/", "/admin/tags/"):
        answer = await owner.submit(path, {"title": "Mine", "name": "Mine"})
        assert answer.status_code == 403, path
        assert "Ghost" in await answer.get_data(as_text=True)
    async with ghost_app.database.read() as connection:
        assert (await connection.execute(select(SiteSetting))).first() is None
    page = await (await owner.get("/admin/ghost/")).get_data(as_text=True)
    assert "Sync now" in page


async def test_a_session_that_was_not_used_ends(app: BaseApp) -> None:
    editor = await sign_in_as(app, Role.EDITOR)
    async with app.database.unit_of_work() as work:
        await work.session.execute(update(Session).values(expires_at=func.now()))
    assert (await editor.get("/admin/")).status_code == 302


async def test_a_session_in_use_is_renewed(app: BaseApp) -> None:
    editor = await sign_in_as(app, Role.EDITOR)
    async with app.database.unit_of_work() as work:
        await work.session.execute(
            update(Session).values(seen_at=func.now() - func.make_interval(0, 0, 0, 0, 1))
        )
    async with app.database.read() as connection:
        before = await connection.scalar(select(Session.expires_at))
    await editor.get("/admin/")
    async with app.database.read() as connection:
        after = await connection.scalar(select(Session.expires_at))
    assert before is not None
    assert after is not None
    assert after > before
