"""The account app as an OpenID Connect provider: the client's side of it, without any HTTP server.

OAuth 2 authorization code (RFC 6749) with PKCE (RFC 7636), OpenID Connect Core and Discovery 1.0.
Addresses for browsers are the provider's public ones; what we ask ourselves goes to its internal
address, where that differs. What a proven identity becomes here is decided in `grants`.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from infrastructure.errors import InvalidError, PersonError
from infrastructure.http import create_client
from infrastructure.logs import get_logger

log = get_logger(__name__)

# Asymmetric alone: with a symmetric one the client's own secret could sign for anybody.
_ALGORITHMS: Final = ["RS256", "ES256", "EdDSA"]

_TIMEOUT = httpx.Timeout(3.0, connect=1.5)
_LARGEST = 256 * 1024
_METADATA_SECONDS = 600.0
_LEEWAY_SECONDS = 30


class AccountDownError(PersonError):
    """The account app does not answer, or not as it should."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "The account app does not answer just now, so nobody can sign in. "
            "Reading works without; please try again in a few minutes."
        )


class SignInFailedError(InvalidError):
    """The way back from the account app cannot be trusted."""

    def __init__(self, why: str) -> None:
        log.warning("sign-in through the account app failed", why=why)
        super().__init__("Signing in did not work. Please begin again.")


class GrantEndedError(Exception):
    """The account app says that the grant is no longer good."""


class Metadata(Struct, frozen=True):
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None


class Pending(Struct, frozen=True):
    """A sign-in that is under way; it waits in a signed cookie of the browser that began it."""

    state: str
    nonce: str
    verifier: str
    next_path: str
    is_silent: bool
    began_at: int


class Identity(Struct, frozen=True):
    """Whom the account app vouches for.

    `tiers` are the slugs of their membership tiers; None where it says nothing about membership.
    """

    issuer: str
    subject: str
    email: str
    is_email_verified: bool
    name: str
    tiers: tuple[str, ...] | None


class _Tokens(Struct, frozen=True):
    access_token: str
    id_token: str


def _identity(issuer: str, claims: dict[str, Any]) -> Identity:
    tiers = claims.get("tiers")
    return Identity(
        issuer=issuer,
        subject=str(claims["sub"]),
        email=str(claims.get("email") or ""),
        is_email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name") or ""),
        tiers=tuple(map(str, tiers)) if isinstance(tiers, list) else None,
    )


