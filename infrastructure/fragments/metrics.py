"""What is counted of fragments, by app and type; the names of both are ours, so they are few."""

from prometheus_client import Counter, Histogram

SHOWN = Counter(
    "fragment_shown",
    "Fragments that pages wanted, by what stood there: fresh, fetched, stale, last_known_good"
    " or absent.",
    ["app", "type", "how"],
)

FAILURES = Counter(
    "fragment_failures", "Requests for fragments that failed, by reason.", ["app", "type", "reason"]
)

SECONDS = Histogram(
    "fragment_seconds",
    "How long sibling apps took for good answers.",
    ["app", "type"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.3, 1.0, 2.0),
)
