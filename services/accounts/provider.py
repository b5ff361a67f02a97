"""The account app's domain: people with accounts, their sign-ins, codes and grants.

The provider's side of OAuth 2 (RFC 6749, 7636) and OpenID Connect; `siblings.account` puts HTTP
around it. Access tokens are opaque and live as long as the sign-in that they came from.
"""

import time
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey
from msgspec import Struct
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from infrastructure.database import UnitOfWork
from models.account import AccountCode, AccountGrant, AccountKey, AccountSignIn, AccountUser
from services.accounts.passwords import hash_password, is_password
from services.accounts.tokens import digest, new_token

_SIGN_IN_DAYS = 30
_CODE_SECONDS = 60
_ID_TOKEN_SECONDS = 300
_KEY_LOCK = 7_305_841_963


class AuthorizationRequest(Struct, frozen=True):
    """What an app asks for, checked as far as it is about the app."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    challenge: str
    prompt: str


async def signing_key(work: UnitOfWork) -> RSAKey:
    """Return the key that signs; the first who needs it makes it."""
    await work.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _KEY_LOCK})
    kept = await work.session.get(AccountKey, 1)
    if kept is None:
        made = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        kept = AccountKey(id=1, private=dict(made.as_dict(private=True)))
        work.session.add(kept)
        await work.session.flush()
    return RSAKey.import_key(kept.private)


async def add_user(
    work: UnitOfWork,
    *,
    email: str,
    name: str,
    password: str,
    tiers: list[str] | None = None,
) -> None:
    """Add somebody, unless the address is known already.

    Raises:
        InvalidError: the password is too short or too long.
    """
    known = await work.session.scalar(
        select(AccountUser.id).where(func.lower(AccountUser.email) == email.lower())
    )
    if known is None:
        hashed = await hash_password(password)
        await work.session.execute(
            insert(AccountUser)
            .values(email=email, name=name, password_hash=hashed, tiers=tiers)
            .on_conflict_do_nothing()
        )


async def sign_in(work: UnitOfWork, email: str, password: str) -> str | None:
    """Return the token of a new sign-in; None where address and password do not fit."""
    user = await work.session.scalar(
        select(AccountUser).where(func.lower(AccountUser.email) == email.strip().lower())
    )
    known = user.password_hash if user is not None else None
    if not await is_password(known, password) or user is None:
        return None
    token = new_token()
    work.session.add(
        AccountSignIn(
            token_hash=digest(token),
            user_id=user.id,
            expires_at=func.clock_timestamp() + timedelta(days=_SIGN_IN_DAYS),
        )
    )
    return token


async def signed_in(work: UnitOfWork, token: str | None) -> AccountSignIn | None:
    """Return the sign-in with this token; None where there is none that is good."""
    if not token:
        return None
    found: AccountSignIn | None = await work.session.scalar(
        select(AccountSignIn).where(
            AccountSignIn.token_hash == digest(token),
            AccountSignIn.expires_at > func.clock_timestamp(),
        )
    )
    return found


async def sign_out(work: UnitOfWork, token: str) -> None:
    """End a sign-in, and with it every grant that came from it."""
    await work.session.execute(
        delete(AccountSignIn).where(AccountSignIn.token_hash == digest(token))
    )


async def issue_code(work: UnitOfWork, sign_in_id: int, asked: AuthorizationRequest) -> str:
    """Return an authorization code for an app."""
    code = new_token()
    work.session.add(
        AccountCode(
            code_hash=digest(code),
            sign_in_id=sign_in_id,
            client_id=asked.client_id,
            redirect_uri=asked.redirect_uri,
            nonce=asked.nonce,
            challenge=asked.challenge,
            expires_at=func.clock_timestamp() + timedelta(seconds=_CODE_SECONDS),
        )
    )
    return code


async def redeem_code(work: UnitOfWork, issuer: str, form: dict[str, str]) -> dict[str, Any] | None:
    """Return the answer of the token endpoint (RFC 6749, section 5.1); None: `invalid_grant`.

    Args:
        work: the transaction.
        issuer: as whom the ID token is signed.
        form: what the app sent.
    """
    code = (
        await work.session.execute(
            delete(AccountCode)
            .where(
                AccountCode.code_hash == digest(form.get("code", "")),
                AccountCode.expires_at > func.clock_timestamp(),
            )
            .returning(
                AccountCode.sign_in_id,
                AccountCode.client_id,
                AccountCode.redirect_uri,
                AccountCode.nonce,
                AccountCode.challenge,
            )
        )
    ).first()
    if (
        code is None
        or code.client_id != form.get("client_id")
        or code.redirect_uri != form.get("redirect_uri")
        or code.challenge != create_s256_code_challenge(form.get("code_verifier", ""))
    ):
        return None
    sign_in_row = await work.session.get(AccountSignIn, code.sign_in_id)
    if sign_in_row is None:
        return None
    access_token = new_token()
    work.session.add(
        AccountGrant(
            token_hash=digest(access_token),
            sign_in_id=code.sign_in_id,
            client_id=code.client_id,
        )
    )
    key = await signing_key(work)
    now = int(time.time())
    claims = {
        "iss": issuer,
        "sub": str(sign_in_row.user_id),
        "aud": code.client_id,
        "iat": now,
        "exp": now + _ID_TOKEN_SECONDS,
        "nonce": code.nonce,
    }
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "id_token": jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key),
    }


async def userinfo(work: UnitOfWork, access_token: str) -> dict[str, Any] | None:
    """Return whom an access token stands for; None for nobody any more."""
    user = await work.session.scalar(
        select(AccountUser)
        .join(AccountSignIn, AccountSignIn.user_id == AccountUser.id)
        .join(AccountGrant, AccountGrant.sign_in_id == AccountSignIn.id)
        .where(
            AccountGrant.token_hash == digest(access_token),
            AccountSignIn.expires_at > func.clock_timestamp(),
        )
    )
    if user is None:
        return None
    claims = {
        "sub": str(user.id),
        "email": user.email,
        "email_verified": True,
        "name": user.name,
    }
    return claims if user.tiers is None else {**claims, "tiers": user.tiers}
