"""Looking up links by ourselves: oEmbed where a site has it, what its page says otherwise.

The addresses are strangers', so every request goes through the guarded client. Links to this very
site are answered from the database.
"""

from typing import Any, Final
from urllib.parse import unquote, urlsplit

from infrastructure.database import Database
from infrastructure.http import GuardedClient, GuardedResponse, OutgoingError
from infrastructure.logs import get_logger
from services.embeds.oembed import endpoint_of, read_oembed
from services.embeds.pages import PageMetadata, decoded, read_page
from services.embeds.protocol import LookUpKind, NoEmbedError
from services.posts import reader

log = get_logger(__name__)

_SECONDS: Final = 8.0
_PAGE_BYTES: Final = 4 * 1024 * 1024
_ANSWER_BYTES: Final = 256 * 1024
_HTML: Final = frozenset({"text/html", "application/xhtml+xml", ""})


class OwnEmbedService:
    """`EmbedService` that looks by itself."""

    def __init__(self, client: GuardedClient, database: Database, site_url: str) -> None:
        """Look through `client`; `site_url` is this site's, without a closing slash."""
        self._client = client
        self._database = database
        self._site_url = site_url

    async def look_up(self, url: str, kind: LookUpKind | None = None) -> dict[str, Any]:
        """Ask the site's oEmbed, then its page."""
        url = url.strip()
        if url.startswith(f"{self._site_url}/") and (own := await self._own(url)) is not None:
            return _card(own)
        wants_frame = kind not in {"bookmark", "mention"}
        endpoint = endpoint_of(url) if wants_frame else None
        found = await self._oembed(endpoint, url) if endpoint else None
        if found is not None:
            return found
        page = await self._page(url)
        if wants_frame and endpoint is None and page.oembed is not None:
            found = await self._oembed(page.oembed, url)
            if found is not None:
                return found
        if kind == "embed":
            message = "This page offers nothing that could be shown here; a bookmark can be made."
            raise NoEmbedError(message)
        return _card(page)

    async def _own(self, url: str) -> PageMetadata | None:
        """Describe a published post or page of this site."""
        path = unquote(urlsplit(url.removeprefix(self._site_url)).path).strip("/")
        if not path or "/" in path:
            return None
        async with self._database.read() as connection:
            post = await reader.post(connection, path)
        if post is None:
            return None
        author = post.authors[0].name if post.authors else None
        return PageMetadata(
            url=url,
            title=post.title,
            description=post.custom_excerpt or post.excerpt or None,
            author=author,
            publisher=urlsplit(self._site_url).hostname,
            thumbnail=post.feature_image,
        )

    async def _oembed(self, endpoint: str, url: str) -> dict[str, Any] | None:
        try:
            answer = await self._client.get(
                endpoint,
                headers={"Accept": "application/json"},
                max_bytes=_ANSWER_BYTES,
                total_seconds=_SECONDS,
            )
        except OutgoingError as error:
            log.info("no oEmbed answer", endpoint=endpoint, reason=error.sentence)
            return None
        return read_oembed(answer, url)

    async def _page(self, url: str) -> PageMetadata:
        try:
            answer = await self._client.get(
                url,
                headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"},
                max_bytes=_PAGE_BYTES,
                total_seconds=_SECONDS,
            )
        except OutgoingError as error:
            raise NoEmbedError(error.sentence) from error
        if answer.status >= 400:
            message = f"The site answered with an error ({answer.status}), so there is no preview."
            raise NoEmbedError(message)
        if answer.content_type not in _HTML:
            return _file(answer)
        page = read_page(decoded(answer.body, answer.headers.get("content-type", "")), answer.url)
        if page.title is None:
            message = "This page does not say what it is called, so there is no preview."
            raise NoEmbedError(message)
        return page


def _file(answer: GuardedResponse) -> PageMetadata:
    """Describe what is no page by its name."""
    parts = urlsplit(answer.url)
    name = unquote(parts.path.rpartition("/")[2]) or parts.hostname
    is_picture = answer.content_type.startswith("image/")
    return PageMetadata(
        url=answer.url,
        title=name,
        publisher=parts.hostname,
        thumbnail=answer.url if is_picture else None,
    )


def _card(page: PageMetadata) -> dict[str, Any]:
    return {
        "version": "1.0",
        "type": "bookmark",
        "url": page.url,
        "metadata": {
            "url": page.url,
            "title": page.title,
            "description": page.description,
            "author": page.author,
            "publisher": page.publisher,
            "thumbnail": page.thumbnail,
            "icon": page.icon,
        },
    }
