"""One request to a Ghost: signed, with a deadline, tried again where that is safe, errors typed.

What to ask for is left to ``services.ghost.client``, walking through long lists to
``services.ghost.paging``.
"""

import asyncio
import email.utils
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import httpx
import msgspec
import stamina

from infrastructure.http import ResponseTooLarge, ResponseUndecodable
from services.ghost.errors import (
    GhostAnswerBroken,
    GhostAnswerInvalid,
    GhostBusy,
    GhostConflict,
    GhostError,
    GhostErrorDetail,
    GhostNotFound,
    GhostRefused,
    GhostServerFault,
    GhostTimeout,
    GhostUnauthorized,
    GhostUnreachable,
)
from services.ghost.tokens import AdminKey

Api = Literal["admin", "content"]

# What a file is sent from: bytes, or a file of this machine, which need not fit into memory.
Content = bytes | Path
_REPEATABLE: Final = frozenset({"GET", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GhostConfig:
    """Where a Ghost is and how patiently it is asked.

    ``admin_url`` and ``content_url``: the site's address, without ``/ghost/api`` (the second
    defaults to the first). ``page_size``: objects of a page, at most 100; ``document_page_size``:
    the same for posts and pages with their whole text, of which a page weighs some megabytes.
    ``request_seconds``: the deadline of one attempt, ``upload_seconds`` of one that sends a file.
    ``attempts``: how often at most a request is tried. ``wait_initial``, ``wait_max``,
    ``wait_jitter``: seconds between attempts. ``retry_after_max``: the longest wait that a
    ``Retry-After`` may ask for before we give up.
    """

    admin_url: str
    admin_key: AdminKey | None = None
    content_url: str | None = None
    content_key: str | None = None
    accept_version: str = "v6.0"
    page_size: int = 100
    document_page_size: int = 50
    request_seconds: float = 30.0
    upload_seconds: float = 180.0
    attempts: int = 4
    wait_initial: float = 0.2
    wait_max: float = 5.0
    wait_jitter: float = 0.5
    retry_after_max: float = 60.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """What one call sends, the same at every attempt."""

    method: str
    path: str
    api: Api
    params: Mapping[str, str | int]
    body: Mapping[str, Any] | None
    files: Mapping[str, tuple[str, Content, str]] | None
    form: Mapping[str, str] | None


class GhostCaller:
    """Sends requests to one Ghost.

    :param http: a client of ``infrastructure.http.create_client``; the caller of this class closes
        it.

    ``requests`` counts every attempt, for reports and benchmarks; ``ghosts_time`` is the time by
    Ghost's own clock when it answered last, None before that or where it does not tell.
    """

    def __init__(self, http: httpx.AsyncClient, config: GhostConfig) -> None:
        self.config = config
        self.requests = 0
        self.ghosts_time: datetime | None = None
        self._http = http
        self._roots = {
            "admin": config.admin_url.rstrip("/") + "/ghost/api/admin",
            "content": (config.content_url or config.admin_url).rstrip("/") + "/ghost/api/content",
        }

    async def call(
        self,
        method: str,
        path: str,
        *,
        api: Api = "admin",
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        files: Mapping[str, tuple[str, Content, str]] | None = None,
        form: Mapping[str, str] | None = None,
        attempts: int | None = None,
    ) -> Any:
        """Send one request and return the decoded JSON, or None for an empty answer (204).

        Reading and deleting are tried again after anything that may pass; a request that creates or
        changes only when it surely was not carried out, so that nothing is done twice.

        :param path: below the API's root, with slashes at both ends (``/posts/``).
        :param body: sent as JSON. ``files`` (name, content, media type by field) and ``form`` are
            sent as multipart.
        :param attempts: overrides how often it is tried.
        :raises GhostError: one of its subclasses, the last one when several attempts failed.
        """
        sent = _Sent(method, path, api, params or {}, body, files, form)
        uncertain = False
        async for attempt in stamina.retry_context(
            on=lambda error: self._backoff(method, error),
            attempts=attempts or self.config.attempts,
            timeout=None,
            wait_initial=self.config.wait_initial,
            wait_max=self.config.wait_max,
            wait_jitter=self.config.wait_jitter,
        ):
            with attempt:
                try:
                    return await self._attempt(sent)
                except GhostNotFound:
                    if method == "DELETE" and uncertain:
                        # The first attempt did delete it; only its answer was lost.
                        return None
                    raise
                except (GhostUnreachable, GhostAnswerBroken):
                    uncertain = True
                    raise
        raise AssertionError("stamina ends with an answer or an error")  # pragma: no cover

    def _backoff(self, method: str, error: Exception) -> bool | float:
        """Decide whether ``error`` is worth another attempt, or after how many seconds."""
        if isinstance(error, GhostError) and _was_turned_away(error):
            # Turned away before anything was done, so even a write may be sent again.
            if error.retry_after is None:
                return True
            return error.retry_after if error.retry_after <= self.config.retry_after_max else False
        if isinstance(error, GhostUnreachable) and isinstance(error.__cause__, _NEVER_SENT):
            return True
        return method in _REPEATABLE and isinstance(error, (GhostUnreachable, GhostAnswerBroken))

    async def _attempt(self, sent: _Sent) -> Any:
        """Send once; files are opened anew, so that each attempt begins at their first byte."""
        with ExitStack() as opened:
            files = {
                field: (name, _readable(opened, content), media_type)
                for field, (name, content, media_type) in (sent.files or {}).items()
            }
            return await self._send(sent, files)

    async def _send(self, sent: _Sent, files: Mapping[str, tuple[str, Any, str]]) -> Any:
        config = self.config
        headers = {"Accept-Version": config.accept_version}
        query = dict(sent.params)
        seconds = config.upload_seconds if sent.files else config.request_seconds
        if sent.api == "content":
            if config.content_key is None:
                raise GhostUnauthorized("There is no key for Ghost's Content API.")
            query["key"] = config.content_key
        elif config.admin_key is None:
            raise GhostUnauthorized("There is no key for Ghost's Admin API.")
        else:
            headers["Authorization"] = config.admin_key.authorization()
        request = self._http.build_request(
            sent.method,
            self._roots[sent.api] + sent.path,
            params=query,
            headers=headers,
            content=msgspec.json.encode(sent.body) if sent.body is not None else None,
            files=dict(files) if files else None,
            data=dict(sent.form) if sent.form else None,
            timeout=httpx.Timeout(seconds, connect=min(5.0, seconds)),
        )
        if sent.body is not None:
            request.headers["Content-Type"] = "application/json"
        self.requests += 1
        try:
            async with asyncio.timeout(seconds):
                status, answer_headers, content = await self._exchange(request)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise GhostTimeout from error
        except httpx.TransportError as error:
            raise GhostUnreachable from error
        self.ghosts_time = _http_date(answer_headers.get("date", "")) or self.ghosts_time
        return _read_answer(status, answer_headers, content)

    async def _exchange(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        response = await self._http.send(request, stream=True)
        try:
            return response.status_code, response.headers, await response.aread()
        except httpx.TimeoutException:
            raise
        except (ResponseTooLarge, ResponseUndecodable) as error:
            raise GhostAnswerBroken(error.sentence, status=response.status_code) from error
        except httpx.TransportError as error:
            raise GhostAnswerBroken(status=response.status_code) from error
        finally:
            await response.aclose()


def _readable(opened: ExitStack, content: Content) -> bytes | BinaryIO:
    """Return what httpx can send."""
    return opened.enter_context(content.open("rb")) if isinstance(content, Path) else content


# Failures before a single byte of the request was sent: Ghost cannot have carried it out.
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def _was_turned_away(error: GhostError) -> bool:
    """Whether Ghost, or what stands before it, looked at nothing of the request."""
    return isinstance(error, GhostBusy) or (
        isinstance(error, GhostServerFault)
        and error.status == 503
        and error.retry_after is not None
    )


def is_uncertain(error: GhostError) -> bool:
    """Whether a request that changes something may have been carried out although it failed."""
    if _was_turned_away(error) or isinstance(error.__cause__, _NEVER_SENT):
        return False
    if isinstance(error, GhostAnswerInvalid):
        return not 300 <= (error.status or 0) < 400
    return isinstance(error, GhostUnreachable)


def _read_answer(status: int, headers: httpx.Headers, content: bytes) -> Any:
    """Turn a complete answer into its JSON, or into the error that it means."""
    is_json = "json" in headers.get("content-type", "").partition(";")[0]
    if 200 <= status < 300:
        if not content:
            return None
        if not is_json:
            raise GhostAnswerInvalid(status=status)
        try:
            return msgspec.json.decode(content)
        except msgspec.DecodeError as error:
            raise GhostAnswerBroken(status=status) from error
    if 300 <= status < 400:
        raise GhostAnswerInvalid(
            "Ghost's address forwards to another one; the settings must name that one.",
            status=status,
        )
    raise _error_of(status, headers, _details(content) if is_json else ())


def _error_of(
    status: int, headers: httpx.Headers, details: tuple[GhostErrorDetail, ...]
) -> GhostError:
    codes = {detail.code for detail in details}
    kind: type[GhostError]
    if status == 429:
        kind = GhostBusy
    elif status >= 500:
        kind = GhostServerFault
    elif status in {401, 403} or "INVALID_JWT" in codes:
        kind = GhostUnauthorized
    elif status == 404 and details:
        kind = GhostNotFound
    elif status == 409:
        kind = GhostConflict
    elif details:
        kind = GhostRefused
    else:
        kind = GhostAnswerInvalid
    return kind(status=status, details=details, retry_after=_retry_after(headers))


def _details(content: bytes) -> tuple[GhostErrorDetail, ...]:
    try:
        raw = msgspec.json.decode(content)
        errors = raw["errors"]
        return tuple(
            GhostErrorDetail(
                message=str(entry.get("message")),
                context=entry.get("context"),
                kind=entry.get("type"),
                code=entry.get("code"),
                field=entry.get("property"),
                details=entry.get("details"),
            )
            for entry in errors
        )
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return ()


def _retry_after(headers: httpx.Headers) -> float | None:
    """Read ``Retry-After`` (RFC 9110, 10.2.3): seconds, or a date."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    moment = _http_date(text)
    return None if moment is None else max(0.0, moment.timestamp() - time.time())


def _http_date(text: str) -> datetime | None:
    """Read a date as HTTP writes it (RFC 9110, 5.6.7); None where it is none."""
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None
