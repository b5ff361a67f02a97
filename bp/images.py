"""Pictures in templates: the addresses of smaller copies, as Ghost names them.

`/content/images/2026/11/x.jpg` has copies under `/content/images/size/w600/2026/11/x.jpg` and so
on; a picture that lies elsewhere has none. Who makes the copies is not known here.
"""

import re

from markupsafe import Markup, escape

# What Ghost's own editor asks for; listings need the smallest too.
WIDTHS = (300, 600, 1000, 1600)

_OWN = re.compile(r"(/content/images/)(?!size/)(.+\.(?:jpe?g|png|webp|avif))", re.IGNORECASE)


class Pictures:
    """Knows whose pictures have copies: those of `origins` and those without an origin."""

    def __init__(self, *origins: str | None) -> None:
        """Take the addresses (without a closing slash) whose `/content/images/` has copies."""
        self._origins = tuple(origin for origin in origins if origin)

    def sized(self, url: str, width: int) -> str:
        """Return the address of the copy `width` pixels wide; of a foreign picture, its own."""
        origin = next((o for o in self._origins if url.startswith(f"{o}/")), "")
        match = _OWN.fullmatch(url.removeprefix(origin))
        return f"{origin}{match[1]}size/w{width}/{match[2]}" if match else url

    def sources(self, url: str, sizes: str) -> Markup:
        """Return the attributes `src`, and for our own pictures `srcset` and `sizes`, of an image.

        Args:
            url: the picture.
            sizes: how wide it is shown, as the HTML attribute has it.
        """
        if self.sized(url, WIDTHS[0]) == url:
            return Markup('src="{}"').format(url)
        copies = ", ".join(f"{self.sized(url, width)} {width}w" for width in WIDTHS)
        return Markup('src="{}" srcset="{}" sizes="{}"').format(
            self.sized(url, 1000), escape(copies), sizes
        )
