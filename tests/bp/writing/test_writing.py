"""What the editor's program asks for: working copies, and what becomes of the posts."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from infrastructure.factory import BaseApp
from models.content import Post
from models.editing import Revision, WorkingCopy, presences
from models.people import Person
from services.accounts.viewer import Role
from tests.bp.conftest import Visitor, sign_in_as
from tests.bp.writing.window import Window, draft, opened, text
from tests.lexical.test_merging import document
from tests.waiting import CEILING


async def post_of(app: BaseApp, window: Window) -> Any:
    async with app.database.read() as connection:
        return (await connection.execute(select(Post).where(Post.id == window.post_id))).one()


async def test_a_post_is_made_once_however_often_it_is_asked_for(ada: Visitor) -> None:
    client = str(uuid4())
    answers = await asyncio.gather(
        *(ada.send("POST", "/admin/posts/", {"client": client}) for _ in range(4))
    )
    found = [await it.get_json() for it in answers]
    assert [it.status_code for it in answers] == [201] * 4
    assert len({it["id"] for it in found}) == 1
    assert found[0]["path"] == f"/admin/posts/{found[0]['id']}/"


async def test_a_form_makes_a_post_as_well(ada: Visitor) -> None:
    answer = await ada.submit("/admin/posts/", {"is_page": "1"}, at="/auth/account/")
    assert answer.status_code == 303
    window = await opened(ada, int(answer.headers["Location"].strip("/").rpartition("/")[2]))
    assert (await window.copy())["fields"]["is_page"] is True


async def test_what_is_saved_is_there_and_the_post_is_as_it_was(app: BaseApp, ada: Visitor) -> None:
    window = await draft(
        ada, title="Rye", lexical=text("Slowly."), tags=[{"id": None, "name": "Bread"}]
    )
    await window.save(custom_excerpt="Of rye")
    found = await window.copy()
    assert found["is_dirty"] is True
    assert found["saved_by"] == "Editor"
    assert (found["fields"]["title"], found["fields"]["custom_excerpt"]) == ("Rye", "Of rye")
    assert found["fields"]["tags"] == [{"id": None, "name": "Bread"}]
    assert json.loads(found["fields"]["lexical"]) == document("Slowly.")
    assert (await post_of(app, window)).title != "Rye"


async def test_a_save_that_arrives_twice_counts_once(app: BaseApp, ada: Visitor) -> None:
    window = await draft(ada)
    base = window.version
    first = await window.save(title="Rye")
    window.version, window.seq = base, window.seq - 1
    assert await window.save(title="Rye") == first
    async with app.database.read() as connection:
        typed = select(func.count()).where(Revision.kind == "typing")
        assert await connection.scalar(typed) == 1


async def test_a_program_that_missed_our_answer_does_not_clash_with_itself(ada: Visitor) -> None:
    window = await draft(ada)
    base = window.version
    await window.save(title="Rye")
    window.version = base  # the answer was lost
    status, _ = await window.save(title="Rye bread")
    assert status == 200
    assert (await window.copy())["fields"]["title"] == "Rye bread"


async def test_a_save_that_comes_too_late_changes_nothing(ada: Visitor) -> None:
    window = await draft(ada)
    window.seq = 5
    await window.save(title="Newer")
    window.seq = 2
    status, found = await window.save(title="Older")
    assert status == 409
    assert "too late" in found["error"]
    assert (await window.copy())["fields"]["title"] == "Newer"


async def test_two_who_edit_different_blocks_get_one_text(ada: Visitor, ben: Visitor) -> None:
    adas = await draft(ada, title="Rye", lexical=text("one is here", "two is here"))
    bens = await opened(ben, adas.post_id)
    await adas.save(lexical=text("one is here, said Ada", "two is here"))
    status, found = await bens.save(lexical=text("one is here", "two is here, said Ben"))
    assert status == 412
    assert found["conflicts"] == []
    assert json.loads(found["merged"]["fields"]["lexical"]) == document(
        "one is here, said Ada", "two is here, said Ben"
    )
    assert json.loads(found["theirs"]["fields"]["lexical"]) == document(
        "one is here, said Ada", "two is here"
    )
    assert found["theirs"]["by"] == "Editor"
    bens.version = found["theirs"]["copy_version"]
    assert (await bens.save(**found["merged"]["fields"]))[0] == 200


async def test_two_who_edit_one_block_are_asked(ada: Visitor, ben: Visitor) -> None:
    adas = await draft(ada, title="Rye", lexical=text("The oven is hot today"))
    bens = await opened(ben, adas.post_id)
    await adas.save(lexical=text("The oven is hot today, said Ada"), title="Of rye")
    status, found = await bens.save(lexical=text("The oven is hot today, said Ben"), slug="rye")
    assert (status, found["merged"]) == (412, None)
    (conflict,) = found["conflicts"]
    assert (conflict["field"], conflict["key"]) == ("lexical", "0")
    assert "said Ben" in json.dumps(conflict["mine"])
    assert "said Ada" in json.dumps(conflict["theirs"])
    assert found["unmerged"]["fields"]["title"] == "Of rye"
    assert found["unmerged"]["fields"]["slug"] == "rye"
    assert (await adas.copy())["fields"]["slug"] != "rye"


async def test_a_published_post_changes_only_when_it_is_updated(app: BaseApp, ada: Visitor) -> None:
    window = await draft(ada, title="Rye", lexical=text("Slowly."))
    status, found = await window.act("publish")
    assert (status, found["status"]) == (200, "published")
    assert found["fields"]["slug"] == "rye"
    await window.save(lexical=text("Very slowly."))
    assert "Very" not in await (await ada.get("/rye/")).get_data(as_text=True)
    status, found = await window.act("update")
    assert (status, found["is_dirty"]) == (200, False)
    assert "Very slowly." in await (await ada.get("/rye/")).get_data(as_text=True)
    async with app.database.read() as connection:
        kinds = select(Revision.kind).where(Revision.post_id == window.post_id)
        found_kinds = (await connection.execute(kinds.order_by(Revision.version))).scalars().all()
    assert found_kinds == ["opened", "typing", "publish", "typing", "update"]


async def test_a_post_can_be_scheduled_and_taken_back(app: BaseApp, ada: Visitor) -> None:
    window = await draft(ada, title="Rye", lexical=text("Slowly."))
    at = datetime.now(UTC) + timedelta(days=2)
    status, found = await window.act("publish", at=at.isoformat())
    assert (status, found["status"]) == (200, "scheduled")
    assert (await ada.get("/rye/")).status_code == 404
    status, found = await window.act("unpublish")
    assert (status, found["status"]) == (200, "draft")
    status, found = await window.act("publish", at="2001-01-01T10:00")
    assert status == 422, found
    assert (await post_of(app, window)).status == "draft"


async def test_who_acts_on_an_older_version_is_shown_the_newer(ada: Visitor, ben: Visitor) -> None:
    adas = await draft(ada, title="Rye", lexical=text("Slowly."))
    bens = await opened(ben, adas.post_id)
    await adas.save(title="Rye bread")
    status, found = await bens.act("publish")
    assert status == 412
    assert found["theirs"]["fields"]["title"] == "Rye bread"
    assert (await adas.copy())["status"] == "draft"


async def test_what_was_written_can_be_thrown_away(ada: Visitor) -> None:
    window = await draft(ada, title="Rye", lexical=text("Slowly."))
    await window.act("publish")
    await window.save(title="Nonsense")
    status, found = await window.act("discard")
    assert (status, found["fields"]["title"], found["is_dirty"]) == (200, "Rye", False)


async def test_a_change_from_elsewhere_is_not_overwritten(app: BaseApp, ada: Visitor) -> None:
    window = await draft(ada, title="Rye", lexical=text("Slowly."))
    await window.act("publish")
    await _change(app, window, title="Of rye")
    assert (await window.copy())["fields"]["title"] == "Of rye"

    window.version = (await window.copy())["copy_version"]
    await window.save(custom_excerpt="Written here")
    await _change(app, window, title="Changed in Ghost")
    found = await window.copy()
    assert found["fields"]["title"] == "Changed in Ghost"
    assert found["fields"]["custom_excerpt"] == "Written here"

    window.version = found["copy_version"]
    await window.save(title="Changed here")
    await _change(app, window, title="Changed there again")
    assert (await window.copy())["is_changed_elsewhere"] is True
    status, stale = await window.act("update")
    assert (status, stale["merged"]) == (412, None)
    assert [it["field"] for it in stale["conflicts"]] == ["title"]
    assert (await post_of(app, window)).title == "Changed there again"
    window.version = stale["theirs"]["copy_version"]
    assert (await window.save(title="Both"))[0] == 200
    assert (await window.act("update"))[0] == 200
    assert (await post_of(app, window)).title == "Both"


async def _change(app: BaseApp, window: Window, **values: Any) -> None:
    async with app.database.unit_of_work() as work:
        await work.session.execute(
            update(Post)
            .where(Post.id == window.post_id)
            .values(**values, row_version=Post.row_version + 1)
        )
        work.touch({f"post:{window.post_id}"})


async def test_a_post_is_deleted(app: BaseApp, ada: Visitor) -> None:
    window = await draft(ada, title="Rye")
    answer = await ada.send("DELETE", f"/admin/posts/{window.post_id}/")
    assert answer.status_code == 200
    assert (await post_of(app, window)).deleted_at is not None
    assert (await ada.get(f"/admin/posts/{window.post_id}/copy")).status_code == 404


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        ({"base": 1, "client": "no", "seq": 1, "fields": {}}, 400, "could not be understood"),
        ({"base": 1}, 400, "could not be understood"),
        ([], 400, "could not be understood"),
    ],
    ids=["client", "missing", "list"],
)
async def test_what_is_no_save_is_refused(
    ada: Visitor, content: Any, status: int, words: str
) -> None:
    window = await draft(ada)
    found = await window.ask("PUT", "copy", content)
    assert found[0] in {status, 422}
    assert words in found[1]["error"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"color": "red"}, "color"),
        ({"title": 7}, "title"),
        ({"lexical": "{"}, "lexical"),
        ({"lexical": '{"root": []}'}, "lexical"),
        ({"tags": [{"name": 1}]}, "tags"),
        ({"published_at": "soon"}, "published_at"),
    ],
    ids=["unknown", "kind", "cut", "shape", "tag", "time"],
)
async def test_fields_that_are_none_get_a_sentence_each(
    ada: Visitor, fields: Any, field: str
) -> None:
    window = await draft(ada, title="Rye")
    status, found = await window.save(**fields)
    assert status == 422
    assert list(found["errors"]) == [field]
    assert (await window.copy())["fields"]["title"] == "Rye"


async def test_contributors_write_their_own_drafts_only(app: BaseApp, ada: Visitor) -> None:
    eve = await sign_in_as(app, Role.CONTRIBUTOR, email="eve@example.org")
    own = await draft(eve, title="Rye", lexical=text("Slowly."))
    assert (await own.copy())["fields"]["title"] == "Rye"
    assert (await own.act("publish"))[0] == 403
    others = await draft(ada, title="Hers")
    assert (await eve.get(f"/admin/posts/{others.post_id}/copy")).status_code == 403
    assert (await Window(eve, others.post_id, 1).save(title="Mine"))[0] == 403
    status, found = await own.save(author_ids=[])
    assert (status, list(found["errors"])) == (422, ["author_ids"])
    status, found = await own.save(codeinjection_head="<script>")
    assert (status, list(found["errors"])) == (422, ["codeinjection_head"])
    status, found = await own.save(is_page=True)
    assert (status, list(found["errors"])) == (422, ["is_page"])


async def test_who_has_a_post_open_is_told_to_the_others(
    app: BaseApp, ada: Visitor, ben: Visitor
) -> None:
    async with app.database.unit_of_work() as work:
        await work.session.execute(
            update(Person).where(Person.email == "ben@example.org").values(name="Ben")
        )
    adas = await draft(ada)
    bens = await opened(ben, adas.post_id)
    _, found = await adas.ask("POST", "presence", {"client": adas.client})
    assert (found["lock"]["is_me"], found["others"]) == (True, [])
    _, found = await bens.ask("POST", "presence", {"client": bens.client})
    assert (found["lock"]["is_me"], found["lock"]["name"]) == (False, "Editor")
    assert [it["name"] for it in found["others"]] == ["Editor"]
    _, found = await bens.ask("POST", "presence", {"client": bens.client, "takeover": True})
    assert found["lock"]["is_me"] is True
    _, found = await adas.ask("POST", "presence", {"client": adas.client})
    assert found["lock"]["name"] == "Ben"
    await bens.ask("POST", "presence", {"client": bens.client, "leave": True})
    _, found = await adas.ask("POST", "presence", {"client": adas.client})
    assert found["others"] == []


async def test_who_is_not_heard_of_any_more_is_gone(
    app: BaseApp, ada: Visitor, ben: Visitor
) -> None:
    adas = await draft(ada)
    await adas.ask("POST", "presence", {"client": adas.client})
    async with app.database.unit_of_work() as work:
        past = func.clock_timestamp() - timedelta(seconds=1)
        await work.session.execute(update(presences).values(expires_at=past))
        work.touch(set())
    bens = await opened(ben, adas.post_id)
    _, found = await bens.ask("POST", "presence", {"client": bens.client})
    assert (found["lock"]["is_me"], found["others"]) == (True, [])


async def test_two_who_save_at_the_same_moment_do_not_overwrite_each_other(
    app: BaseApp, ada: Visitor, ben: Visitor
) -> None:
    adas = await draft(ada, title="Rye")
    windows = [adas, *[await opened(ben, adas.post_id) for _ in range(5)]]
    answers = await asyncio.gather(
        *(window.save(title=f"Title {number}") for number, window in enumerate(windows))
    )
    assert sorted(status for status, _ in answers) == [200, *[412] * 5]
    winner = next(number for number, (status, _) in enumerate(answers) if status == 200)
    assert (await adas.copy())["fields"]["title"] == f"Title {winner}"
    async with app.database.read() as connection:
        row = (await connection.execute(select(WorkingCopy.title))).scalar_one()
    assert row == f"Title {winner}"


async def test_a_scheduled_post_is_there_when_its_time_has_come(ada: Visitor) -> None:
    window = await draft(ada, title="Rye", lexical=text("Slowly."))
    at = datetime.now(UTC) + timedelta(seconds=4)
    assert (await window.act("publish", at=at.isoformat()))[0] == 200

    async def is_there() -> bool:
        status: int = (await ada.get("/rye/")).status_code
        return status == 200

    async with asyncio.timeout(CEILING):
        while not await is_there():
            pass
    found = await window.copy()
    assert (found["status"], found["is_dirty"]) == ("published", False)
