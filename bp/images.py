"""Pictures in templates: their smaller copies, at the addresses that Ghost gives them.

`/content/images/2026/11/x.jpg` has copies under `/content/images/size/w600/2026/11/x.jpg` and so
on; a picture that lies elsewhere has none. Who makes the copies is not known here.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup

# What Ghost's own editor asks for; listings need the smallest too.
GHOST_WIDTHS = (300, 600, 1000, 1600)
# Ours beside these: a face or a thumbnail, and the width of most phones in their pixels.
WIDTHS = (160, 300, 600, 750, 1000, 1600)

_OWN = re.compile(r"(/content/images/)(?!size/)(.+\.(?:jpe?g|png|webp|avif))", re.IGNORECASE)


class Pictures:
    """Knows whose pictures have copies: those of this site and of its Ghost."""

    def __init__(self, own: str, *others: str | None) -> None:
        """Take the addresses, without a closing slash, whose `/content/images/` has copies.

        Args:
            own: this site's, which makes copies of every width and as AVIF.
            others: a Ghost's, which makes those of its own widths.
        """
        self._own = own
        self._others = tuple(origin for origin in others if origin and origin != own)
        # The same pictures stand in many listings.
        self.picture = lru_cache(maxsize=4096)(self._picture)

    def sized(self, url: str, width: int) -> str:
        """Return the address of the copy `width` pixels wide; of a foreign picture, its own."""
        return self._copy(url, f"w{width}")

    def _picture(self, url: str, sizes: str, **attributes: str | int | None) -> Markup:
        """Return an image that every screen fetches in the size and format that suit it.

        Args:
            url: the picture; one that lies elsewhere is shown as it is.
            sizes: how wide it is shown, as the HTML attribute has it.
            attributes: more of the `<img>`; None leaves one out.
        """
        more = Markup("").join(
            Markup(' {}="{}"').format(name, value)
            for name, value in attributes.items()
            if value is not None
        )
        if self.sized(url, 300) == url:
            return Markup('<img src="{}"{}>').format(url, more)
        is_ours = not url.startswith(self._others)
        image = Markup('<img src="{}" srcset="{}" sizes="{}"{}>').format(
            self.sized(url, 1000),
            self._srcset(url, "w{}", WIDTHS if is_ours else GHOST_WIDTHS),
            sizes,
            more,
        )
        if not is_ours:
            return image
        return Markup(
            '<picture><source type="image/avif" srcset="{}" sizes="{}">{}</picture>'
        ).format(self._srcset(url, "w{}/format/avif", WIDTHS), sizes, image)

    def _srcset(self, url: str, form: str, widths: Iterable[int]) -> str:
        return ", ".join(f"{self._copy(url, form.format(width))} {width}w" for width in widths)

    def _copy(self, url: str, form: str) -> str:
        origin = next((it for it in (self._own, *self._others) if url.startswith(f"{it}/")), "")
        match = _OWN.fullmatch(url.removeprefix(origin))
        return f"{origin}{match[1]}size/{form}/{match[2]}" if match else url
