"""What readers browse: listings, tags, authors, topics, search, feeds, the sitemap.

Ghost's webhooks arrive here too.
"""

from bp.blog import feeds, routes, sitemap
from bp.blog.routes import blueprint
from bp.blog.webhooks import receive_webhooks

__all__ = ["blueprint", "feeds", "receive_webhooks", "routes", "sitemap"]
