"""Where Ghost's webhooks arrive: stored and answered 202, before anything is done about them.

Ghost gives up after two seconds, tries nothing again, and deletes a webhook that is answered 410:
no path through here may ever say that. What is stored, and acted upon how, is left to
`services.ghost`.
"""

import math
from typing import Final, cast

from quart import Response, current_app, request

from bp.blog.routes import blueprint
from infrastructure.access import access
from infrastructure.errors import NotFoundError, PersonError
from infrastructure.factory import BaseApp, base_app
from infrastructure.flood import Allowance
from infrastructure.network import client_address
from infrastructure.page_cache import private
from infrastructure.security import large_body
from services.ghost.events import EVENTS
from services.ghost.inbox import LARGEST, Inbox, SignatureError

_EXTENSION: Final = "ghost_inbox"

# Only what is not Ghost's counts: so many at once from one address, and so many a second.
_REFUSED_AT_ONCE: Final = 120
_REFUSED_A_SECOND: Final = 5.0

_HEADER: Final = "X-Ghost-Signature"


class TooManyError(PersonError):
    """Somebody at this address sent too much that is not Ghost's."""

    status = 429


class _Door:
    """The inbox, and how often each address was refused."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.refusals = Allowance(_REFUSED_AT_ONCE, _REFUSED_A_SECOND)


def receive_webhooks(app: BaseApp, inbox: Inbox) -> None:
    """Let an app take Ghost's webhooks in."""
    app.extensions[_EXTENSION] = _Door(inbox)


@blueprint.post("/webhooks/ghost/<event>")
@access("public")
@private
@large_body(LARGEST)
async def ghost_webhook(event: str) -> Response:
    """Take a webhook in.

    Raises:
        NotFoundError: Ghost has no such event.
        SignatureError: it is not Ghost's.
        PersonError: it is not JSON, or this address sends too much that is not Ghost's.
    """
    if event not in EVENTS:
        raise NotFoundError
    door = cast("_Door", current_app.extensions[_EXTENSION])
    settings = base_app().settings
    address = client_address(request.scope, settings.trusted_proxies)
    if settings.rate_limits and (wait := door.refusals.wait(address)):
        error = TooManyError("Too much arrived from this address that was not signed by Ghost.")
        error.retry_after = math.ceil(wait)
        raise error
    signature = request.headers.get(_HEADER)
    try:
        if not door.inbox.is_signed_lately(signature):
            # Not worth reading its body.
            message = "There is no signature of Ghost's from the last minutes (X-Ghost-Signature)."
            raise SignatureError(message)
        body = cast("bytes", await request.get_data(cache=False))
        await door.inbox.receive(event, body, signature)
    except PersonError:
        door.refusals.take(address)
        raise
    return Response('{"status":"stored"}', status=202, content_type="application/json")
