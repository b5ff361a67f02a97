"""The lists of posts and pages, what can be done to many of them at once, and copying one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args
from urllib.parse import parse_qsl, urlencode

from quart import Response, request
from sqlalchemy.ext.asyncio import AsyncConnection
from werkzeug.wrappers import Response as Redirect

from bp.admin.blueprint import blueprint
from bp.cursors import decode, encode, words
from bp.domains import services
from bp.guard import actor, current_viewer
from bp.house import go, render_house
from infrastructure.access import access
from infrastructure.errors import ForbiddenError, InvalidError, NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.accounts.viewer import Role, Viewer
from services.bulk import changes
from services.content_store.protocol import GhostUnreachableError, Visibility
from services.desk import posts
from services.desk.choices import author_choices, tag_choices, tier_choices
from services.desk.tags import find_tag

# So long somebody waits for a change of many posts; what is left is a job's.
_SECONDS: Final = 4.0

VISIBILITIES: Final[Mapping[str, str]] = {
    "public": "Everybody",
    "members": "Members",
    "paid": "Paying members",
    "tiers": "Chosen tiers",
}
STATUSES: Final[Mapping[str, str]] = {
    "": "All",
    "draft": "Drafts",
    "scheduled": "Scheduled",
    "published": "Published",
    "sent": "Sent",
    "deleted": "Deleted",
}
SORTS: Final[Mapping[str, str]] = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "changed": "Recently changed",
    "title": "Title",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A list that somebody asked for: what they chose, and what that means."""

    query: dict[str, str]
    filters: posts.Filters | None
    errors: dict[str, str]

    @property
    def sort(self) -> str:
        """In which order."""
        return self.query.get("sort", "newest")

    @property
    def path(self) -> str:
        """Where the list is."""
        return f"{self.base}?{urlencode(self.query)}" if self.query else self.base

    is_page: bool = False

    @property
    def base(self) -> str:
        """Where it is without any choice."""
        return "/admin/pages/" if self.is_page else "/admin/posts/"

    def link(self, **choices: str | None) -> str:
        """Return where the list is with other choices; None takes one away."""
        query = {name: value for name, value in {**self.query, **choices}.items() if value}
        return f"{self.base}?{urlencode(query)}" if query else self.base


async def _asked(
    connection: AsyncConnection, viewer: Viewer, given: Mapping[str, str], *, is_page: bool
) -> Asked:
    """Understand what somebody chose."""
    query: dict[str, str] = {}
    errors: dict[str, str] = {}
    for name, allowed in (
        ("status", STATUSES),
        ("visibility", VISIBILITIES),
        ("sort", SORTS),
        ("mine", {"1"}),
        ("featured", {"1"}),
    ):
        if given.get(name) and given[name] in allowed:
            query[name] = given[name]
    for name in ("words", "tag"):
        if said := words(given.get(name)):
            query[name] = said
    author = given.get("author", "")
    if author.isascii() and author.isdigit() and len(author) < 19:
        query["author"] = author
    tag_id = None
    if "tag" in query:
        tag = await find_tag(connection, query["tag"])
        tag_id = tag.id if tag else 0
        if tag is None:
            errors["tag"] = "There is no tag of this name."
    author_id = int(query["author"]) if "author" in query else None
    if "mine" in query:
        author_id = viewer.author_id or 0
    filters = posts.Filters(
        is_page=is_page,
        status=query.get("status", ""),
        author_id=author_id,
        tag_id=tag_id,
        words=query.get("words", ""),
        visibility=query.get("visibility", ""),
        featured="featured" in query,
    )
    return Asked(query, posts.only_own(viewer, filters), errors, is_page)


@blueprint.get("/posts/")
@private
@access("post.list")
async def list_posts() -> Response:
    """List posts."""
    return await _list(is_page=False)


@blueprint.get("/pages/")
@private
@access("page.edit")
async def list_pages() -> Response:
    """List pages."""
    return await _list(is_page=True)


async def _list(*, is_page: bool, error: str | None = None, query: str | None = None) -> Response:
    viewer = await current_viewer()
    given = request.args if query is None else dict(parse_qsl(query))
    bulk = request.args.get("bulk", type=int)
    async with base_app().database.read() as connection:
        asked = await _asked(connection, viewer, given, is_page=is_page)
        found = posts.PostList((), None, None)
        if asked.filters is not None:
            found = await posts.posts(
                connection,
                asked.filters,
                sort=asked.sort,
                after=decode(given.get("after")),
                before=decode(given.get("before")),
            )
        authors = await author_choices(connection) if viewer.role >= Role.EDITOR else []
        tags = await tag_choices(connection)
        tiers = await tier_choices(connection)
        last = None
        if bulk is not None and 0 < bulk < 2**63:
            last = await changes.progress(connection, viewer, bulk)
    return await render_house(
        "admin/posts.html",
        status=422 if error else 200,
        posts=found.posts,
        asked=asked,
        before=encode(found.before),
        after=encode(found.after),
        authors=authors,
        tags=tags,
        tiers=tiers,
        last=last,
        error=error,
        statuses=_statuses(viewer),
        visibilities=VISIBILITIES,
        sorts=SORTS,
        is_editor=viewer.role >= Role.EDITOR,
        is_author=viewer.role >= Role.AUTHOR,
        most=changes.MOST,
    )


