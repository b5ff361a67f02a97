"""Telling the fediverse of every change of a post, in the transaction that makes it.

Posts are written in more than one place (the editor, the mirror of Ghost, imports), and a place
that forgot to tell would not be noticed. So this looks at what every unit of work flushes, as the
purge of the page cache does, and before the commit compares what is public now with what was told.
Statements that write past the ORM's objects are not seen.
"""

from collections.abc import Iterable

from sqlalchemy import Text, case, cast, event, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, UOWTransaction

from infrastructure.database import Database, UnitOfWork
from models.content import Post, PostTag, Tag
from models.site import SiteSetting
from services.contracts.federation import FederationService, PublicPost
from services.posts.gated_blocks import for_everybody


def reflect_on_commit(database: Database, federation: FederationService, site_url: str) -> None:
    """Make every unit of work of a database tell what it changed of posts.

    Args:
        database: whose units of work are meant.
        federation: who tells.
        site_url: the site's public address, without a closing slash.
    """
    database.on_unit_of_work(lambda work: _Watch(work, federation, site_url).begin())


class _Watch:
    """Watches one unit of work."""

    def __init__(self, work: UnitOfWork, federation: FederationService, site_url: str) -> None:
        self._work = work
        self._federation = federation
        self._site_url = site_url
        self._changed: set[int] = set()

    def begin(self) -> None:
        event.listen(self._work.session.sync_session, "after_flush", self._after_flush)
        self._work.before_commit(self._reflect)

    def _after_flush(self, session: Session, _context: UOWTransaction) -> None:
        for rows in (session.new, session.dirty, session.deleted):
            self._note(rows)

    def _note(self, rows: Iterable[object]) -> None:
        for row in rows:
            if isinstance(row, Post):
                self._changed.add(row.id)
            elif isinstance(row, PostTag):
                self._changed.add(row.post_id)

    async def _reflect(self, work: UnitOfWork) -> None:
        await work.session.flush()
        if not self._changed:
            return
        changed, self._changed = self._changed, set()
        posts = await public_posts(work.session, changed, self._site_url)
        gone = changed - {post.id for post in posts}
        await self._federation.reflect(work, posts, sorted(gone))


async def public_posts(
    session: AsyncSession, post_ids: Iterable[int], site_url: str
) -> list[PublicPost]:
    """Read of posts what the fediverse may know, as this transaction has it.

    Pages, drafts, posts sent by e-mail alone and deleted ones are left out. Of a post that is not
    public there is the teaser.
    """
    is_public = Post.visibility == "public"
    tags = (
        select(func.array_agg(aggregate_order_by(Tag.name, PostTag.position)))
        .join(PostTag, PostTag.tag_id == Tag.id)
        .where(PostTag.post_id == Post.id, Tag.visibility == "public", Tag.deleted_at.is_(None))
        .correlate(Post)
        .scalar_subquery()
    )
    locale = select(SiteSetting.value).where(SiteSetting.key == "locale").scalar_subquery()
    rows = await session.execute(
        select(
            Post.id,
            cast(Post.uuid, Text).label("uuid"),
            Post.slug,
            Post.title,
            func.coalesce(Post.custom_excerpt, Post.excerpt).label("summary"),
            func.coalesce(case((is_public, Post.html), else_=Post.teaser_html), "").label("html"),
            Post.published_at,
            Post.updated_at,
            Post.feature_image,
            tags.label("tags"),
            Post.locale,
            locale.label("site_locale"),
        ).where(Post.id.in_(sorted(post_ids)), Post.listed_at.is_not(None))
    )
    return [
        PublicPost(
            id=row.id,
            uuid=row.uuid,
            url=f"{site_url}/{row.slug}/",
            title=row.title,
            summary=row.summary,
            html=for_everybody(row.html),
            published_at=row.published_at,
            updated_at=row.updated_at,
            tags=tuple(row.tags or ()),
            image=_absolute(row.feature_image, site_url),
            language=row.locale or row.site_locale,
        )
        for row in rows
    ]


def _absolute(address: str | None, site_url: str) -> str | None:
    return f"{site_url}{address}" if address and address.startswith("/") else address
