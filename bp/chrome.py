"""What surrounds the content of a reader's page: the site, its filter, the times in its zone."""

from datetime import datetime

from msgspec import Struct

from bp.navigation import Drawing
from services.posts.rows import TagGroupRow
from services.site.reader import Site


class Chrome(Struct, frozen=True):
    """The site as a page of it shows it; `path` is the page's own, `site_url` has no slash.

    `menu` and `footer` are what everybody sees of both menus.
    """

    site: Site
    groups: tuple[TagGroupRow, ...]
    menu: Drawing
    footer: Drawing
    site_url: str
    path: str

    def local(self, time: datetime) -> datetime:
        """Return an instant in the site's zone."""
        return time.astimezone(self.site.zone)

    def absolute(self, url: str) -> str:
        """Return an address with its origin."""
        return f"{self.site_url}{url}" if url.startswith("/") and url[1:2] != "/" else url
