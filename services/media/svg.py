"""SVG drawings: what strangers drew, written anew from a list of what a still drawing may have.

The drawing is parsed by expat and serialized again; only elements, attributes and values on the
lists survive. Scripts, event handlers, links, animation, foreign content, anything that would be
fetched from elsewhere, processing instructions, comments and the DOCTYPE do not. Source of the
names: SVG 2 (W3C), chapters on shapes, text, painting, gradients, patterns, clipping, masking and
filter effects.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from infrastructure.errors import InvalidError

MAX_BYTES: Final = 4 * 1024 * 1024
_MAX_ELEMENTS: Final = 100_000
_MAX_DEPTH: Final = 100
# How many elements `use` may stand for in the end: a few kilobytes can otherwise ask a browser
# for billions.
_MAX_USED: Final = 100_000

_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_XML: Final = "http://www.w3.org/XML/1998/namespace"


def _names(text: str) -> frozenset[str]:
    """Take names that are written one after the other."""
    return frozenset(text.split())


_ELEMENTS: Final = _names(
    """
    svg g defs symbol use title desc switch style path rect circle ellipse line polyline
    polygon text tspan textPath image linearGradient radialGradient stop pattern clipPath mask
    marker filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix
    feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB
    feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight
    feSpecularLighting feSpotLight feTile feTurbulence
    """
)

_ATTRIBUTES: Final = _names(
    """
    alignment-baseline amplitude aria-describedby aria-hidden aria-label aria-labelledby
    azimuth baseFrequency baseline-shift bias class clip-path clip-rule clipPathUnits color
    color-interpolation color-interpolation-filters color-rendering cursor cx cy d
    diffuseConstant direction display divisor dominant-baseline dx dy edgeMode elevation
    enable-background exponent fill fill-opacity fill-rule filter filterUnits flood-color
    flood-opacity font-family font-feature-settings font-kerning font-size font-size-adjust
    font-stretch font-style font-variant font-weight fr fx fy gradientTransform gradientUnits
    height id image-rendering in in2 intercept isolation k1 k2 k3 k4 kernelMatrix
    kernelUnitLength kerning lang lengthAdjust letter-spacing lighting-color limitingConeAngle
    marker-end marker-mid marker-start markerHeight markerUnits markerWidth mask mask-type
    maskContentUnits maskUnits method mix-blend-mode mode numOctaves offset opacity operator
    order orient overflow paint-order pathLength patternContentUnits patternTransform
    patternUnits pointer-events points pointsAtX pointsAtY pointsAtZ preserveAlpha
    preserveAspectRatio primitiveUnits r radius refX refY requiredFeatures result role rotate
    rx ry scale seed shape-rendering side slope spacing specularConstant specularExponent
    spreadMethod startOffset stdDeviation stitchTiles stop-color stop-opacity stroke
    stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit
    stroke-opacity stroke-width style surfaceScale systemLanguage tableValues targetX targetY
    text-anchor text-decoration text-overflow text-rendering textLength transform
    transform-box transform-origin type unicode-bidi values vector-effect version viewBox
    visibility white-space width word-spacing writing-mode x x1 x2 xChannelSelector y y1 y2
    yChannelSelector z
    """
)

_FRAGMENT: Final = re.compile(r"#[^\s\"'()<>\\]+")
_EMBEDDED: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
_OWN_REFERENCE: Final = re.compile(
    r"url\(\s*(?P<quote>['\"]?)#[^\s\"'()<>\\]+(?P=quote)\s*\)", re.IGNORECASE
)
# What could make a browser fetch something, run something, or read a value otherwise than we do.
_SUSPICIOUS: Final = re.compile(
    r"url\s*\(|image\s*\(|image-set|src\s*\(|expression|javascript|behavio|-moz-binding|data:"
    r"|//|@|\\|<|&",
    re.IGNORECASE,
)
# A comment that does not end takes the rest, so that nothing is searched twice.
_COMMENT: Final = re.compile(r"/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)")
_LENGTH: Final = re.compile(
    r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|em)?\s*"
)
# CSS pixels in each unit (CSS Values and Units, absolute lengths; em at the initial font size).
_LONGEST_NUMBER: Final = 40
_PIXELS: Final = {
    "px": 1,
    "pt": 4 / 3,
    "pc": 16,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96,
    "em": 16,
}

_UNREADABLE: Final = "This drawing cannot be read as SVG: save it again and try once more."
_TOO_MUCH: Final = "This drawing has too many parts: simplify it, or save it as PNG."
_ENTITIES: Final = (
    "This drawing defines its own XML entities, which is not taken: save it as plain SVG."
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A cleaned drawing: UTF-8 bytes, and its size in CSS pixels."""

    data: bytes
    width: int
    height: int


def clean(data: bytes) -> Drawing:
    """Write a drawing anew without anything that is not on the lists.

    Args:
        data: the whole file, in an encoding that XML declares.

    Raises:
        InvalidError: it is not SVG, or it is made to keep a reader busy.
    """
    if len(data) > MAX_BYTES:
        raise InvalidError(f"A drawing may have at most {MAX_BYTES // 2**20} MB.")
    writer = _Writer()
    try:
        writer.parse(data)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise InvalidError(_UNREADABLE) from error
    if not writer.root:
        raise InvalidError(_UNREADABLE)
    _check_uses(writer.nodes)
    width, height = _size(writer.root)
    return Drawing("".join(writer.out).encode(), width, height)


@dataclass(slots=True)
class _Node:
    """An element as far as `use` matters: what it refers to, and what is within it."""

    uses: str | None = None
    children: list["_Node"] = field(default_factory=list)
    total: int | None = None


