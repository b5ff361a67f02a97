"""The tables (SQLAlchemy 2, typed), one module a domain; no queries."""

from infrastructure.database import Base
from infrastructure.page_cache.tables import purge_log
from models import (
    account,
    bulk,
    calendar,
    cart,
    content,
    detachment,
    editing,
    federation,
    inbox,
    market,
    media,
    members,
    navigation,
    people,
    site,
    snippets,
    touches,
)

__all__ = [
    "Base",
    "account",
    "bulk",
    "calendar",
    "cart",
    "content",
    "detachment",
    "editing",
    "federation",
    "inbox",
    "market",
    "media",
    "members",
    "navigation",
    "people",
    "purge_log",
    "site",
    "snippets",
    "touches",
]
