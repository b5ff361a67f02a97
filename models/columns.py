"""Column types and mixins that the tables share."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Identity, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Now = Annotated[
    datetime, mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
]
String = Annotated[str, mapped_column(Text)]
Json = Annotated[dict[str, Any], mapped_column(JSONB, server_default="{}")]


class Mirrored:
    """What a row has that may copy an object of Ghost's.

    `ghost_id` is null for what was made here. `extra` keeps every field of Ghost's answer that has
    no column of its own, so that nothing a later Ghost sends is lost. `ghost_digest` is the SHA-256
    of that answer: equal digests mean that nothing changed.
    """

    ghost_id: Mapped[str | None] = mapped_column(Text, unique=True)
    ghost_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    extra: Mapped[Json]
    deleted_at: Mapped[Instant | None]

    @declared_attr
    @classmethod
    def created_at(cls) -> Mapped[datetime]:
        """When it was made; Ghost's own time for a mirrored row."""
        return mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())

    @declared_attr
    @classmethod
    def updated_at(cls) -> Mapped[datetime | None]:
        """When it last changed; Ghost's own time, which may be null, for a mirrored row."""
        return mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


class Described:
    """The meta, Open Graph and Twitter fields that Ghost gives posts and tags."""

    meta_title: Mapped[String | None]
    meta_description: Mapped[String | None]
    og_image: Mapped[String | None]
    og_title: Mapped[String | None]
    og_description: Mapped[String | None]
    twitter_image: Mapped[String | None]
    twitter_title: Mapped[String | None]
    twitter_description: Mapped[String | None]
    codeinjection_head: Mapped[String | None]
    codeinjection_foot: Mapped[String | None]
    canonical_url: Mapped[String | None]
