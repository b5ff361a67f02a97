"""The market app: what is for sale, and offers for the pages of the others."""

from siblings.market.app import create_app

__all__ = ["create_app"]
