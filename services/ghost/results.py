"""What Ghost's APIs give, as types: every field of Ghost 5 and 6 as seen in their answers.

Only shapes; reading and writing JSON is left to ``services.ghost.decoding``, fetching to
``services.ghost.client``. Fields that only some answers have are None when they are absent
(``given`` tells the difference). Lists keep Ghost's order, which means something: the first author
and the first public tag are the primary ones.

Source: the answers of Ghost 5.130 and 6.65, Admin and Content API.
"""

from datetime import datetime
from typing import Any

import msgspec

from services.ghost.decoding import GhostObject


class GhostRole(GhostObject, frozen=True, kw_only=True):
    """A role of a staff user: Owner, Administrator, Editor, Author, Contributor …"""

    id: str
    name: str
    description: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class GhostUser(GhostObject, frozen=True, kw_only=True):
    """A staff user, and so an author. The Content API leaves out e-mail, status and times."""

    id: str
    name: str | None = None
    slug: str | None = None
    email: str | None = None
    profile_image: str | None = None
    cover_image: str | None = None
    bio: str | None = None
    website: str | None = None
    location: str | None = None
    facebook: str | None = None
    twitter: str | None = None
    threads: str | None = None
    bluesky: str | None = None
    mastodon: str | None = None
    tiktok: str | None = None
    youtube: str | None = None
    instagram: str | None = None
    linkedin: str | None = None
    accessibility: str | None = None
    status: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    tour: Any = None
    last_seen: datetime | None = None
    comment_notifications: bool | None = None
    free_member_signup_notification: bool | None = None
    paid_subscription_started_notification: bool | None = None
    paid_subscription_canceled_notification: bool | None = None
    mention_notifications: bool | None = None
    recommendation_notifications: bool | None = None
    milestone_notifications: bool | None = None
    donation_notifications: bool | None = None
    gift_subscription_notifications: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    roles: tuple[GhostRole, ...] | None = None
    permissions: list[Any] | None = None
    count: dict[str, Any] | None = None
    url: str | None = None


class GhostTag(GhostObject, frozen=True, kw_only=True):
    """A tag; an internal one has ``visibility`` ``internal`` and a name that begins with ``#``."""

    id: str
    name: str | None = None
    slug: str | None = None
    description: str | None = None
    feature_image: str | None = None
    visibility: str | None = None
    og_image: str | None = None
    og_title: str | None = None
    og_description: str | None = None
    twitter_image: str | None = None
    twitter_title: str | None = None
    twitter_description: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    codeinjection_head: str | None = None
    codeinjection_foot: str | None = None
    canonical_url: str | None = None
    accent_color: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    count: dict[str, Any] | None = None
    url: str | None = None


class GhostTier(GhostObject, frozen=True, kw_only=True):
    """A membership tier. Prices are in the smallest unit of ``currency`` (cents)."""

    id: str
    name: str | None = None
    slug: str | None = None
    description: str | None = None
    active: bool | None = None
    type: str | None = None
    welcome_page_url: str | None = None
    visibility: str | None = None
    benefits: tuple[str, ...] | None = None
    trial_days: int | None = None
    currency: str | None = None
    monthly_price: int | None = None
    yearly_price: int | None = None
    monthly_price_id: str | None = None
    yearly_price_id: str | None = None
    expiry_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class GhostNewsletter(GhostObject, frozen=True, kw_only=True):
    """A newsletter and how its e-mails look."""

    id: str
    uuid: str | None = None
    name: str | None = None
    description: str | None = None
    slug: str | None = None
    status: str | None = None
    visibility: str | None = None
    sender_name: str | None = None
    sender_email: str | None = None
    sender_reply_to: str | None = None
    subscribe_on_signup: bool | None = None
    sort_order: int | None = None
    feedback_enabled: bool | None = None
    header_image: str | None = None
    show_header_icon: bool | None = None
    show_header_title: bool | None = None
    show_header_name: bool | None = None
    show_excerpt: bool | None = None
    show_feature_image: bool | None = None
    show_badge: bool | None = None
    show_post_title_section: bool | None = None
    show_comment_cta: bool | None = None
    show_subscription_details: bool | None = None
    show_latest_posts: bool | None = None
    show_share_button: bool | None = None
    title_font_category: str | None = None
    title_font_weight: str | None = None
    title_alignment: str | None = None
    body_font_category: str | None = None
    footer_content: str | None = None
    background_color: str | None = None
    header_background_color: str | None = None
    post_title_color: str | None = None
    section_title_color: str | None = None
    divider_color: str | None = None
    button_color: str | None = None
    button_corners: str | None = None
    button_style: str | None = None
    link_color: str | None = None
    link_style: str | None = None
    image_corners: str | None = None
    border_color: str | None = None
    title_color: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    count: dict[str, Any] | None = None


