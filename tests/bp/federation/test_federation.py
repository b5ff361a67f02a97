"""How another server finds the site's actor and reads all that it told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client
from sqlalchemy import select

from app import create_app
from infrastructure.factory import BaseApp
from infrastructure.settings import Settings
from models.content import Post
from models.site import SiteSetting

SITE = "https://coop.example"
ACTOR = f"{SITE}/federation/actor"
ACTIVITY = {"Accept": "application/activity+json"}


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[BaseApp]:
    settings = Settings(
        environment="test",
        database_url=database_url,
        site_url=SITE,
        allowed_hosts=("localhost",),
        secret_key=("k" * 32,),
    )
    app = create_app(settings)
    async with app.database.unit_of_work() as work:
        work.session.add_all(
            SiteSetting(key=key, value=value)
            for key, value in {
                "title": "The Coop",
                "description": "Bread and bicycles.",
                "icon": "/content/images/icon.png",
            }.items()
        )
        now = datetime.now(UTC)
        work.session.add_all(
            Post(
                slug=f"rye-{number}",
                title=f"Rye {number}",
                html='<p class="x">Rye <a href="/wheat/">and wheat</a></p><script>1</script>',
                status="published",
                published_at=now - timedelta(minutes=number),
            )
            for number in range(1, 46)
        )
    async with app.test_app():
        yield app


@pytest.fixture
def client(app: BaseApp) -> Client:
    return app.test_client()


async def read(client: Client, address: str, status: int = 200, **headers: str) -> dict[str, Any]:
    response = await client.get(
        address.removeprefix(SITE), headers={**ACTIVITY, "Host": "coop.example", **headers}
    )
    assert response.status_code == status, address
    document: dict[str, Any] = await response.get_json(force=True)
    return document


async def test_from_the_handle_to_the_oldest_post(client: Client) -> None:
    found = await read(client, "/.well-known/webfinger?resource=acct:blog@coop.example")
    (actor_address,) = [link["href"] for link in found["links"] if link["rel"] == "self"]
    actor = await read(client, actor_address)
    assert actor["id"] == actor_address == ACTOR
    assert (actor["name"], actor["preferredUsername"]) == ("The Coop", "blog")
    assert actor["icon"]["url"] == f"{SITE}/content/images/icon.png"
    outbox = await read(client, actor["outbox"])
    assert (outbox["type"], outbox["totalItems"]) == ("OrderedCollection", 45)
    seen: list[str] = []
    address = outbox["first"]
    while address:
        page = await read(client, address)
        assert page["id"] == address
        assert (page["type"], page["partOf"]) == ("OrderedCollectionPage", outbox["id"])
        assert len(page["orderedItems"]) <= 20
        seen += [activity["object"]["name"] for activity in page["orderedItems"]]
        address = page.get("next")
    assert seen == [f"Rye {number}" for number in range(1, 46)]


async def test_each_thing_is_read_at_its_address(client: Client) -> None:
    activity = (await read(client, f"{ACTOR}/outbox?page=true"))["orderedItems"][0]
    assert (await read(client, activity["id"]))["object"] == activity["object"]
    article = await read(client, activity["object"]["id"])
    assert article["@context"] == "https://www.w3.org/ns/activitystreams"
    assert article["content"] == f'<p>Rye <a href="{SITE}/wheat/">and wheat</a></p>'
    await read(client, f"{ACTOR}/outbox?page=true&before=x", 404)
    await read(client, "/federation/activities/nothing", 404)
    await read(client, f"{article['id']}9", 404)


async def test_what_was_taken_back_is_gone(app: BaseApp, client: Client) -> None:
    async with app.database.unit_of_work() as work:
        post = await work.session.scalar(select(Post).where(Post.slug == "rye-7"))
        assert post is not None
        post.status = "draft"
    newest = (await read(client, f"{ACTOR}/outbox?page=true"))["orderedItems"][0]
    assert newest["type"] == "Delete"
    stone = await read(client, newest["object"]["id"], 410)
    assert stone["type"] == "Tombstone"


async def test_a_browser_is_led_to_the_page(client: Client) -> None:
    html = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    response = await client.get("/federation/actor", headers=html)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    activity = (await read(client, f"{ACTOR}/outbox?page=true"))["orderedItems"][0]
    path = activity["object"]["id"].removeprefix(SITE)
    response = await client.get(path, headers=html)
    assert response.headers["Location"] == f"{SITE}/rye-1/"


async def test_webfinger_knows_the_actor_alone(client: Client) -> None:
    for resource in ("acct:Blog@coop.example", ACTOR, SITE, f"{SITE}/"):
        found = await read(client, f"/.well-known/webfinger?resource={resource}")
        assert found["subject"] == "acct:blog@coop.example"
    for resource in ("acct:ada@coop.example", "acct:blog@evil.example", "https://evil.example/"):
        await read(client, f"/.well-known/webfinger?resource={resource}", 404)
    await read(client, "/.well-known/webfinger", 400)


async def test_nodeinfo_and_followers(client: Client) -> None:
    links = await read(client, "/.well-known/nodeinfo")
    described = await read(client, links["links"][0]["href"])
    assert described["protocols"] == ["activitypub"]
    assert described["usage"]["localPosts"] == 45
    followers = await read(client, f"{ACTOR}/followers")
    assert (followers["type"], followers["totalItems"]) == ("OrderedCollection", 0)
    assert "orderedItems" not in followers


async def test_the_inbox_says_that_nobody_listens(client: Client) -> None:
    response = await client.post(f"{ACTOR}/inbox".removeprefix(SITE), json={"type": "Follow"})
    assert response.status_code == 405
