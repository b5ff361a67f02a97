"""The cart app: what a visitor is about to buy, and its badge for the header of every page."""

from siblings.cart.app import create_app

__all__ = ["create_app"]
