"""What somebody put into a cart before they signed in is theirs afterwards."""

import pytest

from bp.domains import use_services
from infrastructure.factory import BaseApp
from models.people import Person
from services.accounts.passwords import hash_password
from services.contracts.cart import CartItem, CartOwner
from services.contracts.common import Container, Money
from services.registry import Services, register_domain_services
from tests.bp.conftest import Visitor

SESSION = "5" * 32


@pytest.fixture
async def person(app: BaseApp) -> Person:
    hashed = await hash_password("rye and oats")
    person = Person(email="ada@example.org", role="member", password_hash=hashed)
    async with app.database.unit_of_work() as work:
        work.session.add(person)
        await work.session.flush()
        await work.session.refresh(person)
    return person


async def _put(app: BaseApp, owner: CartOwner, number: int, currency: str = "EUR") -> None:
    price = Money(500, currency)
    item = CartItem("ticket", number, Container("post", 1), f"Ticket {number}", price)
    services: Services = app.extensions["services"]
    async with app.database.unit_of_work() as work:
        await services.cart.put(work, owner, item)


async def _count(app: BaseApp, owner: CartOwner) -> int:
    services: Services = app.extensions["services"]
    async with app.database.read() as connection:
        return (await services.cart.summary(connection, owner)).count


async def _sign_in(visitor: Visitor, cookie: str) -> int:
    visitor.client.set_cookie("localhost", "cart_session", cookie)
    form = {"email": "ada@example.org", "password": "rye and oats", "how": "password"}
    answer = await visitor.submit("/auth/login/", form)
    status: int = answer.status_code
    return status


async def test_the_cart_of_a_session_becomes_that_of_who_signs_in(
    app: BaseApp, visitor: Visitor, person: Person
) -> None:
    mine, anonymous = CartOwner(user_id=str(person.key)), CartOwner(session_id=SESSION)
    await _put(app, mine, 1)
    await _put(app, anonymous, 1)
    await _put(app, anonymous, 2)
    assert await _sign_in(visitor, SESSION) == 303
    assert await _count(app, mine) == 3
    assert await _count(app, anonymous) == 0
    assert not _has_cart_cookie(visitor)


async def test_a_cart_in_another_currency_is_left_to_the_session(
    app: BaseApp, visitor: Visitor, person: Person
) -> None:
    mine, anonymous = CartOwner(user_id=str(person.key)), CartOwner(session_id=SESSION)
    await _put(app, mine, 1, "GBP")
    await _put(app, anonymous, 2)
    assert await _sign_in(visitor, SESSION) == 303
    assert (await _count(app, mine), await _count(app, anonymous)) == (1, 1)
    assert _has_cart_cookie(visitor)


def _has_cart_cookie(visitor: Visitor) -> bool:
    return any(it.name == "cart_session" for it in visitor.client.cookie_jar or ())


@pytest.mark.parametrize("cookie", ["", "short", "5" * 31 + "g"])
async def test_a_cookie_that_is_none_of_a_cart_changes_nothing(
    app: BaseApp, visitor: Visitor, person: Person, cookie: str
) -> None:
    assert await _sign_in(visitor, cookie) == 303
    assert await _count(app, CartOwner(user_id=str(person.key))) == 0


async def test_who_cannot_keep_a_cart_signs_in_all_the_same(
    app: BaseApp, visitor: Visitor, person: Person
) -> None:
    anonymous = CartOwner(session_id=SESSION)
    await _put(app, anonymous, 1)
    services: Services = app.extensions["services"]
    use_services(app, register_domain_services(app.database, "http://blog.example", ["blog"]))
    assert await _sign_in(visitor, SESSION) == 303
    use_services(app, services)
    assert _has_cart_cookie(visitor)
    assert await _count(app, anonymous) == 1
    assert await _count(app, CartOwner(user_id=str(person.key))) == 0
