"""What a fragment may contain: text, structure, links, pictures and forms of its own app.

A fragment comes over the network and stands inside our pages, so it is treated as what a stranger
wrote: nothing in it runs, styles what is around it, sends a form elsewhere, loads a picture from
elsewhere, or can be taken for a mark of ours. Broken HTML comes out whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin, urlsplit

import nh3
from selectolax.lexbor import LexborHTMLParser

_TAG_NAMES: Final = (
    "a abbr article aside b bdi bdo blockquote br button caption cite code data dd del details"
    " dfn div dl dt em fieldset figcaption figure footer form h2 h3 h4 h5 h6 header hr i img input"
    " ins kbd label legend li mark nav ol optgroup option output p pre q s samp section select"
    " small span strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr"
)

_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"class", "data-container", "dir", "hidden", "id", "lang", "role", "title"},
    "a": {"href", "hreflang", "target"},
    "button": {"disabled", "name", "type", "value"},
    "data": {"value"},
    "details": {"name", "open"},
    "form": {"action", "method"},
    "img": {"alt", "decoding", "height", "loading", "src", "width"},
    "input": {
        "autocomplete",
        "checked",
        "disabled",
        "inputmode",
        "max",
        "min",
        "name",
        "placeholder",
        "readonly",
        "required",
        "step",
        "type",
        "value",
    },
    "label": {"for"},
    "ol": {"start"},
    "option": {"disabled", "selected", "value"},
    "select": {"disabled", "name", "required"},
    "td": {"colspan", "headers", "rowspan"},
    "th": {"colspan", "headers", "rowspan", "scope"},
    "time": {"datetime"},
}

_DROPPED_WITH_CONTENT: Final = {"script", "style", "template", "noscript", "iframe", "object"}

_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})

# A field for a password or a file has no place in a piece of somebody else's page.
_INPUTS: Final = frozenset({"checkbox", "hidden", "number", "radio", "search", "submit", "text"})

# Names of elements and references to them; each app has its own, so that none names ours.
_NAMES: Final = frozenset({"id", "for", "headers"})
_REFERENCES: Final = frozenset(
    {"aria-controls", "aria-describedby", "aria-details", "aria-labelledby", "aria-owns"}
)


@dataclass(frozen=True, slots=True)
class Sanitiser:
    """What one app's fragments may contain on one site.

    Attributes:
        app: its name, which goes before every name that it gives to an element.
        app_url: its public address; relative addresses are relative to this.
        site_url: the public address of the site that shows the fragment.
    """

    app: str
    app_url: str
    site_url: str
    _cleaner: nh3.Cleaner = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the cleaner, which is the costly part."""
        cleaner = nh3.Cleaner(
            tags=set(_TAG_NAMES.split()),
            clean_content_tags=set(_DROPPED_WITH_CONTENT),
            attributes=_ATTRIBUTES,
            attribute_filter=self._filter(),
            generic_attribute_prefixes={"aria-"},
            url_schemes=set(_SCHEMES),
            strip_comments=True,
            link_rel=None,
        )
        object.__setattr__(self, "_cleaner", cleaner)

    def clean(self, html: str) -> str:
        """Return a fragment with what it may contain, every element closed."""
        return self._cleaner.clean(html).strip()

    def _filter(self) -> Callable[[str, str, str], str | None]:
        own = {_origin(self.app_url), _origin(self.site_url)}
        base = f"{self.app_url}/"
        prefix = f"{self.app}-"

        def keep(tag: str, name: str, value: str) -> str | None:
            if name in {"href", "src", "action"}:
                address = _absolute(base, value)
                if address is None or (name != "href" and _origin(address) not in own):
                    return None
                return address
            if name in _NAMES or name in _REFERENCES:
                return " ".join(f"{prefix}{part}" for part in value.split())
            if tag == "input" and name == "type":
                return value if value.lower() in _INPUTS else None
            if tag == "details" and name == "name":
                return f"{prefix}{value}"
            if name == "target":
                return value if value == "_blank" else None
            if name == "method":
                return value if value.lower() in {"get", "post"} else None
            return value

        return keep


def _absolute(base: str, address: str) -> str | None:
    """Return an address as it is meant by the app that wrote it; None where it is none."""
    # Browsers read a backslash as a slash, and take no notice of tabs and newlines.
    address = "".join(it for it in address if it > " ").replace("\\", "/")
    if address.startswith("#"):
        return None
    try:
        absolute = urljoin(base, address)
        scheme = urlsplit(absolute).scheme
    except ValueError:
        return None
    return absolute if scheme in _SCHEMES else None


def _origin(address: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of an address (RFC 6454)."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port


def by_container(html: str) -> dict[str, str]:
    """Cut a clean `container-cards` fragment into its sections.

    Returns:
        the HTML inside of each `<section data-container="…">`, by what its attribute says; what
        stands between them is dropped, and of two for the same container the first counts.
    """
    found: dict[str, str] = {}
    for section in LexborHTMLParser(html).css("section[data-container]"):
        container = section.attributes.get("data-container") or ""
        inner = (section.inner_html or "").strip()
        if container and inner:
            found.setdefault(container, inner)
    return found