def _statuses(viewer: Viewer) -> dict[str, str]:
    """Return the views of the list that have something for a viewer."""
    if viewer.role < Role.AUTHOR:
        return {"": "Drafts"}
    hidden = set() if viewer.role >= Role.EDITOR else {"deleted"}
    if not services().content.sends_newsletters:
        hidden.add("sent")
    return {status: label for status, label in STATUSES.items() if status not in hidden}


@blueprint.post("/posts/bulk/")
@access("post.list")
async def change_posts() -> Response | Redirect:
    """Change the chosen posts or pages, or all that a list shows."""
    app, viewer, form = base_app(), await current_viewer(), await request.form
    is_page = form.get("kind") == "page"
    query = form.get("query", "")[:2000]
    action = form.get("what", "")
    try:
        async with app.database.read() as connection:
            asked = await _asked(connection, viewer, dict(parse_qsl(query)), is_page=is_page)
            value = await _value(connection, action, form)
            chosen = [it for it in form.getlist("post", type=int) if 0 < it < 2**63]
            if form.get("scope") == "all":
                chosen = []
                if asked.filters is not None:
                    chosen = await posts.matching(connection, asked.filters, changes.MOST + 1)
        async with app.database.unit_of_work() as work:
            bulk_id = await changes.begin(
                work, viewer, actor(viewer), action, chosen, is_page=is_page, value=value
            )
    except InvalidError as error:
        return await _list(is_page=is_page, error=str(error), query=query)
    return await _go_on(viewer, bulk_id, asked.path)


async def _value(
    connection: AsyncConnection, action: str, form: Mapping[str, str]
) -> dict[str, Any]:
    """Return what an action needs beside the posts.

    Raises:
        InvalidError: it was not given.
    """
    match action:
        case "tag" | "untag":
            said = words(form.get("new_tag"))[:191]
            if not said:
                message = "Say which tag."
                raise InvalidError(message)
            found = await find_tag(connection, said)
            if found is None and action == "untag":
                message = f"There is no tag “{said}”."
                raise InvalidError(message)
            return {"tag": found.name if found else said}
        case "visibility":
            visibility = form.get("new_visibility", "")
            if visibility not in get_args(Visibility):
                message = "Say who may read them."
                raise InvalidError(message)
            tier = form.get("new_tier", "")
            tiers = [int(tier)] if visibility == "tiers" and tier.isdigit() else []
            return {"visibility": visibility, "tier_ids": tiers}
        case "author":
            author = form.get("new_author", "")
            if not author.isdigit():
                message = "Say whose they are to be."
                raise InvalidError(message)
            return {"author_ids": [int(author)]}
        case "feature" | "unfeature":
            return {"featured": action == "feature"}
    return {}


async def _go_on(viewer: Viewer, bulk_id: int, back: str) -> Redirect:
    """Do what is left of a change, and lead on to what became of it."""
    app, who = base_app(), actor(viewer)
    page = f"/admin/posts/bulk/{bulk_id}/"
    try:
        is_done = await changes.run(
            app.database, services().content, who, bulk_id, seconds=_SECONDS
        )
    except GhostUnreachableError:
        return go(page)
    if not is_done:
        return go(page)
    async with app.database.read() as connection:
        progress = await changes.progress(connection, viewer, bulk_id)
    if progress.failures:
        return go(page)
    return go(f"{back}{'&' if '?' in back else '?'}bulk={bulk_id}")


@blueprint.get("/posts/bulk/<int:bulk_id>/")
@private
@access("post.list")
async def show_change(bulk_id: int) -> Response:
    """Show what became of a change of many posts."""
    viewer = await current_viewer()
    async with base_app().database.read() as connection:
        progress = await changes.progress(connection, viewer, bulk_id)
    return await render_house("admin/bulk.html", change=progress)


@blueprint.post("/posts/bulk/<int:bulk_id>/")
@access("post.list")
async def go_on_or_back(bulk_id: int) -> Redirect:
    """Take a change back, or go on with one that was interrupted."""
    app, viewer, form = base_app(), await current_viewer(), await request.form
    async with app.database.read() as connection:
        progress = await changes.progress(connection, viewer, bulk_id)
    if form.get("what") == "undo":
        async with app.database.unit_of_work() as work:
            await changes.ask_back(work, viewer, actor(viewer), bulk_id)
    back = "/admin/pages/" if progress.is_page else "/admin/posts/"
    asked = dict(parse_qsl(form.get("query", "")[:2000]))
    return await _go_on(viewer, bulk_id, f"{back}?{urlencode(asked)}" if asked else back)


@blueprint.post("/posts/<int:post_id>/duplicate/")
@access("post.create")
async def copy_post(post_id: int) -> Redirect:
    """Make a draft like a post, and open it.

    Raises:
        NotFoundError: there is no such post.
        ForbiddenError: it is not theirs to see.
    """
    app, viewer = base_app(), await current_viewer()
    async with app.database.read() as connection:
        known = await changes.standings(connection, viewer, [post_id])
    if post_id not in known:
        raise NotFoundError
    if not changes.is_allowed(viewer, "post.see", known[post_id]):
        raise ForbiddenError
    async with app.database.unit_of_work() as work:
        copy = await services().content.copy(work, actor(viewer), post_id)
    return go(f"/admin/posts/{copy.id}/")
