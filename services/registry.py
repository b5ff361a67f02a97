"""Which service stands for each domain of the platform: one typed attribute each.

A domain that is not registered is its Null twin, so every app starts alone. That each class keeps
its contract is proven where it is assigned here, by the type checker.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from infrastructure.database import Database
from services.blog.null import NullBlogService
from services.blog.sql import SqlBlogService
from services.calendar.null import NullCalendarService
from services.calendar.sql import SqlCalendarService
from services.cart.null import NullCartService
from services.cart.sql import SqlCartService
from services.content_store.native import NativeContentStore
from services.content_store.null import NullContentStore
from services.content_store.protocol import ContentStore
from services.contracts.blog import BlogService
from services.contracts.calendar import CalendarService
from services.contracts.cart import CartService
from services.contracts.federation import FederationService
from services.contracts.market import MarketService
from services.embeds.protocol import EmbedService, NullEmbedService
from services.federation.null import NullFederationService
from services.federation.reflection import reflect_on_commit
from services.federation.sql import SqlFederationService
from services.market.null import NullMarketService
from services.market.sql import SqlMarketService
from services.media.receiving import NullUploads, Uploads
from services.snippets.uses import note_uses_on_commit

DOMAINS: Final = frozenset({"blog", "calendar", "market", "cart", "federation"})


@dataclass(frozen=True, slots=True)
class Editing:
    """What editors work with: where posts go, where uploads go, who looks up links."""

    content: ContentStore = field(default_factory=NativeContentStore)
    uploads: Uploads = field(default_factory=NullUploads)
    embeds: EmbedService = field(default_factory=NullEmbedService)


@dataclass(frozen=True, slots=True)
class Services:
    """The platform's domains, as an app asks them; each its Null twin unless registered."""

    blog: BlogService = field(default_factory=NullBlogService)
    calendar: CalendarService = field(default_factory=NullCalendarService)
    market: MarketService = field(default_factory=NullMarketService)
    cart: CartService = field(default_factory=NullCartService)
    federation: FederationService = field(default_factory=NullFederationService)
    content: ContentStore = field(default_factory=NullContentStore)
    uploads: Uploads = field(default_factory=NullUploads)
    embeds: EmbedService = field(default_factory=NullEmbedService)


def register_domain_services(
    database: Database,
    site_url: str,
    domains: Collection[str] = DOMAINS,
    *,
    editing: Editing | None = None,
) -> Services:
    """Give an app the domains that it works with, on the platform's database.

    With `federation`, every unit of work of the database tells what it changed of posts; with
    `blog`, it notes which snippets they use.

    Args:
        database: the app's.
        site_url: the blog's public address, without a closing slash.
        domains: of `DOMAINS`; the others are Null twins.
        editing: what editors work with; None: posts are saved in our own tables, and nothing is
            uploaded or looked up.

    Raises:
        ValueError: there is no such domain.
    """
    if unknown := set(domains) - DOMAINS:
        message = f"there is no domain {', '.join(sorted(unknown))}"
        raise ValueError(message)
    absent = Services()
    editing = editing or Editing()
    federation: FederationService = absent.federation
    if "federation" in domains:
        federation = SqlFederationService(site_url)
        reflect_on_commit(database, federation, site_url)
    if "blog" in domains:
        note_uses_on_commit(database)
    return Services(
        blog=SqlBlogService() if "blog" in domains else absent.blog,
        calendar=SqlCalendarService() if "calendar" in domains else absent.calendar,
        market=SqlMarketService() if "market" in domains else absent.market,
        cart=SqlCartService() if "cart" in domains else absent.cart,
        federation=federation,
        content=editing.content if "blog" in domains else absent.content,
        uploads=editing.uploads,
        embeds=editing.embeds,
    )
