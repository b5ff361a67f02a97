"""The events app: what takes place, tickets for it, and dates for the pages of the others."""

from siblings.events.app import create_app

__all__ = ["create_app"]
