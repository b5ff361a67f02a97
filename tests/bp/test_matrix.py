"""Role × route × own or another's × draft or published: who gets in, and what the others see of it.

Every route of the URL map is called by every role, with arguments that lead to something
(`tests.bp.objects` says to what, and how a new route is told). Whoever may not is refused and
changes nothing; whoever may gets in. No answer, of whatever route, holds a word of a draft, or of a
person, that is not the viewer's to see: lists, pickers, previews and forms included.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import text

from bp.guard import TOKEN_HEADER, session_cookie
from infrastructure.factory import BaseApp
from models.people import Person
from services.accounts.policy import POLICY, Target, asks_for_object, may
from services.accounts.sessions import Browser, open_session
from services.accounts.tokens import sign
from services.accounts.viewer import Role, Viewer
from tests.bp import objects
from tests.bp.conftest import Visitor
from tests.bp.objects import ASKS, COMMON, EMPTY, SENT, Json, Place, Raw, Route

_TARGETS = tuple(
    Target(is_own=is_own, is_published=is_published)
    for is_own in (True, False)
    for is_published in (False, True)
)

_STATE = text(
    "SELECT (SELECT string_agg(concat(id, ':', xmin), ',' ORDER BY id) FROM posts)"
    " || '/' || (SELECT count(*) FROM audit_log)"
)


class _Walk:
    """Somebody with a role who tries every route."""

    def __init__(self, app: BaseApp, role: Role) -> None:
        self.app = app
        self.viewer = Viewer(role)
        self.visitor = Visitor(app)
        self.token = ""
        self.places: dict[Target, Place] = {}
        self.done: set[str] = set()

    async def begin(self) -> None:
        """Plant the viewer and a stranger, each with a draft and a published post."""
        role = self.viewer.role
        async with self.app.database.unit_of_work() as work:
            people = []
            for address, word in (("me@example.org", role.word), (objects.STRANGER, "editor")):
                author = await objects.plant_author(work.session)
                person = Person(email=address, role=word if role else "reader", author_id=author.id)
                work.session.add(person)
                await work.session.flush()
                people.append((person.id, author.id))
            for target in _TARGETS:
                whose = people[0] if target.is_own else people[1]
                place = self.places[target] = Place(*whose, target)
                await objects.plant_post(work.session, place)
        self.viewer = replace(self.viewer, person_id=people[0][0] if role else None)
        await self.sign_in()

    async def sign_in(self) -> None:
        """Begin anew: what a request did to a session must not decide about the next."""
        self.visitor = Visitor(self.app)
        if self.viewer.person_id is None:
            page = await (await self.visitor.get("/auth/login/")).get_data(as_text=True)
            self.token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
            return
        async with self.app.database.unit_of_work() as work:
            person = await work.session.get_one(Person, self.viewer.person_id)
            token = await open_session(work, person, "link", Browser(), timedelta(days=1))
        self.visitor.client.set_cookie("localhost", session_cookie(self.app.settings), token)
        self.token = sign(self.app.settings.secret_key, "form", token)

    async def state(self) -> str:
        """Return what differs after anything was done."""
        async with self.app.database.read() as connection:
            return str(await connection.scalar(_STATE))

    async def call(self, route: Route, values: dict[str, Any]) -> Any:
        """Send one request, as the site's own page or script would."""
        path, send = route.path(values), cast("Any", self.visitor.client.open)
        headers = {"Accept": "text/html", TOKEN_HEADER: self.token, "Sec-Fetch-Site": "same-origin"}
        if not route.changes:
            return await self.visitor.get(f"{path}?q={COMMON}&words={COMMON}")
        sent = SENT.get(route.endpoint)
        match sent(values) if sent is not None else {}:
            case Json(value):
                return await send(path, method=route.method, json=value, headers=headers)
            case Raw(body, query):
                return await send(
                    f"{path}?{query}", method=route.method, data=body, headers=headers
                )
            case form:
                return await send(path, method=route.method, form=form, headers=headers)

    def is_allowed(self, route: Route, target: Target) -> bool:
        """Whether the policy lets the viewer do this; readers are led on to what is published."""
        if route.action == "public" and target.is_published:
            return True
        actions = [route.action, *([ASKS[route.endpoint]] if route.endpoint in ASKS else [])]
        return all(may(self.viewer, it, target) for it in actions)

    def not_to_be_seen(self) -> list[str]:
        """The words that no answer may hold."""
        hidden = [
            place.word
            for target, place in self.places.items()
            if not target.is_published and not may(self.viewer, "post.see", target)
        ]
        if not may(self.viewer, "people.see"):
            hidden.append(objects.STRANGER)
        return hidden

    async def try_route(self, route: Route, target: Target) -> str | None:
        """Call a route about one object; return what is wrong about the answer."""
        async with self.app.database.unit_of_work() as work:
            values = await route.planted(work.session, self.places[target])
        allowed = self.is_allowed(route, target)
        before = await self.state() if route.changes and not allowed else ""
        answer = await self.call(route, values)
        shown = await answer.get_data(as_text=True)
        status = answer.status_code
        is_refused = _is_refused(answer, is_about_object=_is_about_object(route))
        if status < 400 and not is_refused:
            self.done.add(route.endpoint)
        problem = None
        if status >= 500:
            problem = "failed"
        elif is_refused == allowed and not (route.action == "public" and route.changes):
            problem = "let in" if is_refused is False else "kept out"
        elif before and before != await self.state():
            problem = "changed something although refused"
        elif leaked := [it for it in self.not_to_be_seen() if it in shown]:
            problem = f"showed {leaked}"
        if route.changes and (route.endpoint.startswith("auth.") or not allowed):
            await self.sign_in()
        return f"{status}: {problem}" if problem else None


def _is_about_object(route: Route) -> bool:
    return asks_for_object(route.action) or route.endpoint in ASKS


def _is_refused(answer: Any, *, is_about_object: bool) -> bool:
    """Whether somebody was kept out; of an object it may also be said that it is not there."""
    to_login = answer.headers.get("Location", "").startswith("/auth/login/?next=")
    kept_out = {401, 403, 404} if is_about_object else {401, 403}
    return answer.status_code in kept_out or (answer.status_code == 302 and to_login)


@pytest.mark.parametrize("role", Role)
async def test_every_route_lets_in_whom_it_should(app: BaseApp, role: Role) -> None:
    walk = _Walk(app, role)
    await walk.begin()
    wrong = []
    routes = list(objects.routes(app))
    for route in routes:
        assert route.action in POLICY, route
        for target in _TARGETS if _is_about_object(route) else _TARGETS[:1]:
            problem = await walk.try_route(route, target)
            if problem:
                wrong.append((role.word, route.method, route.rule, target, problem))
    assert not wrong, "\n".join(map(str, wrong))
    if role is Role.OWNER:
        reached = walk.done | EMPTY.keys()
        missed = {
            route.endpoint
            for route in routes
            if route.action not in {"public", "sign-in"}
            and (_is_about_object(route) or not route.changes)
            and route.endpoint not in reached
        }
        assert missed == set(), "even the owner got nothing done there; see tests/bp/objects.py"