class _Writer:
    """Writes what is allowed while expat reads."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.root: dict[str, str] = {}
        self.nodes: dict[str, _Node] = {}
        self._path: list[_Node] = []
        self._open: list[str] = []
        self._skipped = 0
        self._elements = 0
        self._style: list[str] | None = None
        self._top = _Node()

    def parse(self, data: bytes) -> None:
        """Read the whole document."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = _refuse_entity
        parser.Parse(data, True)
        self.nodes[""] = self._top

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > _MAX_ELEMENTS:
            raise InvalidError(_TOO_MUCH)
        namespace, _, local = name.rpartition(" ")
        is_root = not self._open and not self._skipped
        # Old programs leave the namespace out; a browser would then not draw the file at all.
        known = namespace in {_SVG, ""} and local in _ELEMENTS and self._style is None
        if is_root and (not known or local != "svg"):
            raise InvalidError(_UNREADABLE)
        if self._skipped or not known:
            self._skipped += 1
            return
        if len(self._open) >= _MAX_DEPTH:
            raise InvalidError(_TOO_MUCH)
        kept = _kept(local, attributes)
        if is_root:
            self.root = {"": "svg", **kept}
            self.out.append('<svg xmlns="http://www.w3.org/2000/svg"')
        else:
            self.out.append(f"<{local}")
        self.out.extend(f" {key}={quoteattr(value)}" for key, value in kept.items())
        self.out.append(">")
        self._open.append(local)
        self._note(local, kept)
        if local == "style":
            self._style = []

    def _note(self, local: str, kept: dict[str, str]) -> None:
        """Remember what a `use` refers to, and where."""
        node = _Node(kept["href"][1:] if local == "use" and "href" in kept else None)
        (self._path[-1] if self._path else self._top).children.append(node)
        self._path.append(node)
        if identifier := kept.get("id"):
            self.nodes.setdefault(identifier, node)

    def _end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        if self._style is not None:
            self.out.append(escape(_safe_sheet("".join(self._style))))
            self._style = None
        self.out.append(f"</{self._open.pop()}>")
        self._path.pop()

    def _text(self, text: str) -> None:
        if self._skipped or not self._open:
            return
        if self._style is not None:
            self._style.append(text)
        else:
            self.out.append(escape(text))


def _refuse_entity(*_: object) -> None:
    raise InvalidError(_ENTITIES)


def _kept(element: str, attributes: dict[str, str]) -> dict[str, str]:
    """Return the attributes that an element may keep."""
    kept: dict[str, str] = {}
    for name, value in attributes.items():
        namespace, _, local = name.rpartition(" ")
        if local == "href" and namespace in {"", _XLINK}:
            if _FRAGMENT.fullmatch(value) or (
                element == "image" and _EMBEDDED.fullmatch(value.strip())
            ):
                kept["href"] = value.strip()
        elif namespace == _XML and local in {"space", "lang"}:
            kept[f"xml:{local}"] = value
        elif not namespace and local in _ATTRIBUTES and _is_safe(value):
            kept[local] = value
    return kept


def _is_safe(value: str) -> bool:
    """Whether a value refers to nothing outside the drawing."""
    return _SUSPICIOUS.search(_OWN_REFERENCE.sub("", _COMMENT.sub("", value))) is None


def _safe_sheet(sheet: str) -> str:
    """Return a style sheet when all of it is safe, else nothing."""
    return sheet if _is_safe(sheet) else ""


def _check_uses(nodes: dict[str, _Node]) -> None:
    """Count what all `use` elements stand for.

    Raises:
        InvalidError: it is far too much, or something uses itself.
    """
    # Depth first without recursion: first the children and what is used, then their sum.
    under_way: set[int] = set()
    stack = [(nodes[""], False)]
    while stack:
        node, is_done = stack.pop()
        target = nodes.get(node.uses) if node.uses is not None else None
        needed = node.children if target is None else [*node.children, target]
        if is_done:
            under_way.discard(id(node))
            node.total = 1 + sum(it.total or 0 for it in needed)
            if node.total > _MAX_USED:
                raise InvalidError(_TOO_MUCH)
            continue
        if node.total is not None:
            continue
        if id(node) in under_way:
            raise InvalidError(_TOO_MUCH)
        under_way.add(id(node))
        stack.append((node, True))
        stack.extend((it, False) for it in needed)


def _size(root: dict[str, str]) -> tuple[int, int]:
    """Return the drawing's size in CSS pixels, as a browser would lay it out in an `img`."""
    width, height = _pixels(root.get("width")), _pixels(root.get("height"))
    box = [_number(part) for part in re.split(r"[\s,]+", root.get("viewBox", "").strip())]
    if len(box) == 4 and box[2] > 0 and box[3] > 0:
        ratio = box[2] / box[3]
        if width and not height:
            height = width / ratio
        elif height and not width:
            width = height * ratio
        elif not width and not height:
            width, height = box[2], box[3]
    # The default size of replaced content (CSS Images, section 5.1).
    sides = round(width or 300), round(height or 150)
    return min(max(sides[0], 1), 100_000), min(max(sides[1], 1), 100_000)


def _pixels(length: str | None) -> float:
    """Return an absolute length in pixels; 0 for none, or one that depends on the page."""
    found = _LENGTH.fullmatch(length) if length and len(length) <= _LONGEST_NUMBER else None
    return min(float(found[1]) * _PIXELS[found[2] or "px"], 1e6) if found else 0.0


def _number(text: str) -> float:
    try:
        value = float(text) if len(text) <= _LONGEST_NUMBER else 0.0
    except ValueError:
        return 0.0
    return min(value, 1e6) if math.isfinite(value) else 0.0
