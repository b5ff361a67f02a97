"""A site of any size, made by SQL in seconds: what benchmarks and tests of the cost of a page read.

Every site has the same tags and authors by name whatever its size, so that the same pages can be
asked for: the tag `many` is on every post and `few` on the oldest five, the author `busy` wrote all
and `rare` the oldest five, the topic `everything` has six tags with `many` among them, and the post
`middle` has as many newer as older ones.
"""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

# How many tags share the posts out among them, beside `many` and `few`.
TAGS = 200
AUTHORS = 40

_STATEMENTS = Path(__file__).with_name("large_site.sql").read_text().split(";\n")

_WORDS = (
    "bread rye oven starter table bicycle repair radio garden seed press type harvest winter"
    " kitchen neighbour tool ladder bakery market river kettle wool lantern"
)


async def fill(engine: AsyncEngine, posts: int) -> None:
    """Put a site of so many posts (at least ten) into an empty, migrated database."""
    values = {"posts": posts, "tags": TAGS, "authors": AUTHORS, "words": _WORDS}
    async with engine.begin() as connection:
        for statement in filter(str.strip, _STATEMENTS):
            clause = text(statement)
            wanted = clause.compile().params
            await connection.execute(clause, {name: values[name] for name in wanted})
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM (ANALYZE)"))
