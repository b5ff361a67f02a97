"""The site's own settings, as Ghost names them, and the runs of the sync."""

from typing import Any

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Instant, Json, Now, String


class SiteSetting(Base):
    """One setting of the site (`title`, `navigation`, `accent_color` …) with its JSON value."""

    __tablename__ = "site_settings"

    key: Mapped[String] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    updated_at: Mapped[Now]


class SyncRun(Base):
    """One pass of a sync or an import: when, what changed, what failed and why.

    `counts` is `{kind: {added, changed, unchanged, removed, failed}}`; `failures` a list of
    `{kind, ghost_id, reason}`. While a run is under way its `outcome` is `running`; a run that was
    killed keeps it, and the next run marks it `interrupted`.
    """

    __tablename__ = "sync_runs"

    id: Mapped[Id]
    kind: Mapped[String]
    source: Mapped[String]
    started_at: Mapped[Now]
    ended_at: Mapped[Instant | None]
    outcome: Mapped[String] = mapped_column(Text, server_default="running")
    error: Mapped[String | None]
    counts: Mapped[Json]
    failures: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")

    __table_args__ = (
        CheckConstraint(
            "outcome IN ('running', 'complete', 'incomplete', 'failed', 'interrupted')",
            name="outcome_is_known",
        ),
    )
