"""Changing the library: making, renaming, moving, rewriting and deleting snippets.

What posts show of a changed snippet follows after the commit, in `spreading.py`.
"""

from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import func, select, update

from infrastructure.database import UnitOfWork
from infrastructure.errors import ConflictError, InvalidError, NotFoundError
from lexical import snippets
from lexical.tree import NodeJson
from models.snippets import Snippet
from services.accounts.viewer import Viewer
from services.audit.log import Actor, changes, record
from services.desk.fields import InvalidFieldsError
from services.snippets.jobs import ask
from services.snippets.pieces import nodes_of, value_of

LONGEST_NAME: Final = 191
LONGEST_FOLDER: Final = 100
_FIELDS: Final = ("name", "folder", "mode", "visibility")

Fate = Literal["keep", "remove"]


class StaleSnippetError(ConflictError):
    """Somebody else changed the snippet since it was opened; `value` and `version` are theirs."""

    status = 412

    def __init__(self, value: str, version: int) -> None:
        super().__init__("Somebody else changed this snippet in the meantime.")
        self.value = value
        self.version = version


class InUseError(ConflictError):
    """A snippet that posts use is to be deleted, and nobody said what becomes of it there."""

    def __init__(self) -> None:
        super().__init__(
            "Posts use this snippet: say whether what it shows there is to stay or to go."
        )


def _fields(given: dict[str, Any]) -> dict[str, str]:
    """Return the fields of a snippet as they are kept.

    Raises:
        InvalidFieldsError: something cannot be kept.
    """
    values = {it: " ".join(str(given.get(it) or "").replace("\0", "").split()) for it in _FIELDS}
    errors = {}
    if not values["name"]:
        errors["name"] = "A snippet needs a name."
    for name, longest in (("name", LONGEST_NAME), ("folder", LONGEST_FOLDER)):
        if len(values[name]) > longest:
            errors[name] = f"This is too long: {longest} characters are the most."
    if values["mode"] not in {"synced", "detached"}:
        errors["mode"] = "A snippet is synced or detached."
    if values["visibility"] not in {"mine", "everyone"}:
        errors["visibility"] = "A snippet is yours alone or everyone's."
    if errors:
        raise InvalidFieldsError(errors)
    return values


async def create(
    work: UnitOfWork,
    viewer: Viewer,
    actor: Actor,
    value: object,
    *,
    ghost_id: str | None = None,
    **given: str,
) -> Snippet:
    """Make a snippet.

    Args:
        work: the transaction.
        viewer: whose it will be.
        actor: the same, for the audit log.
        value: as Koenig writes it.
        ghost_id: of the snippet of Ghost's that it copies.
        given: `name`, `folder`, `mode` (`synced` unless it says something else), `visibility`
            (`everyone` unless it says something else).

    Raises:
        InvalidFieldsError: the name or another field cannot be kept.
        InvalidError: the value cannot be.
    """
    values = _fields({"mode": "synced", "visibility": "everyone"} | given)
    nodes = await _fresh(work, nodes_of(value), None)
    found = Snippet(person_id=viewer.person_id, ghost_id=ghost_id, **values)
    _write(found, nodes)
    work.session.add(found)
    await work.session.flush()
    record(work, actor, "snippet.add", ("snippet", found.id, found.name), after=values)
    return found


async def change(work: UnitOfWork, actor: Actor, snippet_id: int, given: dict[str, Any]) -> None:
    """Change a snippet's name, folder, mode or visibility.

    Raises:
        InvalidFieldsError: something cannot be kept.
        NotFoundError: there is none with this id.
    """
    found = await _opened(work, snippet_id)
    before = {name: getattr(found, name) for name in _FIELDS}
    values = _fields(before | given)
    for name, value in values.items():
        setattr(found, name, value)
    found.updated_at = func.clock_timestamp()
    await work.session.flush()
    was, now = changes(before, values)
    record(work, actor, "snippet.edit", ("snippet", found.id, found.name), before=was, after=now)
    if before["mode"] == "synced" and values["mode"] == "detached":
        await ask(work, found.id)


async def rename_folder(work: UnitOfWork, viewer: Viewer, actor: Actor, old: str, new: str) -> None:
    """Give a folder another name; one that is there already takes in what lay in the other.

    Raises:
        InvalidError: the name cannot be kept.
    """
    new = " ".join(new.replace("\0", "").split())
    if len(new) > LONGEST_FOLDER:
        message = f"This is too long: {LONGEST_FOLDER} characters are the most."
        raise InvalidError(message)
    is_theirs = (Snippet.visibility == "everyone") | (Snippet.person_id == viewer.person_id)
    await work.session.execute(
        update(Snippet)
        .where(Snippet.folder == old, Snippet.deleted_at.is_(None), is_theirs)
        .values(folder=new, row_version=Snippet.row_version + 1)
        .execution_options(synchronize_session=False)
    )
    record(
        work,
        actor,
        "snippet.folder",
        ("folder", "", old),
        before={"name": old},
        after={"name": new},
    )


