"""What the page cache counts, and how Prometheus reads it.

Counting is plain adding, because a hit must not take a lock; the figures are gathered when asked.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(slots=True)
class Counts:
    """Counters since the process began."""

    hits: int = 0
    stale: int = 0
    misses: int = 0
    shared_hits: int = 0
    renders: int = 0
    outdated: int = 0
    filled: int = 0
    purges: int = 0
    purged_pages: int = 0
    bypasses: Counter[str] = field(default_factory=Counter)
    not_kept: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Stats:
    """The state of a page cache at one moment, for people and for Prometheus.

    `bytes` and `limit` are bytes; `hit_rate` is between 0 and 1.
    """

    counts: Counts
    pages: int
    missing_pages: int
    bytes: int
    limit: int
    tags: int
    values: int
    evicted: int
    listener_ready: bool
    listener_losses: int
    shared_ready: bool

    @property
    def hit_rate(self) -> float:
        """The part of the answers to public requests that came out of the cache."""
        hits = self.counts.hits + self.counts.stale
        return hits / max(hits + self.counts.misses, 1)


_COUNTS = {
    "hits": "Public answers served from the pages that this process keeps.",
    "stale": "Of a page past its time, served while it is rendered again.",
    "misses": "Public requests that found no page in this process.",
    "shared_hits": "Pages taken from the shared level.",
    "renders": "Renders of public pages.",
    "outdated": "Renders that were untrue when they ended, because of a change meanwhile.",
    "filled": "Answers with personal holes filled.",
    "purges": "Purges heard.",
    "purged_pages": "Pages removed by purges.",
}

_REASONS = {
    "bypasses": "Requests left to the app, by reason.",
    "not_kept": "Public renders that were not kept, by reason.",
}

_STATES = {
    "pages": "Pages kept.",
    "missing_pages": "Of these, answers that say: nothing here.",
    "bytes": "Bytes that they take.",
    "limit": "Bytes that they may take.",
    "tags": "Different surrogate tags on them.",
    "values": "Values kept beside the pages.",
    "evicted": "Pages displaced since the process began.",
    "listener_ready": "1 while purges are heard.",
    "listener_losses": "How often the listener was lost since the process began.",
    "shared_ready": "1 while the shared level is in use.",
}


class PageCacheCollector(Collector):
    """Shows the page caches of this process to Prometheus, each by the name of its app."""

    def __init__(self) -> None:
        """Begin with none."""
        self._caches: dict[str, Callable[[], Stats]] = {}

    def show(self, app: str, stats: Callable[[], Stats]) -> None:
        """Show a cache under an app's name, instead of the one shown under it before."""
        self._caches[app] = stats

    def describe(self) -> Iterator[Metric]:
        """Give nothing: the names are known when there is something to show."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Give the metrics."""
        caches = {app: stats() for app, stats in self._caches.items()}
        for name, meaning in _COUNTS.items():
            family = CounterMetricFamily(f"page_cache_{name}", meaning, labels=["app"])
            for app, stats in caches.items():
                family.add_metric([app], getattr(stats.counts, name))
            yield family
        for name, meaning in _REASONS.items():
            family = CounterMetricFamily(f"page_cache_{name}", meaning, labels=["app", "reason"])
            for app, stats in caches.items():
                for reason, count in getattr(stats.counts, name).items():
                    family.add_metric([app, reason], count)
            yield family
        for name, meaning in _STATES.items():
            gauge = GaugeMetricFamily(f"page_cache_{name}", meaning, labels=["app"])
            for app, stats in caches.items():
                gauge.add_metric([app], float(getattr(stats, name)))
            yield gauge


COLLECTOR: Final = PageCacheCollector()
REGISTRY.register(COLLECTOR)
