"""The page of jobs: administrators see what failed for good, and let it be tried again."""

from sqlalchemy import text

from infrastructure.factory import BaseApp
from infrastructure.jobs import Job, Nothing, enqueue
from services.accounts.viewer import Role
from tests.bp.conftest import sign_in_as

# No worker knows it, so it stays as it is put.
UNKNOWN = Job(name="tests.unknown", payload=Nothing)

_FAIL = text("""
    UPDATE jobs.pgqueuer SET status = 'failed', attempts = 3,
        headers = '{"error": "It <broke>.", "failed_at": "2026-11-24T01:00:00+00:00"}'
    WHERE entrypoint = 'tests.unknown' AND dedupe_key IS NULL
""")


async def _fail(app: BaseApp, count: int) -> list[int]:
    async with app.database.unit_of_work() as work:
        ids = [await enqueue(work, UNKNOWN, Nothing()) for _ in range(count)]
        await work.session.execute(_FAIL)
    return ids


async def _states(app: BaseApp) -> list[str]:
    async with app.database.read() as connection:
        found = await connection.scalars(
            text(
                "SELECT status::text FROM jobs.pgqueuer"
                " WHERE entrypoint = 'tests.unknown' ORDER BY id"
            )
        )
        return list(found)


async def test_an_administrator_tries_one_again_and_deletes_the_others(app: BaseApp) -> None:
    first, *_ = await _fail(app, 3)
    visitor = await sign_in_as(app, Role.ADMINISTRATOR)
    page = await (await visitor.get("/admin/jobs/")).get_data(as_text=True)
    assert page.count("It &lt;broke&gt;.") == 3
    assert "Try all again" in page
    assert "<strong>3 jobs</strong> failed for good" in await (
        await visitor.get("/admin/")
    ).get_data(as_text=True)

    answer = await visitor.submit("/admin/jobs/replay/", {"job": str(first)}, at="/admin/jobs/")
    assert answer.headers["Location"] == "/admin/jobs/?done=replayed"
    assert await _states(app) == ["queued", "failed", "failed"]
    answer = await visitor.submit("/admin/jobs/delete/", {"job": "all"}, at="/admin/jobs/")
    assert answer.headers["Location"] == "/admin/jobs/?done=removed"
    assert await _states(app) == ["queued"]
    audit = await (await visitor.get("/admin/audit/")).get_data(as_text=True)
    assert "jobs.replay" in audit
    assert "jobs.delete" in audit


async def test_all_are_tried_again_at_once(app: BaseApp) -> None:
    await _fail(app, 60)
    visitor = await sign_in_as(app, Role.OWNER)
    page = await (await visitor.get("/admin/jobs/")).get_data(as_text=True)
    assert page.count("It &lt;broke&gt;.") == 50
    assert 'rel="next"' in page
    await visitor.submit("/admin/jobs/replay/", {"job": "all"}, at="/admin/jobs/")
    assert set(await _states(app)) == {"queued"}
    answer = await visitor.submit("/admin/jobs/replay/", {"job": "77"}, at="/admin/jobs/")
    assert answer.headers["Location"] == "/admin/jobs/?done=nothing-failed"


async def test_nonsense_is_refused_with_a_sentence(app: BaseApp) -> None:
    visitor = await sign_in_as(app, Role.ADMINISTRATOR)
    for given in ("", "x", "-1", str(2**70)):
        answer = await visitor.submit("/admin/jobs/delete/", {"job": given}, at="/admin/jobs/")
        assert answer.status_code == 400
        assert "not clear which job" in await answer.get_data(as_text=True)


async def test_editors_see_nothing_of_it(app: BaseApp) -> None:
    await _fail(app, 1)
    editor = await sign_in_as(app, Role.EDITOR)
    assert (await editor.get("/admin/jobs/")).status_code == 403
    assert "failed for good" not in await (await editor.get("/admin/")).get_data(as_text=True)
