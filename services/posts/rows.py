"""Finished, typed rows: what a reader's page shows of posts, tags and authors.

They come straight from SQL (see `reader.py`), hold only what may be shown to anyone, and never
change; no row here holds the body of a post that is not public.
"""

from datetime import datetime

from msgspec import Struct

# What Ghost calls the visibilities; all but the first hold something back.
PUBLIC = "public"


class AuthorRef(Struct, frozen=True):
    """An author as a card or a byline shows them."""

    id: int
    slug: str
    name: str
    profile_image: str | None = None

    @property
    def path(self) -> str:
        """Where the author's posts are listed."""
        return f"/author/{self.slug}/"


class TagRef(Struct, frozen=True):
    """A public tag as a card shows it."""

    id: int
    slug: str
    name: str
    accent_color: str | None = None

    @property
    def path(self) -> str:
        """Where the tag's posts are listed."""
        return f"/tag/{self.slug}/"


class PostCard(Struct, frozen=True):
    """A post as a listing shows it."""

    id: int
    slug: str
    title: str
    excerpt: str
    feature_image: str | None
    feature_image_alt: str | None
    published_at: datetime
    updated_at: datetime | None
    reading_minutes: int
    visibility: str
    featured: bool
    authors: tuple[AuthorRef, ...]
    tags: tuple[TagRef, ...]

    @property
    def path(self) -> str:
        """Where the post is read."""
        return f"/{self.slug}/"

    @property
    def is_gated(self) -> bool:
        """Whether something of it is held back from the public."""
        return self.visibility != PUBLIC


class Listing(Struct, frozen=True):
    """One stretch of a listing, newest first.

    `after` is the cursor of the next, older stretch; None where this is the last.
    """

    cards: tuple[PostCard, ...]
    after: str | None


class TagGroupRow(Struct, frozen=True):
    """A tag group with its tags, in order, as the reader's filter shows it."""

    id: int
    slug: str
    name: str
    description: str | None
    tags: tuple[TagRef, ...]

    @property
    def path(self) -> str:
        """Where the posts of all its tags are listed."""
        return f"/topics/{self.slug}/"


class Meta(Struct, frozen=True):
    """What a page says of itself to machines; None where nothing was set by hand."""

    title: str | None = None
    description: str | None = None
    og_image: str | None = None
    og_title: str | None = None
    og_description: str | None = None
    twitter_image: str | None = None
    twitter_title: str | None = None
    twitter_description: str | None = None
    canonical_url: str | None = None
    codeinjection_head: str | None = None
    codeinjection_foot: str | None = None


class TagPage(Struct, frozen=True):
    """A public tag, as the head of its listing shows it."""

    id: int
    slug: str
    name: str
    description: str | None
    feature_image: str | None
    accent_color: str | None
    meta: Meta

    @property
    def path(self) -> str:
        """Where the tag's posts are listed."""
        return f"/tag/{self.slug}/"


class AuthorPage(Struct, frozen=True):
    """An author, as the head of their listing shows them; `social` maps networks to handles."""

    id: int
    slug: str
    name: str
    bio: str | None
    profile_image: str | None
    cover_image: str | None
    website: str | None
    location: str | None
    social: dict[str, str]
    meta: Meta

    @property
    def path(self) -> str:
        """Where the author's posts are listed."""
        return f"/author/{self.slug}/"


class PostDocument(Struct, frozen=True):
    """A post or page with what anyone may read of it.

    `html` is the whole text of a public post and the teaser of any other; with `is_unlocked` it is
    the whole text, for one viewer who may read it.
    """

    id: int
    uuid: str
    is_page: bool
    slug: str
    title: str
    html: str
    excerpt: str
    custom_excerpt: str | None
    reading_minutes: int
    visibility: str
    featured: bool
    published_at: datetime
    updated_at: datetime | None
    feature_image: str | None
    feature_image_alt: str | None
    feature_image_caption: str | None
    show_title_and_feature_image: bool
    custom_template: str | None
    locale: str | None
    meta: Meta
    authors: tuple[AuthorRef, ...]
    tags: tuple[TagRef, ...]
    newer: PostCard | None
    older: PostCard | None
    is_unlocked: bool = False

    @property
    def path(self) -> str:
        """Where it is read."""
        return f"/{self.slug}/"

    @property
    def is_gated(self) -> bool:
        """Whether something of it is held back from the public."""
        return self.visibility != PUBLIC and not self.is_unlocked

    @property
    def primary_tag(self) -> TagRef | None:
        """The first public tag."""
        return self.tags[0] if self.tags else None


class FeedEntry(Struct, frozen=True):
    """A post as a feed carries it; `html` is what anyone may read.

    `guid` is the name by which feed readers know the post: Ghost's own id where it came from Ghost,
    so that nobody gets old posts as new ones when a site changes over.
    """

    card: PostCard
    guid: str
    html: str


class Address(Struct, frozen=True):
    """A page's path and the time of its last change, for the sitemap."""

    path: str
    changed_at: datetime | None
    image: str | None = None
