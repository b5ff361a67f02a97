"""The settings: every knob of the app, read once from the environment or from `.env`.

Each field says what it means where it is declared. A value that is unknown or malformed stops
the start with one sentence (`SettingsError`) that names the setting, what was given and what is
allowed; secrets are never repeated in it.
"""

import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, RedisDsn, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent

SIBLING_APPS = ("account", "cart", "events", "market")
APPS = ("blog", *SIBLING_APPS)

_SECRETS = frozenset(
    {
        "SECRET_KEY",
        "DATABASE_URL",
        "DATABASE_DIRECT_URL",
        "REDIS_URL",
        "GHOST_CONTENT_API_KEY",
        "GHOST_ADMIN_API_KEY",
        "GHOST_WEBHOOK_SECRET",
        "SMTP_URL",
        "ACCOUNT_CLIENT_SECRET",
    }
)


_ADMIN_KEY = re.compile(r"[0-9a-f]{24}:(?:[0-9a-f]{2}){16,}")


class SettingsError(Exception):
    """A setting cannot be used; the message is one sentence for the operator."""


def _origin(value: str) -> str:
    """Return a web address without its closing slash.

    Raises:
        ValueError: it is not an absolute http or https address.
    """
    msg = "an absolute http:// or https:// address without query or fragment"
    try:
        parts = urlsplit(value)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError as error:  # brackets that do not match, a port that is no number
        raise ValueError(msg) from error
    if parts.scheme not in {"http", "https"} or not is_whole or parts.query or parts.fragment:
        raise ValueError(msg)
    return value.rstrip("/")


def _comma_separated(value: object) -> object:
    """Split `a, b` into a tuple; anything that is not text is left to pydantic."""
    if isinstance(value, str):
        return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)
    return value


