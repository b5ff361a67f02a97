"""The cursor of a listing: where the next, older stretch begins.

It is the listing time and the id of the last post shown, so that a listing neither skips nor
repeats a post when others are published meanwhile.
"""

from datetime import UTC, datetime, timedelta

from infrastructure.errors import PersonError

# The first moment that there is: posts from before 1970 are archives that somebody typed in.
_EPOCH = datetime.min.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def encode(listed_at: datetime, post_id: int) -> str:
    """Return the cursor of a post: its listing time in microseconds and its id, in hex."""
    return f"{(listed_at - _EPOCH) // _MICROSECOND:x}-{post_id:x}"


def decode(cursor: str) -> tuple[datetime, int]:
    """Return the listing time and the post id of a cursor.

    Raises:
        PersonError: it is not one that `encode` made.
    """
    time, dash, post_id = cursor.partition("-")
    try:
        if not dash or len(cursor) > 40:
            raise ValueError
        place = _EPOCH + int(time, 16) * _MICROSECOND, int(post_id, 16)
        if not 0 <= place[1] < 2**63 or encode(*place) != cursor:
            raise ValueError
    except (ValueError, OverflowError):
        msg = "That link to older posts is damaged. The newest posts are on the front page."
        raise PersonError(msg) from None
    return place
