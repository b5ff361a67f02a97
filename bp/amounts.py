"""Amounts of money as pages write them."""

from typing import Final

from services.contracts.common import Money

_SIGNS: Final = {"EUR": "€", "GBP": "£", "USD": "$"}


def price(money: Money) -> str:
    """Write an amount for people: €4.50, or “free”."""
    if money.amount == 0:
        return "free"
    sign = _SIGNS.get(money.currency, f"{money.currency} ")
    return f"{sign}{money.amount / 100:,.2f}"
