"""What a content store is: the edits it takes, what it answers, what may go wrong.

Everything is ours in here: ids are those of our rows, `version` is the post's `row_version`, which
every change raises, the mirror's as well. Whoever opened version 7 and saves learns by
`StaleSaveError` that the post has become version 8 in the meantime, in either store.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import ConflictError, PersonError
from services.audit.log import Actor
from services.desk.fields import InvalidFieldsError

Status = Literal["draft", "scheduled", "published", "sent"]
Visibility = Literal["public", "members", "paid", "tiers"]

# An existing tag by its id, or one by its name, which is made where there is none of that name.
TagChoice = int | str


class PostEdit(Struct, frozen=True, kw_only=True):
    """All that an editor may change of a post or page: a whole state, not a difference.

    Take that of the opened post (`PostState.edit`) and change it with `msgspec.structs.replace`.

    Attributes:
        lexical: the document as it is to be kept, to the byte; None for a post without a text (or
            with one in Ghost's old format, which then stays as it is).
        slug: empty: made from the title. One that is taken gets a number, as Ghost's.
        published_at: of a published post the time that it shows; otherwise what it will show.
            A scheduled post is moved by `schedule`.
        tier_ids: for visibility `tiers`.
        tags: in order; the first public one is the primary tag.
        author_ids: in order; the first is the primary author. Empty: whoever the store takes for
            an author of its own.
        email_subject: of the newsletter, where it is not the title.
        email_only: publishing sends it and shows it nowhere; needs a newsletter.
    """

    title: str = ""
    lexical: str | None = None
    slug: str = ""
    is_page: bool = False
    published_at: datetime | None = None
    visibility: Visibility = "public"
    tier_ids: tuple[int, ...] = ()
    tags: tuple[TagChoice, ...] = ()
    author_ids: tuple[int, ...] = ()
    featured: bool = False
    feature_image: str | None = None
    feature_image_alt: str | None = None
    feature_image_caption: str | None = None
    show_title_and_feature_image: bool = True
    custom_excerpt: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    og_image: str | None = None
    og_title: str | None = None
    og_description: str | None = None
    twitter_image: str | None = None
    twitter_title: str | None = None
    twitter_description: str | None = None
    canonical_url: str | None = None
    codeinjection_head: str | None = None
    codeinjection_foot: str | None = None
    custom_template: str | None = None
    email_subject: str | None = None
    email_only: bool = False


class Named(Struct, frozen=True):
    """A tag, author, tier or newsletter, as an editor sees it."""

    id: int
    name: str
    slug: str


class PostState(Struct, frozen=True, kw_only=True):
    """A post as it is now, for the editor; `edit` is what may be changed of it.

    Attributes:
        version: to be handed back with the save.
        ghost_id: of a post whose place of record is a Ghost.
        tags: names for `edit.tags`, which are ids here; so `authors` and `tiers`.
        newsletter: by which it was sent, with `email_segment`: to whom.
        email: what Ghost tells of the sending.
        html: as it is shown to those who may read all of it.
    """

    id: int
    version: int
    uuid: str
    ghost_id: str | None
    status: Status
    edit: PostEdit
    tags: tuple[Named, ...]
    authors: tuple[Named, ...]
    tiers: tuple[Named, ...]
    newsletter: Named | None
    email_segment: str | None
    email: dict[str, object] | None
    html: str | None
    excerpt: str
    created_at: datetime
    updated_at: datetime | None

    @property
    def path(self) -> str:
        """Where it is read once it is published."""
        return f"/{self.edit.slug}/"

    @property
    def preview_path(self) -> str:
        """Where it can be previewed."""
        return f"/p/{self.uuid}/"


class SavedPost(Struct, frozen=True, kw_only=True):
    """What a save made of a post.

    Attributes:
        version: for the next save.
        updated_at: the time of the change; Ghost's own for a mirrored post.
        slug: as it was given; a number may have been added to what was asked for.
    """

    id: int
    version: int
    uuid: str
    slug: str
    status: Status
    is_page: bool
    published_at: datetime | None
    updated_at: datetime | None

    @property
    def path(self) -> str:
        """Where it is read once it is published."""
        return f"/{self.slug}/"


class Sending(Struct, frozen=True):
    """That a post is sent as it is published: by which newsletter, and to whom.

    `segment` is `all`, or a filter of members as Ghost's (`status:free`, `label:bakers`).
    """

    newsletter_id: int
    segment: str = "all"


class StaleSaveError(ConflictError):
    """Somebody else changed the post since it was opened; nothing was saved.

    `current` is what it is now; None when it was deleted.
    """

    def __init__(self, current: PostState | None) -> None:
        super().__init__(
            "Somebody else changed this in the meantime; nothing of yours was overwritten or lost."
            if current is not None
            else "Somebody else deleted this in the meantime."
        )
        self.current = current


class InvalidPostError(InvalidFieldsError):
    """Something of an edit cannot be kept: `errors` has a sentence by the name of each field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(errors)
        self.args = (" ".join(errors.values()),)


class RefusedByGhostError(PersonError):
    """Ghost understood and declined; the sentence says why, in Ghost's words where it has some."""

    status = 422


class GhostUnreachableError(PersonError):
    """Ghost gave no usable answer; nothing was saved, and it may be tried again.

    `is_uncertain` says that the request was sent and its answer lost, and that Ghost could not be
    asked what became of it. What it did is mirrored when it answers again.
    """

    status = 503
    retry_after = 10

    def __init__(self, sentence: str, *, is_uncertain: bool = False) -> None:
        super().__init__(sentence)
        self.is_uncertain = is_uncertain


class ContentStore(Protocol):
    """Where posts and pages are kept.

    Each method does one whole thing in the caller's unit of work, writes it into the audit log,
    and tells readers' caches and the fediverse when the transaction commits. `actor` is who does
    it; whether they may is decided before.

    All raise `NotFoundError` for a post that is not there, and where `version` is given and the
    post is another one by now `StaleSaveError`. `create`, `save`, `publish` and `schedule` raise
    `InvalidPostError`. A store with a Ghost behind it raises `RefusedByGhostError` and
    `GhostUnreachableError` from every method; what Ghost has saved stays saved if the caller's
    transaction is rolled back afterwards, and the mirror follows, so do what may fail first.
    """

    @property
    def sends_newsletters(self) -> bool:
        """Whether `publish` and `schedule` take a `Sending`."""

    async def create(self, work: UnitOfWork, actor: Actor, edit: PostEdit) -> SavedPost:
        """Make a draft."""

    async def save(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int, edit: PostEdit
    ) -> SavedPost:
        """Change a post but not its status; saving what is there already changes nothing."""

    async def publish(
        self,
        work: UnitOfWork,
        actor: Actor,
        post_id: int,
        version: int,
        *,
        edit: PostEdit | None = None,
        sending: Sending | None = None,
    ) -> SavedPost:
        """Publish a draft or a scheduled post, with `edit` saved at once.

        The time that it shows is its `published_at` if that is past, else now. With a `sending` it
        goes out by e-mail; such a post that is `email_only` becomes `sent` and is shown nowhere.
        """

    async def schedule(
        self,
        work: UnitOfWork,
        actor: Actor,
        post_id: int,
        version: int,
        at: datetime,
        *,
        edit: PostEdit | None = None,
        sending: Sending | None = None,
    ) -> SavedPost:
        """Let a draft be published at a time to come, or move one that is scheduled."""

    async def unpublish(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int
    ) -> SavedPost:
        """Make a published or scheduled post a draft again."""

    async def delete(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int | None = None
    ) -> None:
        """Delete a post; with no version whatever it has become."""

    async def copy(self, work: UnitOfWork, actor: Actor, post_id: int) -> SavedPost:
        """Make a draft like a post, with a title, an address and ids of its own."""

    async def due(self, connection: AsyncConnection, moment: datetime) -> Sequence[tuple[int, int]]:
        """Return id and version of the scheduled posts that we are to publish by now.

        Those that Ghost publishes are not among them.

        Args:
            connection: where to read.
            moment: the present.
        """
