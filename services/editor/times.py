"""A time as somebody chose it: with its own zone, or in the site's."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from services.content_store.protocol import InvalidPostError


def in_zone(given: str, zone: ZoneInfo) -> datetime:
    """Return a time in UTC.

    Args:
        given: ISO 8601; without an offset it is a time of the site's zone. Of a time that is there
            twice, because the clocks are set back, it is the first.
        zone: the site's.

    Raises:
        InvalidPostError: it is no time, or one that the site's clocks never show.
    """
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        message = "This is no time: give one as 2026-03-01T09:30, or with its zone."
        raise InvalidPostError({"published_at": message}) from error
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        found = moment.replace(tzinfo=zone).astimezone(UTC)
        is_shown = found.astimezone(zone).replace(tzinfo=None) == moment
    except OverflowError as error:
        raise InvalidPostError({"published_at": "This is too far away."}) from error
    if not is_shown:
        message = "The clocks are set forward at that time, so it never comes: choose another."
        raise InvalidPostError({"published_at": message})
    return found