class AccountApp:
    """The provider, as this app asks it."""

    def __init__(
        self,
        *,
        issuer: str,
        internal_url: str,
        client_id: str,
        client_secret: str | None,
        redirect_uri: str,
    ) -> None:
        """Ask the provider at `issuer`.

        Args:
            issuer: its public address, which it must name as its issuer.
            internal_url: where we ask it ourselves.
            client_id: as whom it knows us.
            client_secret: None for a public client.
            redirect_uri: where it sends people back to.
        """
        self._issuer = issuer
        self._internal_url = internal_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._client: httpx.AsyncClient | None = None
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: KeySet | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def metadata(self) -> Metadata:
        """Return what the provider says of itself, as it said it in the last minutes.

        Raises:
            AccountDownError: it does not answer.
        """
        if self._metadata is not None and time.monotonic() < self._metadata[0]:
            return self._metadata[1]
        answer = await self._ask("GET", f"{self._issuer}/.well-known/openid-configuration")
        found: Metadata = self._decoded(answer, Metadata)
        if found.issuer.rstrip("/") != self._issuer:
            log.error("the account app names another issuer", issuer=found.issuer)
            raise AccountDownError
        self._metadata = (time.monotonic() + _METADATA_SECONDS, found)
        return found

    async def begin(self, next_path: str, *, is_silent: bool) -> tuple[str, Pending]:
        """Return where to send a browser to sign in, and what to remember until it comes back.

        Args:
            next_path: where the person wanted to go.
            is_silent: only if they are signed in there already, without asking them anything.

        Raises:
            AccountDownError: the provider does not answer.
        """
        metadata = await self.metadata()
        pending = Pending(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            next_path=next_path,
            is_silent=is_silent,
            began_at=int(time.time()),
        )
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid email profile",
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": create_s256_code_challenge(pending.verifier),
            "code_challenge_method": "S256",
        }
        if is_silent:
            query["prompt"] = "none"
        return f"{metadata.authorization_endpoint}?{urlencode(query)}", pending

    async def complete(self, pending: Pending, code: str) -> tuple[Identity, str]:
        """Return whom the provider vouches for, and the access token that keeps proving it.

        Args:
            pending: the sign-in as it began; its state was compared already.
            code: what the browser brought back.

        Raises:
            AccountDownError: the provider does not answer.
            SignInFailedError: it does not know the code, or its answer cannot be trusted.
        """
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._client_id,
            "code_verifier": pending.verifier,
        }
        if self._client_secret is not None:
            form["client_secret"] = self._client_secret
        answer = await self._ask("POST", metadata.token_endpoint, form=form)
        if answer.status_code != 200:
            why = f"the token endpoint answered {answer.status_code}"
            raise SignInFailedError(why)
        tokens = self._decoded(answer, _Tokens)
        claims = await self._verified(metadata, tokens.id_token, pending.nonce)
        user = await self.claims(tokens.access_token)
        if user.subject != str(claims["sub"]):
            why = "userinfo names another subject"
            raise SignInFailedError(why)
        return user, tokens.access_token

    async def claims(self, access_token: str) -> Identity:
        """Return whom an access token stands for at this moment.

        Raises:
            GrantEndedError: for nobody any more.
            AccountDownError: the provider does not answer.
        """
        metadata = await self.metadata()
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = await self._ask("GET", metadata.userinfo_endpoint, headers=headers)
        if answer.status_code in {401, 403}:
            raise GrantEndedError
        claims = self._decoded(answer, dict[str, Any])
        if not claims.get("sub"):
            raise AccountDownError
        return _identity(self._issuer, claims)

    def sign_out_url(self) -> str | None:
        """Return where to send a browser to be signed out everywhere; None where unknown."""
        endpoint = self._metadata[1].end_session_endpoint if self._metadata else None
        if endpoint is None:
            return None
        home = self._redirect_uri.removesuffix("/auth/callback/") + "/"
        query = {"client_id": self._client_id, "post_logout_redirect_uri": home}
        return f"{endpoint}?{urlencode(query)}"

    async def _verified(self, metadata: Metadata, id_token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": metadata.issuer},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        for is_fresh in (False, True):
            try:
                keys = await self._key_set(metadata, is_fresh=is_fresh)
                token = jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
                registry.validate(token.claims)
            except (JoseError, ValueError) as error:
                # The provider may have a new key; of a token that is bad with it, there is no more.
                if is_fresh:
                    raise SignInFailedError(f"ID token: {error}") from error
            else:
                return dict(token.claims)
        raise AssertionError

    async def _key_set(self, metadata: Metadata, *, is_fresh: bool) -> KeySet:
        if self._keys is None or is_fresh:
            answer = await self._ask("GET", metadata.jwks_uri)
            self._keys = KeySet.import_key_set(self._decoded(answer, dict[str, Any]))
        return self._keys

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Ask the provider at its internal address."""
        if self._client is None:
            self._client = create_client(timeout=_TIMEOUT, max_bytes=_LARGEST)
        address = self._internal_url + url.removeprefix(self._issuer)
        if not url.startswith(f"{self._issuer}/"):
            log.error("the account app names an endpoint elsewhere", host=urlsplit(url).hostname)
            raise AccountDownError
        try:
            async with asyncio.timeout(4):
                answer = await self._client.request(method, address, data=form, headers=headers)
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            log.warning("the account app does not answer", error=str(error) or repr(error))
            raise AccountDownError from error
        if answer.status_code >= 500:
            log.warning("the account app fails", status=answer.status_code)
            raise AccountDownError
        return answer

    @staticmethod
    def _decoded(answer: httpx.Response, kind: Callable[..., Any]) -> Any:
        try:
            if answer.status_code != 200:
                raise ValueError(answer.status_code)
            return msgspec.json.decode(answer.content, type=kind)
        except (msgspec.DecodeError, ValueError) as error:
            log.warning("the account app answers nonsense", error=str(error))
            raise AccountDownError from error