class Settings(BaseSettings):
    """What an operator can set; see `docs/settings.md` for the same list as a table."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    # Where and how the app runs.
    environment: Literal["development", "test", "production"] = Field(
        "development", description="What kind of place this is."
    )
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="The port to listen on.")
    web_concurrency: int = Field(2, ge=1, le=256, description="How many worker processes serve.")
    server: Literal["hypercorn", "granian"] = Field("hypercorn", description="The ASGI server.")
    site_url: str = Field(
        "",
        description="The public address: absolute links, feeds, federation. "
        "Unset: http://HOST:PORT.",
    )
    secret_key: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Signs sessions and links; a comma-separated list rotates, the first signs.",
    )
    var_folder: Path = Field(ROOT / "var", description="The only folder that the app writes to.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="Log lines: text on a terminal, else JSON; or always one of them."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe log line that is written."
    )
    shutdown_seconds: float = Field(
        10, ge=0, le=600, description="How long a stopping worker lets running requests finish."
    )

    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Further host names that requests may be for, beside SITE_URL's; "
        "comma-separated. Names are only checked where SITE_URL is set.",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="How many proxies stand before the app, each of which adds the address that it "
        "saw to X-Forwarded-For. 0: the header is not believed.",
    )

    rate_limits: bool = Field(
        True,
        description="Whether costly addresses (search, sign-in) are limited per network "
        "address; 0 for load tests alone.",
    )

    run_jobs_in: Literal["web", "work"] = Field(
        "web",
        description="Who runs jobs: the web workers beside their requests, or processes of "
        "`quart work` alone.",
    )
    jobs_at_once: int = Field(
        4, ge=1, le=100, description="How many jobs each worker runs at the same time."
    )

    # People.
    session_days: int = Field(
        30, ge=1, le=365, description="After how many days without use a sign-in ends."
    )
    audit_days: int = Field(
        730, ge=1, description="For how many days entries of the audit log are kept."
    )
    smtp_url: str | None = Field(
        None,
        description="Where mail goes out: smtp://user:password@host:587, or smtps://…. Unset: "
        "development prints mail on the terminal, production refuses to send any.",
    )
    mail_from: str = Field(
        "blog@localhost", description="The sender of mail, e.g. Rose Ash <blog@rose-ash.com>."
    )

    # The data.
    database_url: str | None = Field(
        None, description="PostgreSQL. Unset: an embedded server under var/postgres."
    )
    database_direct_url: str | None = Field(
        None,
        description="PostgreSQL without the pooler, where DATABASE_URL leads to a transaction "
        "pooler (PgBouncer): for LISTEN, advisory locks and migrations.",
    )
    database_pool_size: int = Field(
        10, ge=1, le=500, description="Connections that each worker keeps to the database."
    )
    redis_url: RedisDsn | None = Field(
        None, description="Redis, for pages shared between workers. Unset: no Redis."
    )
    page_cache_bytes: int = Field(
        64 * 1024 * 1024,
        ge=0,
        description="How many bytes of pages each worker keeps; 0 switches the page cache off.",
    )
    media_url: str = Field("", description="Where uploads live: a folder. Unset: var/media.")
    sample_content: bool | None = Field(
        None,
        description="An empty database gets the sample site. "
        "Unset: yes in development when no Ghost is set.",
    )

    # Ghost.
    ghost_api_url: str | None = Field(
        None, description="Ghost. Unset: this app is the place of record."
    )
    ghost_admin_api_url: str | None = Field(
        None, description="Ghost's Admin API, where it differs from GHOST_API_URL."
    )
    ghost_public_url: str | None = Field(
        None, description="Ghost's public address, where it differs from GHOST_API_URL."
    )
    ghost_content_api_key: str | None = Field(None, description="A key of Ghost's Content API.")
    ghost_admin_api_key: str | None = Field(None, description="A key of Ghost's Admin API: id:hex.")
    ghost_webhook_secret: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="The secret of Ghost's webhooks; a comma-separated list rotates."
    )
    ghost_webhook_url: str | None = Field(
        None, description="Where Ghost reaches this app, where that differs from SITE_URL."
    )
    ghost_webhook_days: int = Field(
        30, ge=1, description="For how many days webhooks that were acted upon are remembered."
    )
    ghost_reconcile_seconds: int = Field(
        300, ge=5, description="How often the mirror is compared with Ghost."
    )

    # The sibling apps.
    blog_url: str | None = Field(
        None, description="The blog, for its sibling apps. Unset, and for the blog itself: absent."
    )
    blog_internal_url: str | None = Field(None, description="Where to fetch its fragments.")
    account_url: str | None = Field(None, description="The account app. Unset: it is absent.")
    cart_url: str | None = Field(None, description="The cart app. Unset: it is absent.")
    events_url: str | None = Field(None, description="The events app. Unset: it is absent.")
    market_url: str | None = Field(None, description="The market app. Unset: it is absent.")
    account_internal_url: str | None = Field(None, description="Where to fetch its fragments.")
    cart_internal_url: str | None = Field(None, description="Where to fetch its fragments.")
    events_internal_url: str | None = Field(None, description="Where to fetch its fragments.")
    market_internal_url: str | None = Field(None, description="Where to fetch its fragments.")
    account_clients: Annotated[tuple[str, ...], NoDecode] = Field(
        ("blog=http://127.0.0.1:8000/auth/callback/",),
        description="For the account app: which apps may sign people in through it, as "
        "client_id=redirect address; comma-separated.",
    )
    account_client_id: str = Field(
        "blog", description="As whom the account app knows this one (OAuth 2 client_id)."
    )
    account_client_secret: str | None = Field(
        None,
        description="The secret that goes with it. Unset: a public client, safe by PKCE alone.",
    )
    fragment_budget_ms: int = Field(
        150, ge=1, le=10_000, description="The time all fragments of one page may take together."
    )

    @field_validator(
        "secret_key", "ghost_webhook_secret", "allowed_hosts", "account_clients", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return _comma_separated(value)

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(key) < 16 for key in value):
            msg = "keys of at least 16 characters each, separated by commas"
            raise ValueError(msg)
        return value

    @field_validator(
        "site_url",
        "ghost_api_url",
        "ghost_admin_api_url",
        "ghost_public_url",
        "ghost_webhook_url",
        *(f"{app}_url" for app in APPS),
        *(f"{app}_internal_url" for app in APPS),
    )
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        return _origin(value) if value else value

    @field_validator("database_url", "database_direct_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        # Not pydantic's own check, which refuses the usual form for a Unix socket:
        # postgresql://user@/database?host=/run/postgresql
        if value is None:
            return None
        msg = "an address of the form postgresql://user:password@host:port/database"
        try:
            parts = urlsplit(value)
        except ValueError as error:  # brackets that do not match
            raise ValueError(msg) from error
        if parts.scheme not in {"postgresql", "postgres"} or len(parts.path) < 2:
            raise ValueError(msg)
        # SQLAlchemy knows the one name only.
        return value.replace("postgres://", "postgresql://", 1)

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, value: str | None) -> str | None:
        msg = "an address of the form smtp://user:password@host:587 or smtps://…"
        try:
            parts = urlsplit(value or "smtp://localhost")
        except ValueError as error:  # brackets that do not match
            raise ValueError(msg) from error
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError(msg)
        return value

    @field_validator("ghost_admin_api_key")
    @classmethod
    def _is_admin_key(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not _ADMIN_KEY.fullmatch(value.strip()):
            msg = "an Admin API key as Ghost shows it: 24 hexadecimal digits, a colon and 64 more"
            raise ValueError(msg)
        return value.strip()

    @field_validator("media_url")
    @classmethod
    def _is_media_store(cls, value: str) -> str:
        if "://" in value:
            msg = "a folder (this version keeps uploads in no object store such as s3://…)"
            raise ValueError(msg)
        return value

    @property
    def public_url(self) -> str:
        """The site's public address, without a closing slash."""
        return self.site_url or f"http://{self.host}:{self.port}"

    @property
    def webhook_url(self) -> str:
        """Where Ghost reaches this app, without a closing slash."""
        return self.ghost_webhook_url or self.public_url

    @property
    def with_sample_content(self) -> bool:
        """Whether an empty database gets the sample site."""
        if self.sample_content is not None:
            return self.sample_content
        return self.environment == "development" and self.ghost_api_url is None

    @property
    def media_folder(self) -> Path:
        """The folder of uploads."""
        return Path(self.media_url) if self.media_url else self.var_folder / "media"

    def sibling_url(self, app: str) -> str | None:
        """Return the public address of an app of the platform, or None where it is absent."""
        value: str | None = getattr(self, f"{app}_url")
        return value

    def sibling_internal_url(self, app: str) -> str | None:
        """Return where a sibling's fragments are fetched, or None where it is absent."""
        value: str | None = getattr(self, f"{app}_internal_url")
        return value or self.sibling_url(app)

    def with_secret_key(self) -> Self:
        """Return these settings with a secret key.

        In development and tests a missing key is made once and kept under `var/`.

        Raises:
            SettingsError: production without a key, or `var/` cannot be written.
        """
        if self.secret_key:
            return self
        if self.environment == "production":
            msg = (
                "SECRET_KEY is not set: production needs one of at least 16 characters "
                "(for example the output of: openssl rand -hex 32)."
            )
            raise SettingsError(msg)
        kept = self.var_folder / "secret_key"
        try:
            self.var_folder.mkdir(parents=True, exist_ok=True)
            try:
                with os.fdopen(
                    os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
                ) as f:
                    f.write(secrets.token_hex(32))
            except FileExistsError:
                pass
            key = kept.read_text().strip()
        except OSError as error:
            msg = f"The folder {self.var_folder} cannot be written ({error.strerror})."
            raise SettingsError(msg) from error
        return self.model_copy(update={"secret_key": (key,)})


def _sentence(problem: ErrorDetails) -> str:
    """Turn one of pydantic's findings into a sentence for the operator."""
    name = str(problem["loc"][0]).upper() if problem["loc"] else "The settings"
    context: dict[str, Any] = problem.get("ctx", {})
    if "expected" in context:
        allowed = str(context["expected"])
    elif problem["type"] == "value_error":
        allowed = str(context.get("error", problem["msg"]))
    else:
        allowed = problem["msg"][0].lower() + problem["msg"][1:]
        allowed = allowed.removeprefix("input should be ")
    given = "what was given" if name in _SECRETS else repr(problem["input"])
    return f"{name} cannot be {given}: it must be {allowed}."


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment and `.env`; `overrides` win over both.

    Raises:
        SettingsError: one sentence for each value that cannot be used.
    """
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as error:
        raise SettingsError(" ".join(map(_sentence, error.errors()))) from None
    if settings.ghost_api_url is not None and settings.ghost_admin_api_key is None:
        msg = (
            "GHOST_ADMIN_API_KEY is not set, but GHOST_API_URL is: "
            "without a key of its Admin API nothing can be mirrored."
        )
        raise SettingsError(msg)
    return settings.with_secret_key()
