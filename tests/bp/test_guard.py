"""Nobody gets further than they may: every route × every role, and forms that nobody meant."""

import itertools
import re
from typing import Any

import pytest
from quart import Blueprint, Quart

from app import create_app
from bp.guard import require
from infrastructure.access import access, action_of
from infrastructure.factory import BaseApp
from infrastructure.page_cache import private
from infrastructure.settings import Settings
from services.accounts.policy import POLICY, Target, asks_for_object
from services.accounts.viewer import Role
from tests.bp import objects
from tests.bp.conftest import Visitor, sign_in_as


def _views(app: Quart) -> dict[str, Any]:
    return {
        rule.endpoint: app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if rule.endpoint.rpartition(".")[2] != "static"
    }


def _without_policy(app: Quart) -> list[str]:
    return sorted(name for name, view in _views(app).items() if action_of(view) not in POLICY)


def test_every_route_has_a_policy(settings: Settings) -> None:
    assert _without_policy(create_app(settings)) == []


def test_every_routes_arguments_lead_to_something(settings: Settings) -> None:
    """What the matrix of `test_matrix.py`, the probing and the search for gated words call."""
    assert objects.undeclared(list(objects.routes(create_app(settings)))) == []


def test_a_route_without_a_policy_is_found(settings: Settings) -> None:
    app = create_app(settings)

    @app.get("/forgotten/")
    async def forgotten() -> str:
        return "open to all"

    assert _without_policy(app) == ["forgotten"]


async def test_a_route_without_a_policy_is_closed(app: BaseApp) -> None:
    async def forgotten() -> str:
        return "open to all"

    app._got_first_request = False
    app.add_url_rule("/forgotten/now/", "forgotten", forgotten)
    owner = await sign_in_as(app, Role.OWNER)
    assert (await owner.get("/forgotten/now/")).status_code == 403


def _is_refused(answer: Any) -> bool:
    to_login = answer.headers.get("Location", "").startswith("/auth/login/?next=")
    return answer.status_code in {401, 403} or (answer.status_code == 302 and to_login)


_ACTIONS = [action for action in POLICY if asks_for_object(action)]


def _add_objects(app: BaseApp) -> None:
    """Add a route for each action that asks for its object, as the editor has them."""
    blueprint = Blueprint("objects", __name__)

    def add(action: str) -> None:
        @private
        @access(action)
        async def view(own: int, published: int) -> str:
            await require(action, Target(is_own=bool(own), is_published=bool(published)))
            return "done"

        @private
        @access(action)
        async def careless() -> str:
            return "done without asking"

        blueprint.add_url_rule(
            f"/admin/objects/{action}/<int:own>/<int:published>/", action.replace(".", "-"), view
        )
        blueprint.add_url_rule(
            f"/admin/careless/{action}/", f"careless-{action.replace('.', '-')}", careless
        )

    for action in _ACTIONS:
        add(action)
    app.register_blueprint(blueprint)


@pytest.fixture
async def app_with_objects(settings: Settings) -> Any:
    app = create_app(settings)
    _add_objects(app)
    async with app.test_app():
        await app.page_cache.wait_until_ready(10)
        yield app


@pytest.mark.parametrize("role", Role)
async def test_objects_own_and_others_draft_and_published(
    app_with_objects: BaseApp, role: Role
) -> None:
    visitor = await sign_in_as(app_with_objects, role)
    for action, own, published in itertools.product(_ACTIONS, (0, 1), (0, 1)):
        answer = await visitor.get(f"/admin/objects/{action}/{own}/{published}/")
        least = POLICY[action].minimum(Target(is_own=bool(own), is_published=bool(published)))
        assert _is_refused(answer) == (role < least), (action, own, published)


async def test_a_view_that_forgets_its_object_shows_nothing(app_with_objects: BaseApp) -> None:
    owner = await sign_in_as(app_with_objects, Role.OWNER)
    answer = await owner.get("/admin/careless/post.edit/")
    assert answer.status_code == 500
    assert "without asking" not in await answer.get_data(as_text=True)


async def test_a_form_without_its_token_does_nothing(app: BaseApp) -> None:
    visitor = await sign_in_as(app, Role.OWNER)
    answer = await visitor.post("/auth/logout/")
    assert answer.status_code == 403
    assert "was not sent from this site" in await answer.get_data(as_text=True)
    assert (await visitor.get("/admin/")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
    ],
)
async def test_a_form_from_another_site_does_nothing(
    app: BaseApp, headers: dict[str, str], status: int
) -> None:
    visitor = await sign_in_as(app, Role.OWNER)
    answer = await visitor.submit("/auth/logout/", {}, **headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 303),
        ("http://localhost", 303),
        ("http://evil.example", 403),
        ("null", 403),
        ("http://127.0.0.1:8001", 403),
    ],
)
async def test_an_older_browser_is_judged_by_origin(app: BaseApp, origin: str, status: int) -> None:
    visitor = await sign_in_as(app, Role.OWNER)
    page = await (await visitor.get("/auth/logout/")).get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    answer = await visitor.post("/auth/logout/", {"csrf_token": token}, Origin=origin)
    assert answer.status_code == status


async def test_the_token_of_another_session_does_not_do(app: BaseApp) -> None:
    owner = await sign_in_as(app, Role.OWNER)
    reader = await sign_in_as(app, Role.READER)
    page = await (await reader.get("/auth/logout/")).get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    assert (await owner.post("/auth/logout/", {"csrf_token": token})).status_code == 403


async def test_a_script_sends_the_token_in_a_header(app: BaseApp) -> None:
    owner = await sign_in_as(app, Role.OWNER)
    page = await (await owner.get("/admin/")).get_data(as_text=True)
    token = re.findall(r'name="csrf-token" content="([^"]+)"', page)[0]
    answer = await owner.post("/auth/logout/", {}, **{"X-CSRF-Token": token})
    assert answer.status_code == 303


async def test_signing_in_cannot_be_forced_from_elsewhere(visitor: Visitor) -> None:
    answer = await visitor.submit(
        "/auth/login/", {"email": "a@example.org"}, **{"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
