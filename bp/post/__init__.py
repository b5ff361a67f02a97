"""One post or page, as a reader sees it."""

from bp.post import routes
from bp.post.routes import blueprint

__all__ = ["blueprint", "routes"]
