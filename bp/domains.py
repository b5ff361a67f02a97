"""The platform's domains, as the routes of an app ask them."""

from typing import cast

from quart import Quart, current_app

from services.registry import Services

_NAME = "services"


def use_services(app: Quart, services: Services) -> None:
    """Give an app its domains; the composition root does."""
    app.extensions[_NAME] = services


def services() -> Services:
    """Return the domains of the app that serves the current request."""
    return cast("Services", current_app.extensions[_NAME])
