"""What a renderer is told from outside: Ghost's own option names, read once into typed fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from lexical import javascript as js

WEB: Final = "web"
BARE: Final = "bare"

_UNTOUCHABLE_IMAGE = re.compile(r"\.(?:svg|svgz|ico)\Z", re.IGNORECASE)


def is_transformable(path: str) -> bool:
    """Whether Ghost makes other sizes of this image: not of vectors and icons."""
    return not _UNTOUCHABLE_IMAGE.search(path)


def _never(_: str) -> bool:
    return False


def _always(_: str) -> bool:
    return True


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _test(value: object, default: Callable[[str], bool]) -> Callable[[str], bool]:
    if value is None:
        return default
    if callable(value):
        return lambda argument: bool(value(argument))
    return _always if value else _never


@dataclass(frozen=True, slots=True)
class Options:
    """One rendering's settings.

    ``target`` is what is rendered for; ``image_widths`` are the widths (px) at which the site
    offers its images, ascending, empty when it offers none; ``default_max_width`` (px) is what
    larger images are shrunk to, 0 for never; ``features`` holds the names of switched-on features.
    """

    target: str = WEB
    site_url: str = ""
    site_uuid: str = ""
    image_base_url: str = ""
    image_widths: tuple[float, ...] = ()
    default_max_width: float = 0
    can_transform_image: Callable[[str], bool] = _never
    can_transform_image_to_format: Callable[[str], bool] = _never
    features: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def read(cls, target: str, options: Mapping[str, object] | None) -> Self:
        """Read Ghost's options (``siteUrl``, ``imageOptimization``, ``canTransformImage``, …).

        The target ``bare`` is Ghost's rendering without any options, so it reads none. Where the
        two callables are absent, the site's usual rules stand for them: JSON cannot carry them.
        """
        if target == BARE or not options:
            return cls(target=target)
        optimization = options.get("imageOptimization")
        if not isinstance(optimization, Mapping):
            optimization = {}
        sizes = optimization.get("contentImageSizes")
        widths: tuple[float, ...] = ()
        if isinstance(sizes, Mapping) and optimization.get("srcsets") is not False:
            found = (size.get("width") for size in sizes.values() if isinstance(size, Mapping))
            widths = tuple(sorted(js.to_number(width) for width in found if js.is_number(width)))
        max_width = optimization.get("defaultMaxWidth")
        features = options.get("feature")
        return cls(
            target=target,
            site_url=_text(options.get("siteUrl")),
            site_uuid=_text(options.get("siteUuid")),
            image_base_url=_text(options.get("imageBaseUrl")),
            image_widths=widths,
            default_max_width=js.to_number(max_width) if js.is_number(max_width) else 0,
            can_transform_image=_test(options.get("canTransformImage"), is_transformable),
            can_transform_image_to_format=_test(options.get("canTransformImageToFormat"), _always),
            features=frozenset(name for name, on in features.items() if on)
            if isinstance(features, Mapping)
            else frozenset(),
        )
