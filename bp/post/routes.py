"""The page of one post or page."""

from msgspec.structs import replace
from quart import Blueprint, Response, redirect
from sqlalchemy.ext.asyncio import AsyncConnection
from werkzeug.wrappers import Response as Redirect

from bp import head
from bp.guard import current_viewer
from bp.pages import chrome, render, shows_cards, shows_names
from bp.pieces import beside
from bp.post.article import article
from infrastructure.access import access
from infrastructure.errors import NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import public, surrogate_tags, viewer_may_differ
from services.accounts.policy import may_read
from services.posts import reader
from services.posts.rows import PostDocument

blueprint = Blueprint("post", __name__)

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@blueprint.get("/<slug>/")
@access("public")
@public()
async def post(slug: str) -> Response | Redirect:
    """Show a post or page; of one that is not public, what anyone may read."""
    around = await chrome()
    async with base_app().database.read() as connection:
        document = await reader.post(connection, slug)
        if document is None:
            now = await reader.moved_to(connection, "post", slug)
            if now is None:
                raise NotFoundError
            return redirect(f"/{now}/", 301)
        surrogate_tags(f"post:{document.id}", f"place:{document.id}")
        shows_names(document.authors, document.tags)
        shows_cards(it for it in (document.newer, document.older) if it is not None)
        if document.is_gated:
            viewer_may_differ()
            document = await _unlocked(connection, document)
    text = article(document.html)
    return render(
        "post/page.html" if document.is_page else "post/post.html",
        around,
        head.for_post(around, document),
        post=document,
        article=text,
        sidebar=await beside(document.id, document.slug),
        has_cards="kg-" in text,
        is_right_to_left=(document.locale or "").split("-")[0] in _RIGHT_TO_LEFT,
    )


async def _unlocked(connection: AsyncConnection, document: PostDocument) -> PostDocument:
    """Return the document with its whole text where the viewer may read that.

    Only a request that brings somebody's session comes here as anybody: what is rendered for
    everybody brings no cookie, so its viewer is nobody known.
    """
    viewer = await current_viewer()
    if not viewer.is_signed_in:
        return document
    gate = await reader.gate(connection, document.id)
    if gate is None or not may_read(viewer, gate.visibility, gate.tier_ids):
        return document
    return replace(document, html=gate.html, is_unlocked=True)
