"""What every answer promises: headers, names, sizes, cookies, ways on; and the login's walls."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import text

from app import create_app
from infrastructure import flood
from infrastructure.factory import BaseApp
from infrastructure.network import client_address
from infrastructure.security import SMALL_BODY, local_path
from infrastructure.settings import Settings
from models.people import Person
from models.site import SiteSetting
from services.accounts.passwords import hash_password
from services.accounts.viewer import Role
from tests.bp.conftest import LetterBox, Visitor, sign_in_as


async def test_public_pages_run_no_inline_script(visitor: Visitor) -> None:
    for path in ("/", "/nothing-here/", "/search/?q=x", "/author/ada/", "/administer/"):
        answer = await visitor.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'self'" in policy
        assert "object-src 'none'" in policy
        page = await answer.get_data(as_text=True)
        assert re.search(r"<script(?![^>]*\bsrc=)(?![^>]*ld\+json)", page) is None
        assert re.search(r"<[^>]+\son\w+=", page) is None


async def test_injected_code_runs_and_nothing_beside_it(app: BaseApp, visitor: Visitor) -> None:
    async with app.database.unit_of_work() as work:
        code = (
            "<script>let a = '<b>';</script><script src='https://stats.example/x.js'></script>"
            "<link rel=stylesheet href='https://fonts.example:8443/x.css'>"
            '<script src="https://evil;script-src%20*/x.js"></script>'
        )
        work.session.add(SiteSetting(key="codeinjection_head", value=code))
    policy = (await visitor.get("/")).headers["Content-Security-Policy"]
    digest = b64encode(sha256(b"let a = '<b>';").digest()).decode()
    allowed = f"'self' 'sha256-{digest}' https://stats.example https://fonts.example:8443;"
    assert f"script-src {allowed}" in policy
    assert "evil" not in policy
    assert policy.count("script-src") == 1
    house = (await visitor.get("/auth/login/")).headers["Content-Security-Policy"]
    assert "stats.example" not in house


async def test_pages_of_the_house_are_nobody_elses(app: BaseApp) -> None:
    owner = await sign_in_as(app, Role.OWNER)
    nonces = set()
    for path in ("/admin/", "/admin/people/", "/auth/account/"):
        answer = await owner.get(path)
        policy = answer.headers["Content-Security-Policy"]
        nonces.update(re.findall(r"'nonce-([^']+)'", policy))
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
    assert len(nonces) == 3


async def test_every_answer_has_the_plain_headers(visitor: Visitor) -> None:
    for path in ("/", "/livez", "/auth/login/", "/static/css/admin.css", "/nothing/"):
        headers = (await visitor.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Server" not in headers


async def test_public_pages_set_no_cookie(app: BaseApp) -> None:
    reader = await sign_in_as(app, Role.READER)
    for visitor in (Visitor(app), reader):
        for path in ("/", "/search/?q=x", "/nothing/", "/livez"):
            assert "Set-Cookie" not in (await visitor.get(path)).headers


@pytest.fixture
async def https_app(settings: Settings) -> AsyncIterator[BaseApp]:
    app = create_app(
        settings.model_copy(
            update={"site_url": "https://blog.example", "allowed_hosts": ("other.example",)}
        )
    )
    app.extensions["people"].mailer = LetterBox()
    async with app.test_app():
        yield app


async def test_cookies_on_https_belong_to_this_host_alone(https_app: BaseApp) -> None:
    visitor = Visitor(https_app)
    answer = await visitor.get("/auth/login/", Host="blog.example")
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-blog_")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("blog.example", "/", 200),
        ("BLOG.example:443", "/", 200),
        ("other.example", "/", 200),
        ("evil.example", "/", 421),
        ("blog.example.evil.example", "/", 421),
        ("evil.example", "/auth/login/", 421),
        ("", "/", 421),
        ("10.0.0.7:8000", "/livez", 200),
    ],
)
async def test_only_our_own_names(https_app: BaseApp, host: str, path: str, status: int) -> None:
    answer = await Visitor(https_app).get(path, Host=host)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("given", "goes"),
    [
        ("/admin/", "/admin/"),
        ("/a?b=//c", "/a?b=//c"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("evil", "/"),
        ("/" + "x" * 3000, "/"),
        (None, "/"),
    ],
)
async def test_nobody_is_led_to_another_site(given: str | None, goes: str) -> None:
    assert local_path(given) == goes


async def test_sign_in_leads_nowhere_else(app: BaseApp, visitor: Visitor) -> None:
    hashed = await hash_password("correct horse battery")
    async with app.database.unit_of_work() as work:
        work.session.add(Person(email="ada@example.org", password_hash=hashed))
    form = {"email": "ada@example.org", "password": "correct horse battery", "how": "password"}
    answer = await visitor.submit("/auth/login/", form | {"next": "//evil.example/"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


async def test_a_large_form_is_refused(app: BaseApp, visitor: Visitor) -> None:
    answer = await visitor.submit("/auth/login/", {"email": "x" * (SMALL_BODY + 1)})
    assert answer.status_code == 413
    owner = await sign_in_as(app, Role.OWNER)
    answer = await owner.submit("/admin/tags/new/", {"name": "x" * (SMALL_BODY + 1)})
    assert answer.status_code == 413


async def test_nothing_is_reflected(app: BaseApp) -> None:
    owner = await sign_in_as(app, Role.OWNER)
    evil = "\"'><script>alert(1)</script>"
    for path in (
        "/search/",
        "/auth/login/",
        "/admin/tags/",
        "/admin/people/",
        "/admin/audit/",
        "/admin/redirects/",
        "/",
    ):
        for name in ("q", "next", "words", "after", "visibility", "role", "action", "done"):
            answer = await owner.client.get(
                path, query_string={name: evil}, headers={"Accept": "text/html"}
            )
            assert answer.status_code < 500, (path, name)
            assert b"<script>alert" not in await answer.get_data()


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "found"),
    [
        ("192.0.2.1", "203.0.113.9", 0, "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("10.0.0.1", "", 1, ""),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:0db8:0001:0002::/64"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
    ],
)
def test_whose_address_counts(peer: str, forwarded: str, proxies: int, found: str) -> None:
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    assert client_address(scope, proxies) == found


async def test_searching_too_often_waits(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    async with app.test_app():
        await _search_too_often(app)


async def _search_too_often(app: BaseApp) -> None:
    visitor = Visitor(app)
    answers = [await visitor.get("/search/?q=x") for _ in range(flood.LIMITS[0][1] + 5)]
    assert [it.status_code for it in answers].count(429) >= 3
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert (await visitor.get("/")).status_code == 200
    assert (await Visitor(app, "192.0.2.2").get("/search/?q=x")).status_code == 200


async def _guess(app: BaseApp, tries: int, addresses: int) -> list[int]:
    """Try wrong passwords from several addresses, each as fast as it can."""
    found = []
    visitors = [Visitor(app, f"198.51.{it // 250}.{it % 250 + 1}") for it in range(addresses)]
    page = await (await visitors[0].get("/auth/login/")).get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    jar: Any = visitors[0].client.cookie_jar
    for number in range(tries):
        guesser = visitors[number % addresses]
        guesser.client.cookie_jar = jar
        form = {
            "csrf_token": token,
            "email": "owner@example.org",
            "password": f"wrong number {number}",
            "how": "password",
        }
        answer = await guesser.post("/auth/login/", form)
        found.append(answer.status_code)
    return found


async def _guessing_neither_lets_in_nor_locks_out(app: BaseApp, tries: int, addresses: int) -> None:
    owner = await sign_in_as(app, Role.OWNER)
    hashed = await hash_password("correct horse battery")
    async with app.database.unit_of_work() as work:
        await work.session.execute(text("UPDATE people SET password_hash = :it"), {"it": hashed})
    form = {"email": "owner@example.org", "password": "correct horse battery", "how": "password"}
    # The owner's own browser has signed in with the password before.
    await owner.submit("/auth/logout/", {})
    assert (await owner.submit("/auth/login/", form)).status_code == 303
    await owner.submit("/auth/logout/", {})

    answers = await _guess(app, tries, addresses)
    assert set(answers) == {422, 429}
    assert answers.count(422) <= 15 + tries // 100

    # From a browser of theirs the owner gets in at once …
    assert (await owner.submit("/auth/login/", form)).status_code == 303
    # … from any other by a link, which guessing does not touch …
    other = Visitor(app, "203.0.113.50")
    answer = await other.submit("/auth/login/", form | {"how": "link"})
    assert answer.status_code == 200
    # … and with the password after a wait of minutes, however long somebody has been guessing.
    answer = await other.submit("/auth/login/", form)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) <= 60


async def test_guessing_passwords(app: BaseApp) -> None:
    await _guessing_neither_lets_in_nor_locks_out(app, 60, 7)


@pytest.mark.slow
async def test_ten_thousand_wrong_passwords(app: BaseApp) -> None:
    await _guessing_neither_lets_in_nor_locks_out(app, 10_000, 500)
