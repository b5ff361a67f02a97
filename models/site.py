"""The site's own settings, as Ghost names them; the runs of the sync; Ghost's webhooks to us."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
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

    Of a reconcile, `drift` is how many objects differed from Ghost of the kinds whose changes Ghost
    announces by webhooks. `cursor` is Ghost's time when a pass began that told all changes until
    then; `members_at` ours when one began that saw all members.
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
    drift: Mapped[int | None]
    cursor: Mapped[Instant | None]
    members_at: Mapped[Instant | None]

    __table_args__ = (
        CheckConstraint(
            "outcome IN ('running', 'complete', 'incomplete', 'failed', 'interrupted')",
            name="outcome_is_known",
        ),
        # Asked whenever a signed-in reader comes: see services/accounts/sessions.py.
        Index(
            "ix_sync_runs_members_at",
            "members_at",
            postgresql_where=text("members_at IS NOT NULL"),
        ),
    )


class WebhookRegistration(Base):
    """A webhook that we registered on Ghost, by the id that Ghost told us then and never again.

    `source` is that Ghost's address. The `last_…` columns are what Ghost last said of its own
    attempts to deliver.
    """

    __tablename__ = "webhook_registrations"

    ghost_id: Mapped[String] = mapped_column(Text, primary_key=True)
    source: Mapped[String]
    event: Mapped[String]
    target_url: Mapped[String]
    last_status: Mapped[String | None]
    last_error: Mapped[String | None]
    last_triggered_at: Mapped[Instant | None]
    checked_at: Mapped[Now]

    __table_args__ = (UniqueConstraint("source", "event"),)
