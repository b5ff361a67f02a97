"""Media: every image, recording and file that answers under `/content/`."""

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Now, String


class MediaFile(Base):
    """One public path and the bytes that it leads to.

    The bytes lie in the media store under `digest` (SHA-256); several paths may share them.
    `source_digest` is that of the bytes as they were given, before anything was stripped.
    Width and height are in pixels as shown (after any rotation); null for what is not an image.
    """

    __tablename__ = "media_files"

    id: Mapped[Id]
    path: Mapped[String] = mapped_column(Text, unique=True)
    kind: Mapped[String]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    source_digest: Mapped[bytes] = mapped_column(LargeBinary)
    content_type: Mapped[String]
    bytes: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    original_name: Mapped[String]
    origin: Mapped[String]
    created_at: Mapped[Now]

    __table_args__ = (
        CheckConstraint("kind IN ('image', 'media', 'file')", name="kind_is_known"),
        CheckConstraint("origin IN ('uploaded', 'imported', 'ghost')", name="origin_is_known"),
        CheckConstraint(
            "octet_length(digest) = 32 AND octet_length(source_digest) = 32",
            name="digests_are_sha256",
        ),
        CheckConstraint("(width IS NULL) = (height IS NULL)", name="has_both_sides_or_none"),
        Index("ix_media_files_digest", "digest"),
    )
