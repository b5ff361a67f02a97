"""The page cache: finished pages served before Quart, purged exactly by what commits touch.

`docs/caching.md` tells developers what to declare. The parts: `declare` (beside routes), `touches`
(beside models), `purging` and `listener` (from commit to every worker), `store`, `page` and `layer`
(from request to bytes), `shared` (Redis), `holes` (what is personal), `memo` (values).
"""

from infrastructure.page_cache.declare import (
    fresh_for,
    private,
    public,
    surrogate_tags,
    viewer_may_differ,
)

__all__ = ["fresh_for", "private", "public", "surrogate_tags", "viewer_may_differ"]