class GhostEmail(GhostObject, frozen=True, kw_only=True):
    """The sending of a post as e-mail: how many were sent, delivered, opened."""

    id: str
    post_id: str | None = None
    uuid: str | None = None
    status: str | None = None
    recipient_filter: str | None = None
    error: str | None = None
    error_data: Any = None
    email_count: int | None = None
    csd_email_count: int | None = None
    delivered_count: int | None = None
    opened_count: int | None = None
    failed_count: int | None = None
    subject: str | None = None
    sender: str | None = msgspec.field(default=None, name="from")
    reply_to: str | None = None
    html: str | None = None
    plaintext: str | None = None
    source: str | None = None
    source_type: str | None = None
    track_opens: bool | None = None
    track_clicks: bool | None = None
    feedback_enabled: bool | None = None
    submitted_at: datetime | None = None
    newsletter_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class GhostPost(GhostObject, frozen=True, kw_only=True):
    """A post with its people, tags and tiers.

    ``lexical`` and ``mobiledoc`` are JSON texts; an old post has only the second. ``excerpt`` and
    ``reading_time`` (minutes) are derived by Ghost. ``tiers`` are those that may read: for a public
    post all of them. ``access`` and ``comments`` come only from the Content API, ``status``,
    ``email*`` and ``newsletter`` only from the Admin API.
    """

    id: str
    uuid: str | None = None
    title: str | None = None
    slug: str | None = None
    lexical: str | None = None
    mobiledoc: str | None = None
    html: str | None = None
    plaintext: str | None = None
    comment_id: str | None = None
    feature_image: str | None = None
    feature_image_alt: str | None = None
    feature_image_caption: str | None = None
    featured: bool | None = None
    status: str | None = None
    visibility: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    published_at: datetime | None = None
    custom_excerpt: str | None = None
    excerpt: str | None = None
    reading_time: int | None = None
    codeinjection_head: str | None = None
    codeinjection_foot: str | None = None
    custom_template: str | None = None
    canonical_url: str | None = None
    url: str | None = None
    authors: tuple[GhostUser, ...] | None = None
    primary_author: GhostUser | None = None
    tags: tuple[GhostTag, ...] | None = None
    primary_tag: GhostTag | None = None
    tiers: tuple[GhostTier, ...] | None = None
    og_image: str | None = None
    og_title: str | None = None
    og_description: str | None = None
    twitter_image: str | None = None
    twitter_title: str | None = None
    twitter_description: str | None = None
    meta_title: str | None = None
    meta_description: str | None = None
    frontmatter: str | None = None
    email_subject: str | None = None
    email_segment: str | None = None
    email_only: bool | None = None
    email: GhostEmail | None = None
    newsletter: GhostNewsletter | None = None
    count: dict[str, Any] | None = None
    sentiment: int | None = None
    access: bool | None = None
    comments: bool | None = None
    post_revisions: list[dict[str, Any]] | None = None


class GhostPage(GhostPost, frozen=True, kw_only=True):
    """A page: a post outside of listings and feeds."""

    show_title_and_feature_image: bool | None = None


class GhostListing(GhostObject, frozen=True, kw_only=True):
    """What shows that a post or a page changed, and no more: a hundredth of its size.

    A change of tags, authors or tiers leaves ``updated_at`` as it was, so they are listed as well.
    """

    id: str
    updated_at: datetime | None = None
    status: str | None = None
    visibility: str | None = None
    tag_ids: tuple[str, ...] = ()
    author_ids: tuple[str, ...] = ()
    tier_ids: tuple[str, ...] = ()


