"""Random histories of a site: one edit after the other, as editors would make them, from a seed."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from tests.ghost_replay.records import WORDS
from tests.ghost_replay.site import GhostSite, Kind

Step = Callable[[GhostSite, random.Random], None]
_FAR: Final = datetime(2040, 1, 1, 8, tzinfo=UTC)


def _any_document(site: GhostSite, dice: random.Random) -> str:
    ids = [*site.ids("posts"), *site.ids("pages")]
    return dice.choice(ids) if ids else site.create("posts", title="The first")


def _words(dice: random.Random, count: int) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(count))


def _create(site: GhostSite, dice: random.Random) -> None:
    status = dice.choice(("draft", "published"))
    tags = [_words(dice, 1) for _ in range(dice.randint(0, 2))]
    kind: Kind = "pages" if dice.random() < 0.2 else "posts"
    title, text = _words(dice, 3), f"{_words(dice, 9)}\n\n{_words(dice, 9)}"
    site.create(kind, title=title, text=text, status=status, tags=tags)


def _edit(site: GhostSite, dice: random.Random) -> None:
    site.edit(_any_document(site, dice), title=_words(dice, 3), text=_words(dice, 12))


def _set_tags(site: GhostSite, dice: random.Random) -> None:
    site.set_tags(_any_document(site, dice), [_words(dice, 1), "#kept"][: dice.randint(0, 2)])


def _set_authors(site: GhostSite, dice: random.Random) -> None:
    slugs = [user["slug"] for user in site.users.values()]
    site.edit(_any_document(site, dice), authors=dice.sample(slugs, dice.randint(1, 2)))


def _create_tag(site: GhostSite, dice: random.Random) -> None:
    site.create_tag(_words(dice, 1))


def _delete_tag(site: GhostSite, dice: random.Random) -> None:
    if site.tags:
        site.delete_tag(dice.choice(list(site.tags)))


def _edit_tag(site: GhostSite, dice: random.Random) -> None:
    if site.tags:
        site.edit_tag(dice.choice(list(site.tags)), description=_words(dice, 4))


# Each with how often it happens among the others.
STEPS: Final[dict[str, tuple[int, Step]]] = {
    "create": (4, _create),
    "edit": (6, _edit),
    "publish": (3, lambda site, dice: site.publish(_any_document(site, dice))),
    "unpublish": (2, lambda site, dice: site.unpublish(_any_document(site, dice))),
    "schedule": (1, lambda site, dice: site.schedule(_any_document(site, dice), _FAR)),
    "tags": (3, _set_tags),
    "authors": (1, _set_authors),
    "slug": (2, lambda site, dice: site.rename(_any_document(site, dice), _words(dice, 2))),
    "delete": (2, lambda site, dice: site.delete(_any_document(site, dice))),
    "tag added": (1, _create_tag),
    "tag edited": (1, _edit_tag),
    "tag deleted": (1, _delete_tag),
}


def random_step(site: GhostSite, dice: random.Random) -> str:
    """Make one random edit and return its name, for the record of a failing history."""
    names = list(STEPS)
    (name,) = dice.choices(names, [STEPS[key][0] for key in names])
    STEPS[name][1](site, dice)
    return name