async def set_content(
    work: UnitOfWork, actor: Actor, snippet_id: int, version: int, value: object
) -> int:
    """Change what a snippet shows.

    Args:
        work: the transaction.
        actor: who does it.
        snippet_id: which.
        version: the one that was opened.
        value: as Koenig writes it, within the snippet's own markers or without.

    Returns:
        The version that it has now.

    Raises:
        InvalidError: the value cannot be kept, or the snippet would stand within itself.
        NotFoundError: there is none with this id.
        StaleSnippetError: it is another version by now.
    """
    found = await _opened(work, snippet_id)
    if version != found.row_version:
        raise StaleSnippetError(found.value, found.row_version)
    name = str(found.uuid)
    nodes = await _fresh(work, snippets.unwrapped(nodes_of(value), name), found)
    before = found.value
    _write(found, nodes)
    if found.value == before:
        return version
    found.updated_at = func.clock_timestamp()
    await work.session.flush()
    record(work, actor, "snippet.content", ("snippet", found.id, found.name))
    for changed in (found.id, *await _carry_outwards(work, found)):
        await ask(work, changed)
    return found.row_version


async def remove(
    work: UnitOfWork, actor: Actor, snippet_id: int, fate: Fate | None, *, is_used: bool
) -> None:
    """Delete a snippet.

    Args:
        work: the transaction.
        actor: who does it.
        snippet_id: which.
        fate: of what it shows in posts: it stays there as if it had been typed, or goes.
        is_used: whether any use it.

    Raises:
        InUseError: it is used, and no fate was named.
        NotFoundError: there is none with this id.
    """
    found = await _opened(work, snippet_id)
    within = (await work.session.scalars(_containing(found.uuid))).all()
    if found.mode == "synced" and fate is None and (is_used or within):
        raise InUseError
    if fate == "keep":
        found.mode = "detached"
    for outer in within:
        keeps = snippets.detached if fate == "keep" else snippets.removed
        _write(outer, keeps(nodes_of(outer.value), str(found.uuid)))
    found.deleted_at = func.clock_timestamp()
    await work.session.flush()
    about = ("snippet", found.id, found.name)
    record(work, actor, "snippet.remove", about, after={"fate": fate} if fate else None)
    if fate is not None:
        for it in (found, *within):
            await ask(work, it.id)


async def restore(work: UnitOfWork, actor: Actor, snippet_id: int) -> None:
    """Bring a deleted snippet back into the library.

    Raises:
        NotFoundError: it is not deleted.
    """
    found = await work.session.get(Snippet, snippet_id, with_for_update=True)
    if found is None or found.deleted_at is None:
        raise NotFoundError
    found.deleted_at = None
    record(work, actor, "snippet.restore", ("snippet", found.id, found.name))


async def _opened(work: UnitOfWork, snippet_id: int) -> Snippet:
    found = await work.session.get(Snippet, snippet_id, with_for_update=True)
    if found is None or found.deleted_at is not None:
        raise NotFoundError
    return found


def _write(found: Snippet, nodes: list[NodeJson]) -> None:
    found.value = value_of(nodes)
    found.digest = snippets.digest(nodes)
    found.inner = [UUID(it) for it in snippets.inner(nodes)]


def _containing(uuid: UUID) -> Any:
    return (
        select(Snippet)
        .where(Snippet.inner.any_() == uuid, Snippet.deleted_at.is_(None))
        .order_by(Snippet.id)
        .with_for_update()
    )


async def _fresh(work: UnitOfWork, nodes: list[NodeJson], of: Snippet | None) -> list[NodeJson]:
    """Return blocks in which each snippet shows what it shows now.

    Raises:
        InvalidError: a snippet would stand within itself.
    """
    within = [UUID(it) for it in snippets.inner(nodes)]
    if not within:
        return nodes
    found = (
        await work.session.scalars(
            select(Snippet).where(Snippet.uuid.in_(within), Snippet.deleted_at.is_(None))
        )
    ).all()
    if of is not None and any(it.uuid == of.uuid or of.uuid in it.inner for it in found):
        message = f"“{of.name}” cannot stand within itself, not even by way of another snippet."
        raise InvalidError(message)
    known = {it.uuid for it in found if it.mode == "synced"}
    for uuid in within:
        if uuid not in known:
            nodes = snippets.detached(nodes, str(uuid))
    for inner in found:
        if inner.mode == "synced":
            nodes = snippets.replaced(nodes, str(inner.uuid), nodes_of(inner.value))
    return nodes


async def _carry_outwards(work: UnitOfWork, changed: Snippet) -> list[int]:
    """Let the snippets that a changed one stands in show it as it is; return their ids.

    What stands within another, however deep, is named in its `inner`.
    """
    outer = (await work.session.scalars(_containing(changed.uuid))).all()
    nodes = nodes_of(changed.value)
    for it in outer:
        _write(it, snippets.replaced(nodes_of(it.value), str(changed.uuid), nodes))
        it.updated_at = func.clock_timestamp()
    await work.session.flush()
    return [it.id for it in outer]
