"""What the arguments of routes lead to, for every test that walks the URL map.

Whoever adds a route tells it here, or the build breaks:

- An argument in its path (`<int:thing_id>`) needs something that it leads to: a function with
  `@leads_to("thing_id")` that plants one and returns what stands in the address; or, where nothing
  need be there, a line in `PLAIN`. An argument that means something else on one route alone is
  declared as `"endpoint thing_id"`.
- A route that changes an object needs what it is sent in `SENT`, so that those who may do it are
  seen to do it. An empty form is sent otherwise.
- A route whose own action is about no object, but which asks about one as well, is named in `ASKS`.
- A GET that shows nothing in a fresh app is named in `EMPTY`, with the reason.

What is planted is the viewer's own or a stranger's, published or a draft, as `Place` says; its
`word` stands in its title and text, and is looked for in the answers to those who may not see it.
"""

import itertools
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from quart import Quart
from sqlalchemy.ext.asyncio import AsyncSession

from infrastructure.access import action_of
from infrastructure.database import UnitOfWork
from models.bulk import BulkChange
from models.content import Author, Post, PostAuthor, Tag
from models.people import Invitation, Person
from models.snippets import Snippet, SnippetUse
from services.accounts.policy import Target
from services.accounts.tokens import digest, new_token
from services.editor import copies

# The word that every planted title begins with: what searches look for.
COMMON: Final = "Heather"

STRANGER: Final = "zqxstranger@example.org"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Place:
    """Where something is planted: whose it is, and whether readers see it."""

    person_id: int
    author_id: int
    target: Target

    @property
    def word(self) -> str:
        """What stands in what is planted here, and nowhere else."""
        whose = "mine" if self.target.is_own else "theirs"
        return f"zqx{whose}{'published' if self.target.is_published else 'draft'}"


Planter = Callable[[AsyncSession, Place], Awaitable[Any]]
PLANTERS: Final[dict[str, Planter]] = {}


def leads_to(*names: str) -> Callable[[Planter], Planter]:
    """Declare what arguments of these names lead to."""

    def declare(planter: Planter) -> Planter:
        PLANTERS.update(dict.fromkeys(names, planter))
        return planter

    return declare


# Arguments that need nothing planted.
PLAIN: Final[dict[str, str]] = {
    "slug": "nothing-of-this-name",
    "token": "no-token",
    "menus name": "main",
    "editor.upload kind": "image",
    "fragments.fragment kind": "nav-tree",
    "blog.sitemap_part kind": "posts",
    "number": "1",
    "media.content folder": "images",
    "media.content name": "2026/11/none.png",
    "federation uuid": "3b0c1f5e-58a4-4d5c-9d0b-0f6ff3c3a1de",
    "generation": "1",
    "event": "post.published",
    "writing version": "1",
}

# What else a route asks the policy, about the object that its arguments lead to.
ASKS: Final[dict[str, str]] = {
    "admin.copy_post": "post.see",
    "writing.show_preview": "post.see",
}

# Pages that show nothing here, and why; of a changing route: why nobody gets it done here.
EMPTY: Final[dict[str, str]] = {"editor.look_up_embed": "it needs an address to look up"}


def lexical(word: str) -> str:
    """Return a document with one paragraph."""
    text = {"type": "extended-text", "version": 1, "text": word, "detail": 0, "format": 0,
            "mode": "normal", "style": ""}  # fmt: skip
    around = {"direction": "ltr", "format": "", "indent": 0, "version": 1}
    paragraph = {"type": "paragraph", "children": [text], **around}
    return json.dumps({"root": {"type": "root", "children": [paragraph], **around}})


async def plant_post(session: AsyncSession, place: Place) -> Post:
    """Plant a post."""
    post = Post(
        uuid=uuid4(),
        slug=f"{place.word}-{next(_numbers)}",
        title=f"{COMMON} {place.word}",
        status="published" if place.target.is_published else "draft",
        published_at=datetime.now(UTC) - timedelta(days=1) if place.target.is_published else None,
        updated_at=datetime.now(UTC),
        lexical=lexical(place.word),
        html=f"<p>{place.word}</p>",
        plaintext=place.word,
    )
    session.add(post)
    await session.flush()
    session.add(PostAuthor(post_id=post.id, author_id=place.author_id, position=0))
    return post


@leads_to("post_id")
async def _post(session: AsyncSession, place: Place) -> int:
    return (await plant_post(session, place)).id


@leads_to("writing post_id")
async def _open_post(session: AsyncSession, place: Place) -> int:
    """Plant a post that was opened in the editor: it has a working copy, and a first revision."""
    post = await plant_post(session, place)
    await copies.hold(UnitOfWork(session), post.id)
    return post.id


@leads_to("writing uuid")
async def _uuid(session: AsyncSession, place: Place) -> UUID:
    return (await plant_post(session, place)).uuid


@leads_to("tag_id")
async def _tag(session: AsyncSession, _place: Place) -> int:
    tag = Tag(slug=f"tag-{next(_numbers)}", name="A tag")
    session.add(tag)
    await session.flush()
    return tag.id


@leads_to("author_id")
async def _author(session: AsyncSession, _place: Place) -> int:
    return (await plant_author(session)).id


async def plant_author(session: AsyncSession) -> Author:
    """Plant an author."""
    author = Author(slug=f"author-{next(_numbers)}", name="An author")
    session.add(author)
    await session.flush()
    return author


