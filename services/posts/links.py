"""A post's links to its authors, tags and tiers, changed by difference."""

from collections.abc import Sequence
from typing import Any


def rearrange(links: list[Any], wanted: Sequence[int], link: type[Any], key: str) -> None:
    """Change a post's links by difference so that they lead to `wanted`, in that order."""
    places = {identifier: place for place, identifier in enumerate(dict.fromkeys(wanted))}
    for present in list(links):
        place = places.pop(getattr(present, key), None)
        if place is None:
            links.remove(present)
        elif present.position != place:
            present.position = place
    links += (link(**{key: identifier}, position=place) for identifier, place in places.items())
