"""Addresses of the profiles whose handles Ghost keeps for a site and for its authors."""

from collections.abc import Mapping

from msgspec import Struct

# Ghost keeps some handles with a leading @ and some without
# (https://docs.ghost.org/themes/contexts/, `@tryghost/social-urls`).
_NETWORKS = {
    "facebook": ("Facebook", "https://www.facebook.com/{}", ""),
    "twitter": ("X", "https://x.com/{}", ""),
    "threads": ("Threads", "https://www.threads.net/{}", "@"),
    "bluesky": ("Bluesky", "https://bsky.app/profile/{}", ""),
    "mastodon": ("Mastodon", "https://{}", None),
    "tiktok": ("TikTok", "https://www.tiktok.com/{}", "@"),
    "youtube": ("YouTube", "https://www.youtube.com/{}", None),
    "instagram": ("Instagram", "https://www.instagram.com/{}", ""),
    "linkedin": ("LinkedIn", "https://www.linkedin.com/{}", None),
}


class Profile(Struct, frozen=True):
    """A place elsewhere where the site or an author can be followed."""

    network: str
    label: str
    url: str


def profiles(handles: Mapping[str, str]) -> tuple[Profile, ...]:
    """Return the profiles behind handles by network, in a fixed order, of networks known here."""
    found: list[Profile] = []
    for network, (label, pattern, at) in _NETWORKS.items():
        handle = handles.get(network)
        if not handle:
            continue
        if handle.startswith(("https://", "http://")):
            found.append(Profile(network, label, handle))
            continue
        plain = handle if at is None else at + handle.lstrip("@")
        found.append(Profile(network, label, pattern.format(plain.lstrip("/"))))
    return tuple(found)