@leads_to("person_id")
async def _person(session: AsyncSession, _place: Place) -> int:
    person = Person(email=f"person-{next(_numbers)}@example.org")
    session.add(person)
    await session.flush()
    return person.id


@leads_to("auth.invitation token", "auth.accept_invitation token")
async def _invitation(session: AsyncSession, _place: Place) -> str:
    token = new_token()
    session.add(
        Invitation(
            email=f"guest-{next(_numbers)}@example.org",
            role="author",
            token_hash=digest(token),
            expires_at=datetime.now(UTC) + timedelta(days=1),
        )
    )
    return token


@leads_to("bulk_id")
async def _bulk_change(session: AsyncSession, place: Place) -> int:
    change = BulkChange(
        person_id=place.person_id, actor="Me", action="feature", is_page=False, value={}
    )
    session.add(change)
    await session.flush()
    return change.id


@leads_to("snippet_id")
async def _snippet(session: AsyncSession, place: Place) -> int:
    return await _plant_snippet(session, place)


@leads_to("snippets.restore snippet_id")
async def _deleted_snippet(session: AsyncSession, place: Place) -> int:
    return await _plant_snippet(session, place, deleted_at=datetime.now(UTC))


def snippet_value(word: str) -> str:
    """Return what a snippet inserts: one paragraph."""
    nodes = json.loads(lexical(word))["root"]["children"]
    return json.dumps({"namespace": "KoenigEditor", "nodes": nodes})


async def _plant_snippet(session: AsyncSession, place: Place, **more: Any) -> int:
    """Plant a snippet; a published one is used by a post of the same person's that readers see."""
    snippet = Snippet(
        uuid=uuid4(),
        person_id=place.person_id,
        name=f"{COMMON} snippet",
        value=snippet_value(place.word),
        digest=b"",
        **more,
    )
    session.add(snippet)
    if place.target.is_published:
        post = await plant_post(session, place)
        session.add(SnippetUse(post_id=post.id, snippet=snippet.uuid, digest=b""))
    await session.flush()
    return snippet.id


@dataclass(frozen=True)
class Json:
    """A body of JSON."""

    value: Any


@dataclass(frozen=True)
class Raw:
    """A body of bytes, with what is asked for in the query."""

    body: bytes
    query: str


Body = dict[str, Any] | Json | Raw

# By endpoint: what is sent, made anew for each request from the arguments in its path.
SENT: Final[dict[str, Callable[[dict[str, Any]], Body]]] = {
    "editor.upload": lambda _: Raw(b"%PDF-1.4 nothing", "name=a.pdf"),
    "features.change": lambda _: {"do": "calendar-on", "name": "Dates"},
    "writing.save_copy": lambda _: Json(
        {"base": 1, "client": str(uuid4()), "seq": 1, "fields": {"title": COMMON}}
    ),
    "writing.update_post": lambda _: Json({"copy_version": 1}),
    "writing.publish_post": lambda _: Json({"copy_version": 1}),
    "writing.discard_copy": lambda _: Json({"copy_version": 1}),
    "writing.be_present": lambda _: Json({"client": str(uuid4())}),
    "snippets.set_content": lambda _: Json({"version": 1, "value": snippet_value("Another")}),
    "snippets.change": lambda _: {"name": "Another name"},
    "admin.add_tag": lambda _: {"name": f"A tag {next(_numbers)}"},
    "admin.add_author": lambda _: {"name": f"An author {next(_numbers)}"},
    "admin.change_tag": lambda it: {"name": "Another name", "slug": f"tag-{it['tag_id']}-new"},
    "admin.add_person": lambda _: {"email": f"new-{next(_numbers)}@example.org", "role": "reader"},
    "admin.save_settings": lambda _: {"title": "Another title", "timezone": "Etc/UTC"},
}


_ARGUMENT: Final = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """A rule of the URL map with one of its methods."""

    rule: str
    method: str
    endpoint: str
    action: str

    @property
    def arguments(self) -> list[str]:
        """The names of its arguments."""
        return _ARGUMENT.findall(self.rule)

    @property
    def changes(self) -> bool:
        """Whether calling it may change something."""
        return self.method != "GET"

    def declared(self, argument: str) -> Planter | str | None:
        """Return what one of its arguments leads to."""
        blueprint = self.endpoint.partition(".")[0]
        for name in (f"{self.endpoint} {argument}", f"{blueprint} {argument}", argument):
            if found := PLANTERS.get(name) or PLAIN.get(name):
                return found
        return None

    async def planted(self, session: AsyncSession, place: Place) -> dict[str, Any]:
        """Plant what its arguments lead to, and return their values."""
        values: dict[str, Any] = {}
        for name in self.arguments:
            found = self.declared(name)
            assert found is not None, undeclared([self])
            values[name] = found if isinstance(found, str) else await found(session, place)
        return values

    def path(self, values: dict[str, Any]) -> str:
        """Return its path with values for its arguments."""
        return _ARGUMENT.sub(lambda it: str(values[it[1]]), self.rule)


def routes(app: Quart) -> Iterator[Route]:
    """Give every route of an app but its static files."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.rpartition(".")[2] == "static":
            continue
        action = action_of(app.view_functions[rule.endpoint])
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield Route(rule.rule, method, rule.endpoint, action or "")


def undeclared(found: list[Route]) -> list[str]:
    """Return a sentence for each argument that nothing is declared for."""
    return [
        f"tests/bp/objects.py has to say what <{name}> of {route.rule} ({route.endpoint}) leads to"
        for route in found
        for name in route.arguments
        if route.declared(name) is None
    ]
