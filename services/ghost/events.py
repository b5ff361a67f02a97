"""Ghost's webhook events, of Ghost 5 and 6: what there is to hear about."""

from typing import Final

_DOCUMENT: Final = (
    "added",
    "deleted",
    "edited",
    "published",
    "published.edited",
    "unpublished",
    "scheduled",
    "unscheduled",
    "rescheduled",
    "tag.attached",
    "tag.detached",
)
_OBJECT: Final = ("added", "edited", "deleted")

# Source: Ghost's `core/server/services/webhooks/listen.js`.
EVENTS: Final = (
    *(f"post.{what}" for what in _DOCUMENT),
    *(f"page.{what}" for what in _DOCUMENT),
    *(f"tag.{what}" for what in _OBJECT),
    *(f"member.{what}" for what in _OBJECT),
    "site.changed",
)
