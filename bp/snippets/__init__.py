"""The snippet library: pages for people, and what the editor asks for."""

from bp.snippets.routes import blueprint

__all__ = ["blueprint"]
