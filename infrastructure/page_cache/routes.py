"""Which policy a request falls under, by the app's own URL map, before the app sees it."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode

from quart import Quart
from werkzeug.exceptions import HTTPException, NotFound

from infrastructure.page_cache.declare import PRIVATE, UNROUTED, Policy, policy_of
from infrastructure.page_cache.encoding import quality

_REMEMBERED = 10_000
_LONGEST_QUERY = 1_000
_LONGEST_PATH = 1_000

HTMX = "hx"


class Routes:
    """The policies of an app's routes."""

    def __init__(self, app: Quart) -> None:
        """Read the app's URL map; routes may still be added until the first request."""
        self._app = app
        self._remembered: OrderedDict[str, Policy] = OrderedDict()

    def policy(self, path: str) -> Policy:
        """Return the policy of GET requests for a path; private for a view that declares none."""
        remembered = self._remembered.get(path)
        if remembered is not None:
            self._remembered.move_to_end(path)
            return remembered
        policy = self._find(path)
        self._remembered[path] = policy
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return policy

    def _find(self, path: str) -> Policy:
        if len(path) > _LONGEST_PATH:
            return PRIVATE
        try:
            endpoint, _ = self._app.url_map.bind("").match(path, method="GET")
        except NotFound:
            return UNROUTED
        except HTTPException:
            # A redirect to the address with its slash, or a method that is not allowed: Quart
            # answers these by itself, as quickly as from here.
            return PRIVATE
        return policy_of(self._app.view_functions[endpoint]) or PRIVATE

    def undeclared(self) -> list[str]:
        """Return the endpoints that answer GET and declare no policy (`static` needs none)."""
        return sorted(
            {
                rule.endpoint
                for rule in self._app.url_map.iter_rules()
                if "GET" in (rule.methods or ())
                and rule.endpoint.rpartition(".")[2] != "static"
                and policy_of(self._app.view_functions[rule.endpoint]) is None
            }
        )


def declared_query(query: bytes, names: Iterable[str]) -> str | None:
    """Return the declared parameters of a query string, in one order and spelling.

    The first value of each counts. None: the query is too long to be kept.
    """
    if not query:
        return ""
    if len(query) > _LONGEST_QUERY:
        return None
    given: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        given.setdefault(name, value)
    return urlencode([(name, given[name]) for name in names if name in given])


def chosen_representation(accept: bytes, offered: tuple[str, ...]) -> str:
    """Return which of the offered media types an `Accept` header likes best; else the first."""
    liked: dict[str, float] = {}
    for element in accept.decode("latin-1").lower().split(","):
        name, _, parameters = element.strip().partition(";")
        liked[name.strip()] = quality(parameters)

    def liking(media_type: str) -> float:
        main = media_type.partition("/")[0]
        return liked.get(media_type, liked.get(f"{main}/*", liked.get("*/*", 0.0)))

    return max(offered, key=liking)


def variation(policy: Policy, headers: Mapping[bytes, bytes], query: bytes) -> str | None:
    """Return which of the answers at one path is meant: `""` for the only or usual one.

    None: the query is too long to be kept.
    """
    declared = declared_query(query, policy.query)
    if declared is None:
        return None
    parts = [declared]
    if policy.fragment_of_htmx:
        parts.append(HTMX if headers.get(b"hx-request") == b"true" else "")
    if policy.representations:
        parts.append(chosen_representation(headers.get(b"accept", b""), policy.representations))
    if policy.required_header:
        parts.append(policy.required_header[0])
    return " ".join(parts).rstrip() if any(parts) else ""
