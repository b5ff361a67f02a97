"""Which surrogate tags a change of which column touches, for every model.

| tag | carried by |
|---|---|
| `post:<id>` | the full page of a post, and whatever else shows its text |
| `card:<id>` | whatever shows a post's title, address, excerpt, picture, date, authors or tags |
| `place:<id>` | whatever shows what comes before and after a post in the listing of all posts |
| `list:home`, `list:tag:<id>`, `list:author:<id>` | listings: which posts, in what order |
| `tag:<id>`, `author:<id>`, `tier:<id>` | whatever shows it by name, picture or description |
| `posts`, `tags`, `authors` | what depends on any of them: the sitemap, the search |
| `tag-groups`, `newsletters` | whatever shows the reader's filter, or the newsletters |
| `menus` | whatever shows a menu, which is every page |
| `site` | whatever shows the site's settings |
| `outbox`, `followers` | the pages of the site's actor in the fediverse |
| `addresses` | answers that say "nothing here" or "look there"; they carry it by themselves |

Nothing here queries: what only the database knows is named (`Linked`, `Adjacent`) and asked for
inside the transaction by `infrastructure.page_cache.purging`.
"""

from collections.abc import Iterator
from typing import Final

from infrastructure.page_cache.touches import Adjacent, Linked, Wanted, touches, touches_nothing
from models.account import AccountCode, AccountGrant, AccountKey, AccountSignIn, AccountUser
from models.bulk import BulkChange, BulkItem
from models.calendar import AttachedEntry, Calendar, CalendarEntry, CalendarSlot
from models.cart import Cart, CartLine
from models.columns import Described
from models.content import (
    Author,
    Newsletter,
    OldSlug,
    Post,
    PostAuthor,
    PostTag,
    PostTier,
    Tag,
    TagGroup,
    TagGroupMember,
    Tier,
)
from models.detachment import FormerGhostId, GhostDetachment
from models.editing import Revision, WorkingCopy
from models.federation import Activity, FederatedPost, Follower
from models.inbox import GhostWebhook
from models.market import Marketplace, Product
from models.media import MediaFile
from models.members import Label, Member, MemberTier
from models.navigation import Menu, MenuNode, MenuTarget, MenuVersion
from models.people import (
    AuditEntry,
    Invitation,
    OneTimeLink,
    Person,
    PersonTier,
    Redirect,
    Session,
)
from models.site import SiteSetting, SyncRun, WebhookRegistration
from models.snippets import Snippet, SnippetUse

# Of rows that may mirror Ghost's: kept for us, seen by nobody.
_KEPT_FOR_US: Final = frozenset({"ghost_id", "ghost_digest", "extra", "created_at"})

_DESCRIPTION: Final = frozenset(Described.__annotations__)


def _is_shown(post: Post) -> bool:
    """Whether readers can see the post anywhere."""
    return post.status in {"published", "sent"} and post.deleted_at is None


def _is_listed(post: Post) -> bool:
    return post.status == "published" and not post.is_page and post.deleted_at is None


def _text_of_post(post: Post) -> Iterator[str]:
    if _is_shown(post):
        yield from (f"post:{post.id}", "posts")


def _card_of_post(post: Post) -> Iterator[str]:
    if _is_shown(post):
        yield from (f"post:{post.id}", f"card:{post.id}", "posts")


def _address_of_post(post: Post) -> Iterator[str]:
    if _is_shown(post):
        yield "addresses"


def _listings_of_post(post: Post) -> Iterator[str | Wanted]:
    if _is_listed(post):
        yield "list:home"
        yield Linked("list:tag:", PostTag.post_id, post.id, PostTag.tag_id)
        yield Linked("list:author:", PostAuthor.post_id, post.id, PostAuthor.author_id)
        yield f"place:{post.id}"
        # While a post is listed, its listing time is the time of its publication.
        yield Adjacent("place:", (Post.listed_at, Post.id), (post.published_at, post.id))


def _menus_with_post(post: Post) -> Iterator[Wanted]:
    yield Linked("menus", MenuTarget.post_id, post.id)


_STANDING: Final = ("status", "is_page", "deleted_at")

touches(Post, _menus_with_post, columns=("status", "deleted_at", "slug", "title", "visibility"))

