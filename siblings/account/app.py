"""The account app put together, its page and its fragment."""

from typing import Any

from quart import Blueprint, Response

from infrastructure.access import access
from infrastructure.factory import BaseApp, base_app
from infrastructure.page_cache import private
from infrastructure.settings import Settings
from siblings import base
from siblings.account.oidc import add_provider

pages = Blueprint("account", __name__)


def create_app(settings: Settings) -> BaseApp:
    """Make the account app."""
    app = base.create_sibling(
        "account", settings, pages, fragments={"auth-menu": auth_menu}, domains=[]
    )
    add_provider(app)
    return app


@pages.get("/")
@access("public")
@private
async def home() -> Response:
    """Say what this app is for."""
    return await base.show("account.html")


async def auth_menu(arguments: Any) -> str:
    """Show the way to a signed-in person's account, and out."""
    if not arguments.get("user_id"):
        return ""
    app = base_app()
    return app.templates.render("fragments/auth_menu.html", url=app.settings.public_url)
