"""What the forms of a post's dates and offers say, checked; amounts come as people write them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from services.contracts.calendar import NewEntry
from services.contracts.market import NewProduct
from services.desk.fields import InvalidFieldsError

_AMOUNT: Final = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?")
_COUNT: Final = re.compile(r"[0-9]{1,7}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_LONGEST: Final = 200
_LONGEST_TEXT: Final = 1000


def new_entry(form: Mapping[str, str], zone: ZoneInfo) -> NewEntry:
    """Return the date that a form describes.

    Args:
        form: `title`, `place`, `starts_at`, `ends_at` (as `datetime-local` has them), `cost`,
            `currency`.
        zone: in which its times are meant.

    Raises:
        InvalidFieldsError: something in it cannot be taken.
    """
    errors: dict[str, str] = {}
    starts_at = _time(form, "starts_at", zone, errors)
    ends_at = _time(form, "ends_at", zone, errors) if form.get("ends_at") else None
    if starts_at is not None and ends_at is None and "ends_at" not in errors:
        ends_at = starts_at + timedelta(hours=1)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        errors["ends_at"] = "It ends after it begins; please look at the times."
    title = _words(form, "title", errors, is_needed=True)
    place = _words(form, "place", errors)
    cost, currency = _amount(form, "cost", errors), _currency(form, errors)
    if errors or starts_at is None or ends_at is None:
        raise InvalidFieldsError(errors)
    return NewEntry(title, starts_at, ends_at, place=place, cost=cost, currency=currency)


def new_product(form: Mapping[str, str]) -> NewProduct:
    """Return the product that a form describes.

    Args:
        form: `title`, `description`, `price`, `currency`, `unit`, `stock`.

    Raises:
        InvalidFieldsError: something in it cannot be taken.
    """
    errors: dict[str, str] = {}
    stock = form.get("stock", "").strip()
    if stock and not _COUNT.fullmatch(stock):
        errors["stock"] = "Give a whole number, or nothing where nobody counts."
    title = _words(form, "title", errors, is_needed=True)
    description = _words(form, "description", errors, longest=_LONGEST_TEXT)
    unit = _words(form, "unit", errors)
    price, currency = _amount(form, "price", errors), _currency(form, errors)
    if errors:
        raise InvalidFieldsError(errors)
    return NewProduct(
        title,
        price,
        currency=currency,
        description=description,
        unit=unit,
        stock=int(stock) if stock else None,
    )


def _words(
    form: Mapping[str, str],
    name: str,
    errors: dict[str, str],
    *,
    longest: int = _LONGEST,
    is_needed: bool = False,
) -> str:
    words = " ".join(form.get(name, "").replace("\0", "").split())
    if is_needed and not words:
        errors[name] = "This may not be empty."
    elif len(words) > longest:
        errors[name] = f"This is too long: {longest} characters are the most."
    return words


def _time(
    form: Mapping[str, str], name: str, zone: ZoneInfo, errors: dict[str, str]
) -> datetime | None:
    try:
        given = datetime.fromisoformat(form.get(name, "").strip())
        local = given if given.tzinfo else given.replace(tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        errors[name] = "Give a day and a time: 2026-12-05 10:00."
        return None


def _amount(form: Mapping[str, str], name: str, errors: dict[str, str]) -> int:
    given = form.get(name, "").strip()
    found = _AMOUNT.fullmatch(given or "0")
    if found is None:
        errors[name] = "Give an amount: 12.50, or nothing where it is free."
        return 0
    return int(Decimal(f"{found[1]}.{found[2] or 0}") * 100)


def _currency(form: Mapping[str, str], errors: dict[str, str]) -> str:
    given = (form.get("currency") or "EUR").strip().upper()
    if not _CURRENCY.fullmatch(given):
        errors["currency"] = "A currency has three letters, such as EUR."
    return given