touches(
    Post,
    _card_of_post,
    columns=(
        *_STANDING,
        "slug",
        "title",
        "visibility",
        "featured",
        "published_at",
        "excerpt",
        "custom_excerpt",
        "reading_minutes",
        "feature_image",
        "feature_image_alt",
    ),
)
touches(Post, _address_of_post, columns=(*_STANDING, "slug"))
touches(Post, _listings_of_post, columns=(*_STANDING, "published_at"))
touches(
    Post,
    _text_of_post,
    columns=(
        *_DESCRIPTION,
        "uuid",
        "html",
        "plaintext",
        "teaser_html",
        "teaser_text",
        "feature_image_caption",
        "show_title_and_feature_image",
        "custom_template",
        "locale",
        "updated_at",
    ),
)
touches_nothing(
    Post,
    columns=(
        *_KEPT_FOR_US,
        "id",
        "lexical",
        "mobiledoc",
        "comment_id",
        "frontmatter",
        "email_subject",
        "email_only",
        "email_segment",
        "email",
        "newsletter_id",
        "row_version",
        "listed_at",
        "search",
    ),
)


def _post_of_link(link: PostTag | PostAuthor | PostTier) -> Iterator[str]:
    yield from (f"post:{link.post_id}", f"card:{link.post_id}", "posts")


def _tag_of_post(link: PostTag) -> Iterator[str]:
    yield from _post_of_link(link)
    yield f"list:tag:{link.tag_id}"


def _author_of_post(link: PostAuthor) -> Iterator[str]:
    yield from _post_of_link(link)
    yield f"list:author:{link.author_id}"


touches(PostTag, _tag_of_post, columns=("post_id", "tag_id", "position"))
touches_nothing(PostTag, columns=("listed_at",))
touches(PostAuthor, _author_of_post, columns=("post_id", "author_id", "position"))
touches_nothing(PostAuthor, columns=("listed_at",))
touches(PostTier, _post_of_link, columns=("post_id", "tier_id", "position"))


def _menus_with_gated_post(link: PostTier) -> Iterator[Wanted]:
    yield Linked("menus", MenuTarget.post_id, link.post_id)


touches(PostTier, _menus_with_gated_post, columns=("post_id", "tier_id"))


def _tag(tag: Tag) -> Iterator[str]:
    yield from (f"tag:{tag.id}", "tags")


def _author(author: Author) -> Iterator[str]:
    yield from (f"author:{author.id}", "authors")


def _posts_of_tag(tag: Tag) -> Iterator[Wanted]:
    # Of a tag that was hidden, no page says that it would show it.
    yield Linked("post:", PostTag.tag_id, tag.id, PostTag.post_id)
    yield Linked("card:", PostTag.tag_id, tag.id, PostTag.post_id)


def _posts_of_author(author: Author) -> Iterator[Wanted]:
    yield Linked("post:", PostAuthor.author_id, author.id, PostAuthor.post_id)
    yield Linked("card:", PostAuthor.author_id, author.id, PostAuthor.post_id)


def _filter_of_tag(tag: Tag) -> Iterator[Wanted]:
    yield Linked("tag-groups", TagGroupMember.tag_id, tag.id)


def _menus_with_tag(tag: Tag) -> Iterator[Wanted]:
    yield Linked("menus", MenuTarget.tag_id, tag.id)


def _addresses(_: object) -> Iterator[str]:
    yield "addresses"


touches(
    Tag,
    _tag,
    columns=(
        *_DESCRIPTION,
        "slug",
        "name",
        "description",
        "feature_image",
        "visibility",
        "accent_color",
        "deleted_at",
        "updated_at",
    ),
)
touches(Tag, _posts_of_tag, columns=("visibility", "deleted_at"))
touches(Tag, _filter_of_tag, columns=("slug", "name", "accent_color", "visibility", "deleted_at"))
touches(Tag, _menus_with_tag, columns=("slug", "name", "visibility", "deleted_at"))
touches(Tag, _addresses, columns=("slug", "visibility", "deleted_at"))
touches_nothing(Tag, columns=(*_KEPT_FOR_US, "id"))

touches(
    Author,
    _author,
    columns=(
        "slug",
        "name",
        "profile_image",
        "cover_image",
        "bio",
        "website",
        "location",
        "social",
        "meta_title",
        "meta_description",
        "deleted_at",
        "updated_at",
    ),
)
touches(Author, _posts_of_author, columns=("deleted_at",))
touches(Author, _addresses, columns=("slug", "deleted_at"))
touches_nothing(Author, columns=(*_KEPT_FOR_US, "id", "email", "status", "roles"))


