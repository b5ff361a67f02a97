"""The real app for a server to load, with a page that tells what it cost so far.

`/counts/` gives the queries of the engine and the renders of public pages as JSON.
"""

from sqlalchemy import event

from app import create_app
from infrastructure.access import access
from infrastructure.page_cache import private

app = create_app()
queries = 0


@event.listens_for(app.database.engine.sync_engine, "before_cursor_execute")
def _count(*_: object) -> None:
    global queries  # noqa: PLW0603 - one process, one counter
    queries += 1


@app.get("/counts/")
@access("public")
@private
async def counts() -> dict[str, int]:
    return {"queries": queries, "renders": app.page_cache.counts.renders}
