"""Who sees a card: Ghost's visibility settings, in their three historical shapes.

On the web, Ghost marks what is not for everyone with a pair of comments (a *gated block*), from
which whoever serves the page decides per reader. What no one sees on the web is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final, NamedTuple

from lexical import javascript as js

EVERYONE: Final = "status:free,status:-free"
NO_ONE: Final = ""


class WebVisibility(NamedTuple):
    """Who sees a card on the web: visitors who are no members, and which members."""

    non_member: object
    member_segment: object


FOR_ALL: Final = WebVisibility(non_member=True, member_segment=EVERYONE)


def web_visibility(setting: object) -> WebVisibility:
    """Read a card's ``visibility``, of whatever age.

    The oldest shape is ``{emailOnly, segment}``, the next ``{showOnWeb, showOnEmail, segment}``,
    the current one ``{web: {nonMember, memberSegment}, email: {memberSegment}}``. A current one
    that lacks a part counts as none, as in Ghost.
    """
    if not isinstance(setting, Mapping):
        return FOR_ALL
    web, email = setting.get("web"), setting.get("email")
    if (
        isinstance(web, Mapping)
        and isinstance(email, Mapping)
        and "nonMember" in web
        and web.get("memberSegment") is not None
        and email.get("memberSegment") is not None
    ):
        return WebVisibility(web["nonMember"], web["memberSegment"])
    email_only = setting.get("emailOnly")
    if email_only is not None:
        hidden = js.truthy(email_only)
        return WebVisibility(not hidden, NO_ONE if hidden else EVERYONE)
    shown = setting.get("showOnWeb")
    if shown is not None:
        return WebVisibility(shown, EVERYONE if js.truthy(shown) else NO_ONE)
    return FOR_ALL


def gate(html: str, setting: object) -> str:
    """A card's HTML as its visibility lets it appear on the web."""
    non_member, segment = web_visibility(setting)
    if non_member is True and segment == EVERYONE:
        return html
    if non_member is False and segment == NO_ONE:
        return ""
    # The two values stand in a comment, where nothing may end it early.
    who = escape(js.to_string(non_member), quote=False)
    members = escape(js.to_string(segment), quote=False)
    return (
        f'\n<!--kg-gated-block:begin nonMember:{who} memberSegment:"{members}" -->'
        f"{html}<!--kg-gated-block:end-->\n"
    )
