"""What hangs on a post: its calendar, the dates attached to it, its markets."""

from bp.features import routes
from bp.features.routes import blueprint

__all__ = ["blueprint", "routes"]
