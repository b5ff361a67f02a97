"""The market app put together, its pages and its fragments."""

from typing import Any

from quart import Blueprint, Response, redirect
from werkzeug.wrappers import Response as Redirect

from bp.domains import services
from infrastructure.access import access
from infrastructure.errors import ConflictError, NotFoundError
from infrastructure.factory import BaseApp, base_app
from infrastructure.page_cache import private
from infrastructure.settings import Settings
from services.contracts.cart import CartItem
from services.contracts.common import Container
from siblings import base, samples

pages = Blueprint("market", __name__)


def create_app(settings: Settings) -> BaseApp:
    """Make the market app."""
    app = base.create_sibling(
        "market",
        settings,
        pages,
        fragments={"container-nav": container_nav},
        domains=["blog", "market", "cart"],
    )
    if settings.with_sample_content:
        base.in_background(
            app, lambda: samples.plant_products(app.database, app.extensions["services"])
        )
    return app


@pages.get("/")
@access("public")
@private
async def home() -> Response:
    """List the newest posts that have something to sell, and what."""
    async with base_app().database.read() as connection:
        posts = await services().blog.search(connection, "", limit=50)
        offers = await services().market.products_for_containers(
            connection, [post.container for post in posts], each=50
        )
    rows = [(post, offers[post.container]) for post in posts if offers[post.container]]
    return await base.show("market.html", rows=rows)


@pages.post("/products/<int:product_id>/buy")
@access("public")
@private
async def buy(product_id: int) -> Redirect:
    """Put a product into the visitor's cart."""
    base.check_is_meant()
    async with base_app().database.read() as connection:
        found = await services().market.products_by_id(connection, [product_id])
    product = found.get(product_id)
    if product is None:
        raise NotFoundError
    if not product.is_available:
        message = f"“{product.title}” is sold out."
        raise ConflictError(message)
    owner = await base.visitor() or base.new_visitor()
    item = CartItem("product", product.id, product.container, product.title, product.price)
    async with base_app().database.unit_of_work() as work:
        await services().cart.put(work, owner, item)
    base.cart_changed(owner)
    response = redirect("/", 303)
    base.remember(response, owner)
    return response


async def container_nav(arguments: Any) -> str:
    """Show what one container offers, for the side of its page."""
    number = arguments.get("container_id", "")
    if not number.isdecimal() or len(number) > 18:
        return ""
    container = Container(arguments.get("container_type", ""), int(number))
    app = base_app()
    async with app.database.read() as connection:
        found = await services().market.products_for_containers(connection, [container])
    if not found[container]:
        return ""
    return app.templates.render(
        "fragments/products.html", products=found[container], url=app.settings.public_url
    )
