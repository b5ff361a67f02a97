"""The listings: home, tag, author and topic; each takes a cursor and answers htmx with cards."""

from typing import Any

from quart import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from bp import head
from bp.chrome import Chrome
from bp.head import Head
from bp.pages import chrome, is_htmx, render, render_part, shows_cards
from bp.pieces import under_cards
from bp.social import profiles
from infrastructure.access import access
from infrastructure.errors import NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import public, surrogate_tags
from services.posts import reader
from services.posts.rows import Listing

blueprint = Blueprint("blog", __name__)


def _after() -> str | None:
    """Return the cursor that the reader came with."""
    return request.args.get("after")


async def _listing(
    around: Chrome, of_page: Head, listing: Listing, template: str, **context: Any
) -> Response:
    """Answer with a listing: the whole page, or for htmx its cards alone."""
    shows_cards(listing.cards)
    context["dates"] = await under_cards(card.id for card in listing.cards)
    if is_htmx():
        response = render_part("blog/_cards.html", around, listing=listing, **context)
    else:
        is_first = _after() is None
        response = render(template, around, of_page, listing=listing, is_first=is_first, **context)
    response.vary.add("HX-Request")
    return response


@blueprint.get("/")
@access("public")
@public(query=("after",), fragment_of_htmx=True)
async def home() -> Response:
    """List all posts."""
    surrogate_tags("list:home")
    around = await chrome()
    async with base_app().database.read() as connection:
        listing = await reader.home(connection, _after())
    return await _listing(
        around, head.for_home(around, listing, _after()), listing, "blog/home.html"
    )


@blueprint.get("/tag/<slug>/")
@access("public")
@public(query=("after",), fragment_of_htmx=True)
async def tag(slug: str) -> Response | Redirect:
    """List the posts of a public tag."""
    around = await chrome()
    async with base_app().database.read() as connection:
        found = await reader.tag(connection, slug)
        if found is None:
            return await moved(connection, "tag", slug)
        surrogate_tags(f"tag:{found.id}", f"list:tag:{found.id}")
        listing = await reader.tagged(connection, found.id, _after())
    of_page = head.for_tag(around, found, listing, _after())
    return await _listing(around, of_page, listing, "blog/tag.html", tag=found)


@blueprint.get("/author/<slug>/")
@access("public")
@public(query=("after",), fragment_of_htmx=True)
async def author(slug: str) -> Response | Redirect:
    """List the posts of an author."""
    around = await chrome()
    async with base_app().database.read() as connection:
        found = await reader.author(connection, slug)
        if found is None:
            return await moved(connection, "author", slug)
        surrogate_tags(f"author:{found.id}", f"list:author:{found.id}")
        listing = await reader.written_by(connection, found.id, _after())
    of_page = head.for_author(around, found, listing, _after())
    context = {"author": found, "author_places": profiles(found.social)}
    return await _listing(around, of_page, listing, "blog/author.html", **context)


@blueprint.get("/topics/<slug>/")
@access("public")
@public(query=("after",), fragment_of_htmx=True)
async def topic(slug: str) -> Response:
    """List the posts of all tags of a tag group."""
    around = await chrome()
    group = next((group for group in around.groups if group.slug == slug), None)
    if group is None:
        raise NotFoundError
    surrogate_tags(*(f"list:tag:{tag.id}" for tag in group.tags))
    tag_ids = tuple(tag.id for tag in group.tags)
    async with base_app().database.read() as connection:
        listing = await reader.in_group(connection, tag_ids, _after())
    of_page = head.for_topic(around, group, listing, _after())
    return await _listing(around, of_page, listing, "blog/topic.html", group=group)


@blueprint.get("/search/")
@access("public")
@public(query=("q",), fragment_of_htmx=True)
async def search() -> Response:
    """Find posts by words."""
    surrogate_tags("posts")
    words = " ".join(request.args.get("q", "").replace("\0", "").split())[:200]
    around = await chrome()
    async with base_app().database.read() as connection:
        listing, passages = (
            await reader.search(connection, words) if words else (Listing((), None), {})
        )
    of_page = head.for_search(around, words)
    return await _listing(
        around, of_page, listing, "blog/search.html", words=words, passages=passages
    )


async def moved(connection: Any, kind: str, slug: str, rest: str = "") -> Redirect:
    """Lead to where an old slug's object is now; `rest` is what follows the slug in the path.

    Raises:
        NotFoundError: nothing public ever had this slug.
    """
    now = await reader.moved_to(connection, kind, slug)
    if now is None:
        raise NotFoundError
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(f"/{kind}/{now}/{rest}{query}", 301)
