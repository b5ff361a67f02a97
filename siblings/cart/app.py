"""The cart app put together, its page and its fragment."""

from typing import Any

from quart import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from bp.domains import services
from infrastructure.access import access
from infrastructure.errors import InvalidError, NotFoundError
from infrastructure.factory import BaseApp, base_app
from infrastructure.page_cache import private
from infrastructure.settings import Settings
from siblings import base

pages = Blueprint("cart", __name__)


def create_app(settings: Settings) -> BaseApp:
    """Make the cart app."""
    return base.create_sibling(
        "cart", settings, pages, fragments={"cart-mini": cart_mini}, domains=["cart"]
    )


@pages.get("/")
@access("public")
@private
async def home() -> Response:
    """Show the visitor's cart."""
    owner = await base.visitor()
    if owner is None:
        return await base.show("cart.html", lines=(), summary=None)
    async with base_app().database.read() as connection:
        lines = await services().cart.lines(connection, owner)
        summary = await services().cart.summary(connection, owner)
    return await base.show("cart.html", lines=lines, summary=summary)


@pages.post("/lines/<int:line_id>")
@access("public")
@private
async def change(line_id: int) -> Redirect:
    """Have so many of a line."""
    base.check_is_meant()
    quantity = (await request.form).get("quantity", "")
    if not quantity.isdecimal() or len(quantity) > 4:
        message = "Please give a number; 0 takes it out."
        raise InvalidError(message)
    owner = await base.visitor()
    if owner is None:
        raise NotFoundError
    async with base_app().database.unit_of_work() as work:
        await services().cart.set_quantity(work, owner, line_id, int(quantity))
    return redirect("/", 303)


async def cart_mini(arguments: Any) -> str:
    """Show how much is in a viewer's cart; nothing where it is empty."""
    owner = base.owner_of(arguments)
    if owner is None:
        return ""
    app = base_app()
    async with app.database.read() as connection:
        summary = await services().cart.summary(connection, owner)
    if summary.count == 0:
        return ""
    return app.templates.render(
        "fragments/cart_mini.html", summary=summary, url=app.settings.public_url
    )
