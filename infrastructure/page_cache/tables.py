"""The table of what was touched lately, written in the transaction of each change.

NOTIFY reaches whoever listens; this log tells those who share pages through Redis, and were not
listening, what they missed. Rows older than a day are removed.
"""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY

from infrastructure.database import Base

purge_log = Table(
    "page_cache_purges",
    Base.metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    # The 64-bit transaction id, which a snapshot can be compared with.
    Column(
        "xid",
        BigInteger,
        server_default=text("(pg_current_xact_id()::text)::bigint"),
        nullable=False,
    ),
    Column("parts", ARRAY(Text), nullable=False),
    Column("at", DateTime(timezone=True), server_default=func.clock_timestamp(), nullable=False),
    Index("ix_page_cache_purges_xid", "xid"),
    Index("ix_page_cache_purges_at", "at"),
)
