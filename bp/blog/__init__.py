"""What readers browse: listings, tags, authors, topics, search, feeds and the sitemap."""

from bp.blog import feeds, routes, sitemap
from bp.blog.routes import blueprint

__all__ = ["blueprint", "feeds", "routes", "sitemap"]
