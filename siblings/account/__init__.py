"""The account app: who somebody is, and their menu for the header of every page."""

from siblings.account.app import create_app

__all__ = ["create_app"]
