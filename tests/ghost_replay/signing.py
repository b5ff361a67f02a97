"""Keys and signatures of the replayed Ghost: checking Admin API tokens, signing webhooks."""

import hashlib
import hmac
import json
import time
from typing import Final

import jwt

ADMIN_KEY_ID: Final = "6b0396d1c403194fef11d8cf"
ADMIN_SECRET: Final = "a5" * 32
CONTENT_KEY: Final = "27b3bc8e460948f5e919954bf0"


def admin_failure(header: str | None) -> tuple[int, str, str | None, str | None] | None:
    """Judge an ``Authorization`` header as Ghost does.

    :return: None when it is good, else status, message, code and type of Ghost's error.
    """
    if not header:
        return 403, "Authorization failed", None, "NoPermissionError"
    scheme, _, token = header.partition(" ")
    if scheme != "Ghost":
        message = 'Authorization header format is "Authorization: Ghost [token]"'
        return 401, message, "INVALID_AUTH_HEADER", "UnauthorizedError"
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError:
        return 400, "Invalid token", "INVALID_JWT", "BadRequestError"
    if key_id != ADMIN_KEY_ID:
        return 401, "Unknown Admin API Key", "UNKNOWN_ADMIN_API_KEY", "UnauthorizedError"
    try:
        claims = jwt.decode(
            token,
            bytes.fromhex(ADMIN_SECRET),
            algorithms=["HS256"],
            audience="/admin/",
            options={"require": ["iat", "exp", "aud"]},
        )
    except jwt.PyJWTError as error:
        message = f"Invalid token: {str(error).lower()}"
        return 401, message, "INVALID_JWT", "UnauthorizedError"
    # A real Ghost only looks at the age; a client that asks for longer is wrong all the same.
    if claims["exp"] - claims["iat"] > 300 or time.time() - claims["iat"] > 300:
        return 401, "Invalid token: maxAge exceeded", "INVALID_JWT", "UnauthorizedError"
    return None


def signature(secret: str, body: bytes, milliseconds: int) -> str:
    """Return the value of ``X-Ghost-Signature``: over the body followed by the decimal time."""
    digest = hmac.new(secret.encode(), body + str(milliseconds).encode(), hashlib.sha256)
    return f"sha256={digest.hexdigest()}, t={milliseconds}"


def error_body(
    message: str,
    kind: str | None,
    *,
    context: str | None = None,
    code: str | None = None,
    field: str | None = None,
    details: object = None,
) -> bytes:
    """Return an error as Ghost words it."""
    error = {
        "message": message,
        "context": context,
        "type": kind,
        "details": details,
        "property": field,
        "help": None,
        "code": code,
        "id": "5b769b44-97fc-4388-8137-384b64389d17",
        "ghostErrorCode": None,
    }
    return json.dumps({"errors": [error]}).encode()