def _tag_groups(_: object) -> Iterator[str]:
    yield "tag-groups"


touches(TagGroup, _tag_groups, columns=("slug", "name", "description", "position"))
touches(TagGroup, _addresses, columns=("slug",))
touches_nothing(TagGroup, columns=("id",))
touches(TagGroupMember, _tag_groups, columns=("group_id", "tag_id", "position"))


def _tier(tier: Tier) -> Iterator[str]:
    yield from (f"tier:{tier.id}", "tiers")


touches(
    Tier,
    _tier,
    columns=(
        "slug",
        "name",
        "description",
        "active",
        "type",
        "visibility",
        "welcome_page_url",
        "trial_days",
        "currency",
        "monthly_price",
        "yearly_price",
        "benefits",
        "deleted_at",
    ),
)
touches_nothing(Tier, columns=(*_KEPT_FOR_US, "id", "updated_at"))


def _newsletters(_: object) -> Iterator[str]:
    yield "newsletters"


touches(
    Newsletter,
    _newsletters,
    columns=("slug", "name", "description", "status", "visibility", "sort_order", "deleted_at"),
)
touches_nothing(Newsletter, columns=(*_KEPT_FOR_US, "id", "uuid", "updated_at"))

touches(OldSlug, _addresses, columns=("kind", "slug", "object_id"))


def _site(_: object) -> Iterator[str]:
    yield "site"


touches(SiteSetting, _site, columns=("key", "value"))
touches_nothing(SiteSetting, columns=("updated_at",))

for _of_the_mirror in (SyncRun, GhostWebhook, WebhookRegistration):
    touches_nothing(_of_the_mirror)

# What a member may read beyond the teaser is rendered for them alone and kept nowhere.
for _of_members in (Member, MemberTier, Label):
    touches_nothing(_of_members)


def _menus(_: object) -> Iterator[str]:
    yield "menus"


# Readers see what is published; the tree that editors work on is theirs alone.
touches(Menu, _menus, columns=("name", "follows_ghost", "published_number"))
touches_nothing(Menu, columns=("id", "title", "version", "before", "updated_at"))
for _behind in (MenuNode, MenuVersion, MenuTarget):
    touches_nothing(_behind)


# What hangs on containers reaches readers as fragments, which are fresh for a fixed time.
for _model in (
    Calendar,
    CalendarEntry,
    CalendarSlot,
    AttachedEntry,
    Marketplace,
    Product,
    Cart,
    CartLine,
):
    touches_nothing(_model)


def _outbox(_: object) -> Iterator[str]:
    yield "outbox"


touches(Activity, _outbox, columns=("type", "document"))
touches_nothing(Activity, columns=("id", "uuid", "post_id", "delivery", "created_at"))
touches_nothing(FederatedPost)


def _followers(_: object) -> Iterator[str]:
    yield "followers"


touches(Follower, _followers, columns=("actor", "ended_at"))
touches_nothing(Follower, columns=("id", "inbox", "shared_inbox", "followed_at"))
# A redirect answers where otherwise there is nothing; readers see no person.
touches(Redirect, _addresses, columns=("source", "target", "is_permanent", "is_pattern"))
touches_nothing(Redirect, columns=("id", "created_at"))

# A snippet reaches readers in the posts that use it.
for _of_the_desk in (BulkChange, BulkItem, Snippet, SnippetUse):
    touches_nothing(_of_the_desk)

for _unseen in (Person, PersonTier, Session, OneTimeLink, Invitation, AuditEntry):
    touches_nothing(_unseen)

for _account_apps in (AccountUser, AccountSignIn, AccountCode, AccountGrant, AccountKey):
    touches_nothing(_account_apps)
# A path of ours leads to the same bytes for good, and pages name nothing but paths and sizes.
touches_nothing(MediaFile)
# What is being written is seen by nobody until the post itself changes.
for _in_writing in (WorkingCopy, Revision):
    touches_nothing(_in_writing)

# Who leaves a Ghost purges everything once at the end.
for _of_leaving in (GhostDetachment, FormerGhostId):
    touches_nothing(_of_leaving)
