"""The cursor of a listing: what was encoded is decoded, and nothing else is taken."""

from datetime import UTC, datetime, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infrastructure.errors import PersonError
from services.posts import cursor

_TIMES = st.datetimes(timezones=st.just(UTC))
_IDS = st.integers(0, 2**63 - 1)


@settings(max_examples=200)
@given(_TIMES, _IDS)
@example(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 1)
def test_what_was_encoded_is_decoded(listed_at: datetime, post_id: int) -> None:
    made = cursor.encode(listed_at, post_id)
    assert cursor.decode(made) == (listed_at, post_id)
    assert cursor.decode(made)[0].tzinfo is UTC
    assert made.replace("-", "").isalnum()


def test_the_zone_of_a_time_does_not_matter() -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    here = moment.astimezone(timezone.max)
    assert cursor.encode(here, 7) == cursor.encode(moment, 7)


@pytest.mark.parametrize(
    "damaged",
    [
        *("", "-", "--", "1", "1-", "-1", "x-1", "1-x", "1-1-1", "1--1", " 1-1", "1-1 ", "+1-1"),
        *("0x1-1", "1_0-1", "A-1", "01-1", "1-01", "١-1", "1-8000000000000000", "1-1\0"),
        *("f" * 30 + "-1", "-" + "f" * 30 + "-1", "1-" + "f" * 200, "9" * 100_000 + "-1"),
        *("' OR 1=1 --", "2026-01-01"),
    ],
)
def test_a_damaged_cursor_is_told_in_a_sentence(damaged: str) -> None:
    with pytest.raises(PersonError, match="older posts is damaged"):
        cursor.decode(damaged)


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_any_text_is_either_refused_or_the_cursor_itself(text: str) -> None:
    try:
        place = cursor.decode(text)
    except PersonError:
        return
    assert cursor.encode(*place) == text
