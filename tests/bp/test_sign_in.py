"""Signing in and out, as a person meets it."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, update

from bp.guard import session_cookie
from infrastructure.factory import BaseApp
from infrastructure.page_cache.holes import Reader, cut
from models.people import OneTimeLink, Person, Session
from services.accounts import links
from services.accounts.greeting import administrator_link
from services.accounts.passwords import hash_password
from services.accounts.viewer import Role
from tests.bp.conftest import LetterBox, Visitor, sign_in_as


async def _add(app: BaseApp, email: str, role: Role = Role.EDITOR, password: str = "") -> None:
    hashed = await hash_password(password) if password else None
    async with app.database.unit_of_work() as work:
        work.session.add(Person(email=email, role=role.word, password_hash=hashed))


async def _setup_path(app: BaseApp) -> str:
    async with app.database.unit_of_work() as work:
        token = await links.setup_link(work, unless_since=2e9)
    assert token is not None
    return f"/auth/setup/{token}/"


async def _settle(app: BaseApp) -> None:
    for task in list(app.background_tasks):
        await task


async def test_a_fresh_site_says_where_its_first_link_is(visitor: Visitor) -> None:
    answer = await visitor.get("/admin/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/auth/login/?next=/admin/"
    page = await (await visitor.get(answer.headers["Location"])).get_data(as_text=True)
    assert "no owner yet" in page
    assert "<form" not in page


async def test_the_setup_link_makes_one_owner(app: BaseApp, visitor: Visitor) -> None:
    path = await _setup_path(app)
    form = {"name": "Ada", "email": "ada@example.org", "password": ""}
    answer = await visitor.submit(path, form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/?done=welcome")
    assert (await visitor.get("/admin/")).status_code == 200
    other = Visitor(app)
    assert (await other.get(path)).status_code == 410
    async with app.database.unit_of_work() as work:
        assert await links.setup_link(work, unless_since=2e9) is None


async def test_the_setup_link_survives_a_mistake(app: BaseApp, visitor: Visitor) -> None:
    path = await _setup_path(app)
    answer = await visitor.submit(path, {"name": "Ada", "email": "ada", "password": ""})
    assert answer.status_code == 422
    assert "is not an e-mail address" in await answer.get_data(as_text=True)
    form = {"name": "Ada", "email": "ada@example.org", "password": "short"}
    assert (await visitor.submit(path, form)).status_code == 422
    assert (await visitor.submit(path, form | {"password": ""})).status_code == 303


async def test_a_wrong_setup_link_leads_nowhere(app: BaseApp, visitor: Visitor) -> None:
    await _setup_path(app)
    assert (await visitor.get("/auth/setup/guessed/")).status_code == 410


async def test_a_link_by_mail_signs_in_once(
    app: BaseApp, visitor: Visitor, letter_box: LetterBox
) -> None:
    await _add(app, "Ada@example.org")
    form = {"email": "ada@EXAMPLE.org", "next": "/admin/", "how": "link"}
    answer = await visitor.submit("/auth/login/", form)
    assert answer.status_code == 200
    await _settle(app)
    assert letter_box.mails[0].to == "Ada@example.org"
    path = letter_box.last_path
    answer = await visitor.submit(path, {})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
    assert (await visitor.get("/admin/")).status_code == 200
    other = Visitor(app)
    assert (await other.get(path)).status_code == 410


async def test_looking_at_a_link_does_not_use_it_up(
    app: BaseApp, visitor: Visitor, letter_box: LetterBox
) -> None:
    await _add(app, "ada@example.org")
    await visitor.submit("/auth/login/", {"email": "ada@example.org", "how": "link"})
    await _settle(app)
    for _ in range(3):
        assert (await Visitor(app).get(letter_box.last_path)).status_code == 200
    assert (await visitor.submit(letter_box.last_path, {})).status_code == 303


async def test_an_unknown_address_gets_the_same_answer(
    app: BaseApp, visitor: Visitor, letter_box: LetterBox
) -> None:
    await _add(app, "known1@example.org")
    answers = []
    for email in ("known1@example.org", "nobody@example.org"):
        answer = await visitor.submit("/auth/login/", {"email": email, "how": "link"})
        page = await answer.get_data(as_text=True)
        answers.append((answer.status_code, page.replace(email, "…")))
    await _settle(app)
    assert answers[0] == answers[1]
    assert len(letter_box.mails) == 1


async def test_an_old_link_does_not_work(
    app: BaseApp, visitor: Visitor, letter_box: LetterBox
) -> None:
    await _add(app, "ada@example.org")
    await visitor.submit("/auth/login/", {"email": "ada@example.org", "how": "link"})
    await _settle(app)
    async with app.database.unit_of_work() as work:
        lasts: object = await work.session.scalar(
            select(OneTimeLink.expires_at - OneTimeLink.created_at).where(
                OneTimeLink.purpose == "sign-in"
            )
        )
        assert isinstance(lasts, timedelta)
        assert timedelta(minutes=14) < lasts <= timedelta(minutes=15, seconds=1)
        await work.session.execute(
            update(OneTimeLink).values(expires_at=func.now() - timedelta(seconds=1))
        )
    assert (await visitor.get(letter_box.last_path)).status_code == 410


async def test_a_password_signs_in(app: BaseApp, visitor: Visitor) -> None:
    await _add(app, "ada@example.org", password="correct horse battery")
    form = {"email": "ada@example.org", "how": "password", "next": "/admin/tags/?after=x"}
    answer = await visitor.submit("/auth/login/", form | {"password": "correct horse batterz"})
    assert answer.status_code == 422
    answer = await visitor.submit("/auth/login/", form | {"password": "correct horse battery"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/tags/?after=x")


async def test_a_suspended_person_does_not_get_in(
    app: BaseApp, visitor: Visitor, letter_box: LetterBox
) -> None:
    editor = await sign_in_as(app, Role.EDITOR)
    assert (await editor.get("/admin/")).status_code == 200
    async with app.database.unit_of_work() as work:
        await work.session.execute(update(Person).values(suspended_at=func.now()))
    assert (await editor.get("/admin/")).status_code == 302
    await visitor.submit("/auth/login/", {"email": "editor@example.org", "how": "link"})
    await _settle(app)
    assert letter_box.mails == []


async def test_signing_in_changes_the_session(app: BaseApp) -> None:
    visitor = await sign_in_as(app, Role.EDITOR)
    before = visitor.session_token
    async with app.database.unit_of_work() as work:
        person = await work.session.scalar(select(Person))
        assert person is not None
        token = await links.new_link(work, person, valid=timedelta(minutes=1))
    await visitor.submit(f"/auth/link/{token}/", {})
    assert before != visitor.session_token
    thief = Visitor(app)
    thief.client.set_cookie("localhost", session_cookie(app.settings), before)
    assert (await thief.get("/admin/")).status_code == 302


async def test_the_database_holds_no_token(app: BaseApp) -> None:
    visitor = await sign_in_as(app, Role.EDITOR)
    async with app.database.read() as connection:
        row = (await connection.execute(select(Session))).one()
    assert visitor.session_token not in str(row)


async def test_signing_out_lands_on_the_home(app: BaseApp) -> None:
    visitor = await sign_in_as(app, Role.EDITOR)
    answer = await visitor.submit("/auth/logout/", {})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert (await visitor.get("/admin/")).status_code == 302
    async with app.database.read() as connection:
        assert (await connection.execute(select(Session))).first() is None


async def test_a_picture_cannot_sign_anybody_out(app: BaseApp) -> None:
    visitor = await sign_in_as(app, Role.EDITOR)
    await visitor.get("/auth/logout/")
    assert (await visitor.get("/admin/")).status_code == 200


async def test_somebody_signs_another_browser_out(app: BaseApp) -> None:
    here = await sign_in_as(app, Role.EDITOR)
    there = Visitor(app)
    url = await administrator_link(app.database, app.settings, "editor@example.org")
    await there.submit(url.removeprefix(app.settings.public_url), {})
    assert (await there.get("/admin/")).status_code == 200
    answer = await here.submit("/auth/account/sessions/", {}, at="/auth/account/")
    assert answer.status_code == 303
    assert (await here.get("/admin/")).status_code == 200
    assert (await there.get("/admin/")).status_code == 302


async def test_nobody_ends_the_session_of_somebody_else(app: BaseApp) -> None:
    owner = await sign_in_as(app, Role.OWNER)
    reader = await sign_in_as(app, Role.READER)
    async with app.database.read() as connection:
        session_id = await connection.scalar(
            select(Session.id).join(Person).where(Person.role == "owner")
        )
    await reader.submit("/auth/account/sessions/", {"session": session_id}, at="/auth/account/")
    assert (await owner.get("/admin/")).status_code == 200


async def test_a_new_password_signs_other_browsers_out(app: BaseApp) -> None:
    here = await sign_in_as(app, Role.EDITOR)
    there = Visitor(app)
    url = await administrator_link(app.database, app.settings, "editor@example.org")
    await there.submit(url.removeprefix(app.settings.public_url), {})
    form = {"what": "password", "password": "a longer password"}
    assert (await here.submit("/auth/account/", form)).status_code == 303
    assert (await there.get("/admin/")).status_code == 302
    assert (await here.get("/admin/")).status_code == 200


async def test_without_a_database_nobody_is_signed_in(app: BaseApp) -> None:
    editor = await sign_in_as(app, Role.EDITOR)
    assert (await editor.get("/admin/")).status_code == 200
    await app.database.close()
    working, app.database.url = app.database.url, "postgresql://nobody@127.0.0.1:1/none"
    broken = type(app.database)(app.database.url)
    app.database, kept = broken, app.database
    try:
        answer = await editor.get("/admin/")
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/auth/login/")
    finally:
        await broken.close()
        app.database, kept.url = kept, working


async def test_of_two_who_use_a_link_at_once_one_gets_in(app: BaseApp) -> None:
    url = await administrator_link(app.database, app.settings, "ada@example.org")
    path = url.removeprefix(app.settings.public_url)
    visitors = [Visitor(app) for _ in range(6)]
    # All look at it first; then all of them press the button at once.
    forms = [await it.form(path) for it in visitors]
    answers = await asyncio.gather(*(form({}) for form in forms))
    assert sorted(it.status_code for it in answers) == [303, *[410] * 5]


async def test_of_two_owners_of_a_fresh_site_there_is_one(app: BaseApp) -> None:
    paths = [await _setup_path(app) for _ in range(2)]
    names = ("ada", "eve")
    forms = [await Visitor(app).form(path) for path in paths]
    answers = await asyncio.gather(
        *(
            form({"name": name, "email": f"{name}@example.org", "password": ""})
            for name, form in zip(names, forms, strict=True)
        )
    )
    assert sorted(it.status_code for it in answers) == [303, 410]
    async with app.database.read() as connection:
        rows = await connection.execute(select(Person.role))
        assert rows.scalars().all() == ["owner"]


async def test_the_menu_in_a_pages_header_is_the_readers_own(app: BaseApp) -> None:
    editor = await sign_in_as(app, Role.EDITOR, email="<b>@example.org")
    page = cut(b"<!--hole:auth-menu-->Sign in<!--/hole:auth-menu-->")

    async def filled(cookie: str) -> bytes | None:
        headers = [(b"cookie", cookie.encode())]
        return await app.page_cache.holes.fill(page, Reader({"path": "/", "headers": headers}))

    name = session_cookie(app.settings)
    mine = await filled(f"{name}={editor.session_token}")
    assert mine is not None
    assert b"Editor" in mine
    assert b'href="/admin/"' in mine
    assert await filled(f"{name}=of-nobody") == b"Sign in"
    assert await filled("other=1") is None
