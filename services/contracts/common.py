"""What the contracts share: containers, money, and the error of a domain that is not here."""

from msgspec import Struct

from infrastructure.errors import PersonError


class Container(Struct, frozen=True):
    """What a calendar or a market hangs on: usually `Container("post", <id of a post or page>)`."""

    type: str
    id: int

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


class Money(Struct, frozen=True):
    """An amount in the smallest unit of a currency (cents), and the currency by ISO 4217."""

    amount: int
    currency: str


class DomainAbsentError(PersonError):
    """Something was to be written to a domain that this site does without."""

    status = 409
