"""What was changed on the desk is told with the values before and after."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from infrastructure.database import UnitOfWork
from models.content import Author, Tag, TagGroup
from models.people import Person, Redirect
from services.accounts import people, sign_in
from services.accounts.people import Change
from services.accounts.viewer import Role, Viewer
from services.audit.log import Actor, Entry, entries
from services.desk import authors, tags
from services.navigation import editing, publishing
from services.navigation.editing import Seen
from services.redirects import redirects
from services.redirects.redirects import Wanted
from services.site import writer
from tests.services.navigation.conftest import heading

_ADA = Actor("Ada")
_OWNER = Viewer(role=Role.OWNER, person_id=999)


@pytest.fixture
async def work(session: AsyncSession) -> UnitOfWork:
    """A transaction that is rolled back."""
    # The first entry of a menu is told by its id.
    await session.execute(text("ALTER SEQUENCE menu_nodes_id_seq RESTART"))
    return UnitOfWork(session)


async def _entries(work: UnitOfWork) -> list[Entry]:
    await work.session.flush()
    return (await entries(await work.session.connection()))[0]


def _tag(**more: Any) -> dict[str, Any]:
    return {it.name: None for it in tags.FIELDS} | {"name": "Bread", "slug": "bread"} | more


def _group(**more: Any) -> dict[str, Any]:
    return {"name": "Food", "slug": "food", "description": None, "tags": "bread cake"} | more


def _author(**more: Any) -> dict[str, Any]:
    return {it.name: None for it in authors.FIELDS} | {"name": "Eve", "slug": "eve"} | more


@dataclass
class Site:
    """What every change here is made to; its ids."""

    bread: int
    cake: int
    food: int
    drink: int
    eve: int
    person: int
    redirect: int


async def _site(work: UnitOfWork) -> Site:
    bread, cake = Tag(slug="bread", name="Bread"), Tag(slug="cake", name="Cake")
    eve, person = Author(slug="eve", name="Eve"), Person(email="eve@example.org", role="editor")
    redirect = Redirect(source="/old/", target="/new/", is_permanent=True, is_pattern=False)
    work.session.add_all([bread, cake, eve, person, redirect])
    await work.session.flush()
    await tags.save_group(work, _ADA, None, _group())
    await tags.save_group(work, _ADA, None, _group(name="Drink", slug="drink", tags=""))
    groups = {it.slug: it.id for it in await work.session.scalars(select(TagGroup))}
    await writer.save(work, _ADA, {"title": "Old"})
    await publishing.make(work, _ADA, "foot", "Foot")
    await editing.add(work, _ADA, Seen("foot", 1), heading("One"), parent_id=None)
    return Site(bread.id, cake.id, groups["food"], groups["drink"], eve.id, person.id, redirect.id)


def _moved(source: str, target: str) -> Wanted:
    return Wanted(source, target, is_permanent=True)


_Change = Callable[[UnitOfWork, Site], Awaitable[object]]

_CASES: dict[str, tuple[_Change, dict[str, Any] | None, dict[str, Any] | None]] = {
    "site.edit": (
        lambda work, _: writer.save(work, _ADA, {"title": "New", "description": "Told"}),
        {"title": "Old", "description": None},
        {"title": "New", "description": "Told"},
    ),
    "people.edit": (
        lambda work, site: people.change(
            work, _OWNER, _ADA, site.person, Change(role=Role.READER, is_suspended=True)
        ),
        {"role": "editor", "is_suspended": False},
        {"role": "reader", "is_suspended": True},
    ),
    "people.make-administrator": (
        lambda work, _: people.make_administrator(work, _ADA, "eve@example.org"),
        {"role": "editor", "is_suspended": False},
        {"role": "owner", "is_suspended": False},
    ),
    "own-account.rename": (
        lambda work, site: sign_in.rename(work, _ADA, site.person, "Evi"),
        {"name": ""},
        {"name": "Evi"},
    ),
    "tag.add": (
        lambda work, _: tags.save_tag(work, _ADA, None, _tag(name="Rye", slug="rye")),
        None,
        {"name": "Rye", "slug": "rye"},
    ),
    "tag.edit": (
        lambda work, site: tags.save_tag(work, _ADA, site.bread, _tag(description="Baked")),
        {"description": None},
        {"description": "Baked"},
    ),
    "tag.remove": (
        lambda work, site: tags.remove_tags(work, _ADA, [site.bread]),
        {"name": "Bread", "slug": "bread"},
        None,
    ),
    "tag.merge": (
        lambda work, site: tags.merge_tags(work, _ADA, [site.bread], "cake"),
        {"name": "Bread", "slug": "bread"},
        {"into": "Cake"},
    ),
    "tag-group.add": (
        lambda work, _: tags.save_group(work, _ADA, None, _group(name="Other", slug="other")),
        None,
        {"name": "Other", "slug": "other", "tags": ["bread", "cake"]},
    ),
    "tag-group.edit": (
        lambda work, site: tags.save_group(
            work, _ADA, site.food, _group(name="Meals", tags="cake bread")
        ),
        {"name": "Food", "tags": ["bread", "cake"]},
        {"name": "Meals", "tags": ["cake", "bread"]},
    ),
    "tag-group.move": (
        lambda work, site: tags.move_group(work, _ADA, site.drink, up=True),
        {"place": 2},
        {"place": 1},
    ),
    "tag-group.remove": (
        lambda work, site: tags.remove_group(work, _ADA, site.food),
        {"name": "Food", "slug": "food", "description": None, "tags": ["bread", "cake"]},
        None,
    ),
    "author.edit": (
        lambda work, site: authors.save_author(work, _ADA, site.eve, _author(name="Evi")),
        {"name": "Eve"},
        {"name": "Evi"},
    ),
    "redirects.add": (
        lambda work, _: redirects.save(work, _ADA, [_moved("/old/", "/newer/")], "add"),
        {"/old/": "/new/"},
        {"/old/": "/newer/"},
    ),
    "redirects.import": (
        lambda work, _: redirects.save(
            work, _ADA, [_moved("/old/", "/newer/"), _moved("/b/", "/c/")], "import"
        ),
        {"/old/": "/new/"},
        {"/old/": "/newer/", "/b/": "/c/"},
    ),
    "redirects.remove": (
        lambda work, site: redirects.remove(work, _ADA, [site.redirect]),
        {"/old/": "/new/"},
        None,
    ),
    "menu.make": (
        lambda work, _: publishing.make(work, _ADA, "side", "Side"),
        None,
        {"name": "side", "title": "Side", "version": 1},
    ),
    "menu.add": (
        lambda work, _: editing.add(work, _ADA, Seen("foot", 2), heading("Two"), parent_id=None),
        {"under the menu": [1], "2": None, "version": 2},
        {
            "under the menu": [1, 2],
            "2": {"kind": "heading", "label": "Two", "audience": "everyone"},
            "version": 3,
        },
    ),
    "menu.edit": (
        lambda work, _: editing.edit(
            work, _ADA, Seen("foot", 2), 1, heading("Uno"), parent_id=None
        ),
        {"1": {"kind": "heading", "label": "One", "audience": "everyone"}, "version": 2},
        {"1": {"kind": "heading", "label": "Uno", "audience": "everyone"}, "version": 3},
    ),
    "menu.retitle": (
        lambda work, _: publishing.retitle(work, _ADA, Seen("foot", 2), "Feet"),
        {"title": "Foot", "version": 2},
        {"title": "Feet", "version": 3},
    ),
    "menu.publish": (
        lambda work, _: publishing.publish(work, _ADA, Seen("foot", 2)),
        {"published_number": None, "version": 2},
        {"published_number": 1, "version": 3},
    ),
    "menu.delete": (
        lambda work, _: publishing.delete_menu(work, _ADA, Seen("foot", 2)),
        {"name": "foot", "title": "Foot", "version": 2},
        None,
    ),
}


@pytest.mark.parametrize("action", _CASES)
async def test_a_change_is_told_with_what_was_and_what_is(work: UnitOfWork, action: str) -> None:
    change, before, after = _CASES[action]
    await change(work, await _site(work))
    entry = (await _entries(work))[0]
    assert (entry.action, entry.actor) == (action, "Ada")
    assert entry.before == before
    # What other editors of a menu are told is a sentence beside the values.
    told = {name: value for name, value in (entry.after or {}).items() if name != "said"}
    assert told == (after or {})


async def test_a_change_of_nothing_is_not_told(work: UnitOfWork) -> None:
    site = await _site(work)
    count = len(await _entries(work))
    await writer.save(work, _ADA, {"title": "Old"})
    await people.change(work, _OWNER, _ADA, site.person, Change(role=Role.EDITOR))
    assert len(await _entries(work)) == count
