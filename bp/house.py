"""What every page of the house (desk, settings, sign-in) has: the site, the viewer, messages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from quart import Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from bp.guard import current_viewer, form_token
from bp.places import places_for
from infrastructure.factory import base_app
from infrastructure.security import local_path, nonce
from services.accounts.policy import may
from services.site.reader import site

# What a page says after something was done; a code in the address, so that nothing is reflected.
DONE: Final[Mapping[str, str]] = {
    "saved": "Saved.",
    "added": "Added.",
    "removed": "Removed.",
    "invited": "The invitation is on its way.",
    "taken-back": "The invitation was taken back.",
    "signed-out": "That browser is signed out.",
    "signed-out-others": "All other browsers are signed out.",
    "password": "Your password is set. Other browsers are signed out.",
    "no-password": "Your password is removed; you sign in by mail from now on.",
    "welcome": "Welcome. This is your desk.",
    "purged": "Purged, on every machine.",
    "sync-started": "The sync has begun; this page shows how it goes.",
    "sync-busy": "A sync is under way already.",
    "replayed": "They will be tried again.",
    "nothing-failed": "There is nothing left that failed: somebody was faster.",
    "imported": "Imported.",
    "moved": "Moved.",
    "merged": "Merged.",
    "published": "Published.",
    "restored": "It is back.",
    "spreading": "The posts follow it now.",
}


async def render_house(template: str, *, status: int = 200, **context: Any) -> Response:
    """Render a page of the house.

    Args:
        template: its name under `templates/`.
        status: of the answer.
        context: what it shows.
    """
    app = base_app()
    viewer = await current_viewer()
    async with app.database.read() as connection:
        around = await site(connection)

    def local(time: datetime) -> datetime:
        return time.astimezone(around.zone)

    page = app.templates.render(
        template,
        site=around,
        viewer=viewer,
        may=lambda action: may(viewer, action),
        local=local,
        path=request.path,
        places=places_for(viewer),
        done=DONE.get(request.args.get("done", "")),
        has_ghost=app.settings.ghost_api_url is not None,
        csrf=form_token(),
        nonce=nonce(),
        **context,
    )
    return Response(page, status=status, content_type="text/html; charset=utf-8")


def go(path: str, done: str | None = None) -> Redirect:
    """Go on to a page of this site after something was done; `done` is a key of `DONE`."""
    path = local_path(path)
    if done is not None:
        path += f"{'&' if '?' in path else '?'}done={done}"
    return redirect(path, 303)
