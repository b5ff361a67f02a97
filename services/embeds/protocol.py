"""What a look-up of a link takes and gives: the answers that Ghost's editor understands.

Source of the shapes: Ghost's `/oembed/` endpoint and https://oembed.com.
"""

from typing import Any, Literal, Protocol

from infrastructure.errors import PersonError

LookUpKind = Literal["embed", "bookmark", "mention"]


class NoEmbedError(PersonError):
    """A link cannot be shown as anything; the sentence says why."""

    status = 422


class EmbedService(Protocol):
    """Looks up what links can be shown as."""

    async def look_up(self, url: str, kind: LookUpKind | None = None) -> dict[str, Any]:
        """Look up a link.

        Args:
            url: an http or https address, as a person pasted it.
            kind: `embed` for a frame alone, `bookmark` or `mention` for a card alone; None: a frame
                where there is one, else a card.

        Returns:
            For a card `{"type": "bookmark", "url", "version", "metadata": {"url", "title",
            "description", "author", "publisher", "thumbnail", "icon"}}`, texts or None. For a frame
            an oEmbed object with `html` that is fit to be shown, its `type`, and what else the
            site told of it (`title`, `author_name`, `provider_name`, `thumbnail_url`, `width`,
            `height`).

        Raises:
            NoEmbedError: the page cannot be had, or does not offer what was asked for.
        """


class NullEmbedService:
    """`EmbedService` of an app that shows none."""

    async def look_up(self, url: str, kind: LookUpKind | None = None) -> dict[str, Any]:  # noqa: ARG002 - the Protocol's
        """Refuse."""
        message = "This site looks up no links."
        raise NoEmbedError(message)