class GhostSnippet(GhostObject, frozen=True, kw_only=True):
    """A snippet, which only an export has: Ghost's API gives it to nobody but signed-in staff."""

    id: str
    name: str | None = None
    lexical: str | None = None
    mobiledoc: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class GhostLabel(GhostObject, frozen=True, kw_only=True):
    """A label of members."""

    id: str
    name: str | None = None
    slug: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class GhostSubscription(GhostObject, frozen=True, kw_only=True):
    """What a member pays for; a complimentary one has an empty ``id``."""

    id: str | None = None
    status: str | None = None
    tier: GhostTier | None = None
    customer: dict[str, Any] | None = None
    plan: dict[str, Any] | None = None
    price: dict[str, Any] | None = None
    offer: dict[str, Any] | None = None
    offer_redemptions: list[Any] | None = None
    next_payment: dict[str, Any] | None = None
    start_date: datetime | None = None
    trial_start_at: datetime | None = None
    trial_end_at: datetime | None = None
    current_period_end: datetime | None = None
    cancel_at_period_end: bool | None = None
    cancellation_reason: str | None = None
    default_payment_card_last4: str | None = None


class GhostMember(GhostObject, frozen=True, kw_only=True):
    """A member; ``status`` is ``free``, ``paid`` or ``comped``, ``tiers`` are those open to it."""

    id: str
    uuid: str | None = None
    email: str | None = None
    name: str | None = None
    note: str | None = None
    geolocation: str | None = None
    status: str | None = None
    subscribed: bool | None = None
    comped: bool | None = None
    avatar_image: str | None = None
    email_count: int | None = None
    email_opened_count: int | None = None
    email_open_rate: int | None = None
    enable_comment_notifications: bool | None = None
    enable_updates_and_announcements: bool | None = None
    unsubscribe_url: str | None = None
    can_comment: bool | None = None
    commenting: dict[str, Any] | None = None
    last_seen_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    labels: tuple[GhostLabel, ...] | None = None
    tiers: tuple[GhostTier, ...] | None = None
    newsletters: tuple[GhostNewsletter, ...] | None = None
    subscriptions: tuple[GhostSubscription, ...] | None = None
    current_subscription: dict[str, Any] | None = None
    attribution: dict[str, Any] | None = None
    email_suppression: dict[str, Any] | None = None
    email_recipients: list[Any] | None = None


class GhostSite(GhostObject, frozen=True, kw_only=True):
    """What Ghost tells everybody about itself; ``version`` is like ``6.65``."""

    title: str | None = None
    description: str | None = None
    logo: str | None = None
    icon: str | None = None
    cover_image: str | None = None
    accent_color: str | None = None
    locale: str | None = None
    timezone: str | None = None
    url: str | None = None
    version: str | None = None
    allow_external_signup: bool | None = None
    site_uuid: str | None = None


class GhostInstallation(GhostObject, frozen=True, kw_only=True):
    """How this Ghost is set up (its ``/config/``); ``version`` is like ``6.65.0``."""

    version: str | None = None
    environment: str | None = None
    database: str | None = None
    mail: str | None = None
    labs: dict[str, Any] | None = None
    security: dict[str, Any] | None = None
    mailgun_configured: bool | None = msgspec.field(default=None, name="mailgunIsConfigured")


class GhostWebhook(GhostObject, frozen=True, kw_only=True):
    """A webhook of our integration. Ghost tells it when it is made or edited, and never again."""

    id: str
    event: str
    target_url: str
    name: str | None = None
    secret: str | None = None
    api_version: str | None = None
    integration_id: str | None = None
    last_triggered_at: datetime | None = None
    last_triggered_status: str | None = None
    last_triggered_error: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class GhostAction(GhostObject, frozen=True, kw_only=True):
    """An entry of Ghost's history: who did what (``event``) to which object."""

    id: str
    resource_id: str | None = None
    resource_type: str | None = None
    actor_id: str | None = None
    actor_type: str | None = None
    event: str | None = None
    context: str | None = None
    created_at: datetime | None = None


class GhostUpload(GhostObject, frozen=True, kw_only=True):
    """A stored file; ``ref`` is what the uploader called it, ``thumbnail_url`` only for media."""

    url: str
    ref: str | None = None
    thumbnail_url: str | None = None
