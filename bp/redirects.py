"""Serving redirects: where there is nothing under an address, an administrator may have set one."""

from quart import Response, request
from sqlalchemy.exc import SQLAlchemyError

from infrastructure.factory import BaseApp, base_app
from infrastructure.logs import get_logger
from services.redirects.redirects import find

log = get_logger(__name__)

# What these answer with 404 is no page that moved.
_NOT_FOR_READERS = ("/admin/", "/auth/", "/internal/", "/webhooks/", "/static/", "/.well-known/")


def install_redirects(app: BaseApp) -> None:
    """Let every answer that says "nothing here" look for a redirect first."""
    app.after_request(_look_for_redirect)


async def _look_for_redirect(response: Response) -> Response:
    if (
        response.status_code != 404
        or request.method not in {"GET", "HEAD"}
        or request.path.startswith(_NOT_FOR_READERS)
        or "\0" in request.path
    ):
        return response
    try:
        async with base_app().database.read() as connection:
            found = await find(connection, request.path)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("redirects cannot be read", error=str(error))
        return response
    if found is None:
        return response
    status = 301 if found.is_permanent else 302
    return Response("", status, headers={"Location": found.target})
