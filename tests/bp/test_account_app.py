"""Sign-in through the account app, which runs beside and is asked over real HTTP."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select, update

from infrastructure.factory import BaseApp
from models.account import AccountKey, AccountUser
from models.people import Person, Session
from services.accounts.oidc import AccountApp
from services.accounts.viewer import Role
from tests.bp.account_app import BLOG, AtBoth, Provider, blog_of, let_a_minute_pass, running
from tests.bp.conftest import Visitor


@pytest.fixture
async def provider(database_url: str, tmp_path: Path) -> AsyncIterator[Provider]:
    async with running(database_url, tmp_path / "account") as provider:
        yield provider


@pytest.fixture
async def blog(provider: Provider, database_url: str, tmp_path: Path) -> AsyncIterator[BaseApp]:
    async with blog_of(provider, database_url, tmp_path / "var") as blog:
        yield blog


@pytest.fixture
async def browser(blog: BaseApp) -> AsyncIterator[AtBoth]:
    browser = AtBoth(blog)
    yield browser
    await browser.account.aclose()


async def test_somebody_signs_in_and_out(browser: AtBoth) -> None:
    answer = await browser.sign_in(next_path="/auth/account/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/auth/account/")
    page = await (await browser.blog.get("/auth/account/")).get_data(as_text=True)
    assert "Ada" in page
    assert "member" in page
    out = await browser.blog.submit("/auth/logout/", {})
    assert out.status_code == 303
    ended = await browser.account.get(out.headers["Location"])
    assert ended.headers["Location"] == f"{BLOG}/"
    assert not await browser.is_signed_in()
    # Nor is anybody signed in at the account app any more.
    began = await browser.blog.get("/auth/login/?prompt=none")
    back = await browser.account.get(began.headers["Location"])
    assert parse_qs(urlsplit(back.headers["Location"]).query)["error"] == ["login_required"]


async def test_who_is_signed_in_there_is_not_asked_again(browser: AtBoth) -> None:
    await browser.sign_in()
    await browser.blog.post("/auth/logout/")
    other = AtBoth(browser.blog.app)
    other.account = browser.account
    began = await other.blog.get("/auth/login/?prompt=none&next=/x/")
    back = await browser.account.get(began.headers["Location"])
    answer = await other.blog.get(back.headers["Location"].removeprefix(BLOG))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/x/")
    assert await other.is_signed_in()


async def test_a_silent_no_is_remembered(browser: AtBoth) -> None:
    began = await browser.blog.get("/auth/login/?prompt=none&next=/x/")
    assert began.status_code == 302
    back = await browser.at_account(began.headers["Location"])
    answer = await browser.blog.get(back.removeprefix(BLOG))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/x/")
    cookie = next(it for it in answer.headers.getlist("Set-Cookie") if "blog_silent" in it)
    assert "Max-Age=300" in cookie
    again = await browser.blog.get("/auth/login/?prompt=none&next=/y/")
    assert (again.status_code, again.headers["Location"]) == (303, "/y/")
    # Who wants to sign in is asked all the same.
    assert (await browser.blog.get("/auth/login/")).status_code == 302


async def test_a_grant_that_ended_signs_out_within_a_minute(blog: BaseApp, browser: AtBoth) -> None:
    await browser.sign_in()
    await browser.account.get(f"{blog.settings.account_url}/end-session")
    assert await browser.is_signed_in()
    await let_a_minute_pass(blog)
    assert not await browser.is_signed_in()
    async with blog.database.read() as connection:
        assert (await connection.execute(select(Session.id))).first() is None


async def test_a_grant_that_holds_is_checked_once_a_minute(blog: BaseApp, browser: AtBoth) -> None:
    await browser.sign_in()
    await let_a_minute_pass(blog)
    assert await browser.is_signed_in()
    async with blog.database.read() as connection:
        checked = await connection.scalar(select(Session.account_checked_at))
    assert checked is not None
    assert datetime.now(UTC) - checked < timedelta(seconds=10)


async def test_with_the_account_app_down_nobody_is_signed_in_and_readers_read(
    blog: BaseApp, browser: AtBoth, provider: Provider
) -> None:
    await browser.sign_in()
    await provider.stop()
    assert await browser.is_signed_in()  # until the minute is over
    await let_a_minute_pass(blog)
    assert not await browser.is_signed_in()
    assert (await browser.blog.get("/")).status_code == 200
    stranger = Visitor(blog)
    assert (await stranger.get("/")).status_code == 200
    blog.extensions["people"].grants.account._metadata = None
    answer = await stranger.get("/auth/login/")
    assert answer.status_code == 503
    assert "does not answer just now" in await answer.get_data(as_text=True)


async def test_a_session_is_bound_to_the_account_and_not_to_a_row(
    blog: BaseApp, browser: AtBoth
) -> None:
    await browser.sign_in()
    async with blog.database.unit_of_work() as work:
        # A rebuilt account app hands the address out anew, to somebody else.
        await work.session.execute(
            update(Person).values(account_subject="somebody-else", role=Role.OWNER.word)
        )
    await let_a_minute_pass(blog)
    assert not await browser.is_signed_in()


async def test_a_known_address_is_only_adopted_when_it_is_nobody_elses(
    blog: BaseApp, browser: AtBoth
) -> None:
    async with blog.database.unit_of_work() as work:
        work.session.add(
            Person(
                email="ada@example.org",
                role=Role.OWNER.word,
                account_issuer=blog.settings.account_url,
                account_subject="another",
            )
        )
    answer = await browser.sign_in()
    assert answer.status_code == 422
    assert not await browser.is_signed_in()


@pytest.mark.parametrize("broken", ["state", "cookie", "code"])
async def test_a_way_back_that_is_not_ours_signs_nobody_in(browser: AtBoth, broken: str) -> None:
    began = await browser.blog.get("/auth/login/")
    back = urlsplit(await browser.at_account(began.headers["Location"]))
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    if broken == "cookie":
        browser.blog = Visitor(browser.blog.app)
    else:
        query[broken] = "x" * 20
    answer = await browser.blog.get(f"{back.path}?{httpx.QueryParams(query)}")
    assert answer.status_code == 422
    assert not await browser.is_signed_in()


async def test_a_code_works_once_and_needs_its_verifier(
    browser: AtBoth, provider: Provider
) -> None:
    began = await browser.blog.get("/auth/login/")
    back = await browser.at_account(began.headers["Location"])
    code = parse_qs(urlsplit(back).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "client_id": "blog",
        "redirect_uri": f"{BLOG}/auth/callback/",
        "code": code,
        "code_verifier": "guessed",
    }
    stolen = await browser.account.post(f"{provider.url}/token", data=form)
    assert (stolen.status_code, stolen.json()) == (400, {"error": "invalid_grant"})
    assert (await browser.blog.get(back.removeprefix(BLOG))).status_code == 422


async def test_an_id_token_of_another_key_is_refused(blog: BaseApp, browser: AtBoth) -> None:
    account: AccountApp = blog.extensions["people"].grants.account
    began = await browser.blog.get("/auth/login/")
    back = await browser.at_account(began.headers["Location"])
    metadata = await account.metadata()
    await account._key_set(metadata, is_fresh=True)
    kept = account._ask

    async def ask(method: str, url: str, **more: Any) -> httpx.Response:
        answer = await kept(method, url, **more)
        if url == metadata.token_endpoint:
            tokens = answer.json()
            head, body, signature = tokens["id_token"].split(".")
            forged = signature[:-6] + ("AAAAAA" if signature[-6:] != "AAAAAA" else "BBBBBB")
            tokens["id_token"] = f"{head}.{body}.{forged}"
            return httpx.Response(200, content=json.dumps(tokens))
        return answer

    account._ask = ask  # type: ignore[method-assign]  # stands between, as an attacker would
    assert (await browser.blog.get(back.removeprefix(BLOG))).status_code == 422
    assert not await browser.is_signed_in()


async def test_unknown_apps_and_requests_without_pkce_are_turned_away(provider: Provider) -> None:
    good = {
        "response_type": "code",
        "client_id": "blog",
        "redirect_uri": f"{BLOG}/auth/callback/",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    async with httpx.AsyncClient() as client:
        for change in (
            {"client_id": "other"},
            {"redirect_uri": "http://evil.example/"},
            {"code_challenge": ""},
            {"code_challenge_method": "plain"},
            {"response_type": "token"},
        ):
            answer = await client.get(f"{provider.url}/authorize", params={**good, **change})
            assert answer.status_code == 422, change
            assert "Location" not in answer.headers
        answer = await client.get(f"{provider.url}/authorize", params=good)
        assert answer.status_code == 302


async def test_the_provider_has_one_key_and_keeps_its_secret(provider: Provider) -> None:
    async with provider.app.database.read() as connection:
        users = (await connection.execute(select(AccountUser.email))).scalars().all()
        assert sorted(users) == ["ada@example.org", "grace@example.org"]
    async with httpx.AsyncClient() as client:
        first = (await client.get(f"{provider.url}/keys.json")).json()
        assert first == (await client.get(f"{provider.url}/keys.json")).json()
    assert set(first["keys"][0]) & {"d", "p", "q"} == set()
    async with provider.app.database.read() as connection:
        assert (await connection.execute(select(AccountKey.id))).scalars().all() == [1]
