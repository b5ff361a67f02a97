"""A contract test for apps that give fragments: does this app answer as the others rely on?

In a sibling's tests, over the network or in process:

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        assert await problems(client, "container-nav", {"container_type": "post", ...}) == []

For an app in another language: `python -m infrastructure.fragments.kit URL TYPE [NAME=VALUE …]`
prints what is wrong, and exits with 1 where anything is. What the contract says is in
`docs/siblings.md`.
"""

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from selectolax.lexbor import LexborHTMLParser

from infrastructure.fragments.client import LARGEST
from infrastructure.fragments.kinds import KINDS, MOST_CONTAINERS
from infrastructure.fragments.sanitise import Sanitiser
from infrastructure.http import create_client

ASKED: Final = {"X-Fragment-Request": "1", "Accept": "text/html"}

_PATH: Final = "/internal/fragments/"
_STRONG: Final = re.compile(r'"[\x21\x23-\x7e]+"')
_MAX_AGE: Final = re.compile(r"max-age=([0-9]+)")
_CONTAINER: Final = re.compile(r"[a-z][a-z-]*:[0-9]+")
_VIEWER: Final = ("user_id", "session_id")

_NAMES: Final = frozenset(
    {"app", "container_id", "container_ids", "container_type", "menu", "path", "slug", "variant"}
)

# What anybody could ask for: it is answered, and with no error.
_NONSENSE: Final = ("", "-1", "0", "x", "9" * 40, "%00", "<script>", "a" * 1500)


async def problems(
    client: httpx.AsyncClient,
    kind: str,
    parameters: Mapping[str, str | int] | None = None,
    *,
    site_url: str = "https://site.example",
) -> list[str]:
    """Return what is wrong with an app's fragments of one type, each as a sentence.

    Args:
        client: with the app's public address as its `base_url`.
        kind: one of `KINDS`.
        parameters: for which the app has something to show; of a personal fragment with the viewer.
        site_url: the public address of the site that shows it.

    Raises:
        KeyError: there is no such type.
        httpx.HTTPError: the app cannot be reached.
    """
    check = _Check(client, kind, dict(parameters or {}), site_url)
    await check.run()
    return check.found


class _Check:
    """One run."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        kind: str,
        parameters: dict[str, str | int],
        site_url: str,
    ) -> None:
        self.found: list[str] = []
        self._client = client
        self._kind = KINDS[kind]
        self._parameters = parameters
        self._site_url = site_url

    async def run(self) -> None:
        good = await self._ask(self._parameters)
        self._judge_answer(good)
        self._judge_html(good.text)
        await self._judge_door()
        await self._judge_unchanged(good)
        await self._judge_nonsense()
        if self._kind.personal:
            await self._judge_viewers(good)
        if self._kind.name == "container-cards":
            await self._judge_cards(good)
        if self._kind.name == "nav-tree":
            await self._judge_menu(good)

    def _tell(self, sentence: str) -> None:
        self.found.append(sentence)

    async def _ask(
        self, parameters: Mapping[str, str | int], kind: str = "", **headers: str
    ) -> httpx.Response:
        return await self._client.get(
            f"{_PATH}{kind or self._kind.name}",
            params=parameters,
            headers={**ASKED, **headers},
        )

    def _judge_answer(self, good: httpx.Response) -> None:
        if good.status_code != 200:
            self._tell(f"It answers {good.status_code} where it should answer 200.")
        content_type = good.headers.get("content-type", "").lower().replace(" ", "")
        if content_type != "text/html;charset=utf-8":
            self._tell(f"Its Content-Type is “{content_type}”, not text/html; charset=utf-8.")
        if not _STRONG.fullmatch(good.headers.get("etag", "")):
            self._tell("It has no strong ETag, so it is sent again each time.")
        if not good.headers.get("x-fragment-version"):
            self._tell("It has no X-Fragment-Version.")
        self._judge_caching(good.headers.get("cache-control", "").lower())
        if "set-cookie" in good.headers:
            self._tell("It sets a cookie; nobody takes it.")
        if not good.text.strip():
            self._tell("It shows nothing for these parameters; choose some for which it does.")

    def _judge_caching(self, control: str) -> None:
        if not control:
            self._tell("It has no Cache-Control.")
        elif "no-store" in control:
            self._tell("It says no-store, which means that it failed inside.")
        elif self._kind.personal and "private" not in control:
            self._tell("It is one viewer's own, and its Cache-Control does not say private.")
        age = _MAX_AGE.search(control)
        if age is not None and int(age[1]) > self._kind.fresh:
            self._tell(f"It may be kept for {age[1]} s; it is fresh for {self._kind.fresh:.0f} s.")

    def _judge_html(self, html: str) -> None:
        if len(html.encode()) > LARGEST:
            self._tell(f"It has more than {LARGEST // 1024} KiB; such a fragment is not taken.")
        app_url = str(self._client.base_url).rstrip("/")
        kept = LexborHTMLParser(Sanitiser("", app_url, self._site_url).clean(html))
        given = LexborHTMLParser(html)
        for name, count in (Counter(_parts(given)) - Counter(_parts(kept))).items():
            times = f" ({count} times)" if count > 1 else ""
            self._tell(f"{name} does not come through{times}: it may not stand in a fragment.")
        for node in given.css("[href], [src], [action]"):
            for name in ("href", "src", "action"):
                path = urlsplit(node.attributes.get(name) or "").path
                if "//" in path:
                    self._tell(f"There is a double slash in {name}=“{node.attributes[name]}”.")
        for known, count in Counter(it.attributes["id"] for it in given.css("[id]")).items():
            if count > 1:
                self._tell(f"The id “{known}” is there {count} times.")

    async def _judge_door(self) -> None:
        for value in (None, "0", "yes"):
            headers = {} if value is None else {"X-Fragment-Request": value}
            answer = await self._client.get(
                f"{_PATH}{self._kind.name}", params=self._parameters, headers=headers
            )
            if answer.status_code != 404:
                said = "without X-Fragment-Request" if value is None else f"with it “{value}”"
                self._tell(f"It answers {answer.status_code} {said}, where it should answer 404.")
        unknown = await self._ask({}, kind="no-such-type")
        if unknown.status_code != 200 or unknown.content:
            self._tell("It answers an unknown type with something else than an empty 200.")
        elif "no-store" not in unknown.headers.get("cache-control", ""):
            self._tell("Its answer to an unknown type may be kept: it should say no-store.")

    async def _judge_unchanged(self, good: httpx.Response) -> None:
        etag = good.headers.get("etag")
        if not etag:
            return
        again = await self._ask(self._parameters, **{"If-None-Match": etag})
        if (again.status_code, again.content) != (304, b""):
            self._tell(f"It answers its own ETag with {again.status_code}, not with an empty 304.")
        other = await self._ask(self._parameters, **{"If-None-Match": '"of another"'})
        if other.status_code != 200:
            self._tell("It answers an ETag that it never gave with something else than 200.")

    async def _judge_nonsense(self) -> None:
        for given in _NONSENSE:
            answer = await self._ask(dict.fromkeys(sorted({*_NAMES, *self._parameters}), given))
            if answer.status_code not in {200, 404}:
                self._tell(f"It answers parameters like “{given[:20]}” with {answer.status_code}.")
        nothing = await self._ask({})
        if nothing.status_code != 200:
            self._tell(f"Without parameters it answers {nothing.status_code}.")

    async def _judge_viewers(self, good: httpx.Response) -> None:
        if not set(_VIEWER) & set(self._parameters):
            self._tell("It is one viewer's own: give user_id or session_id among the parameters.")
            return
        others = {name: it for name, it in self._parameters.items() if name not in _VIEWER}
        if (await self._ask(others)).text.strip():
            self._tell("It shows something to nobody: without a viewer it should be empty.")
        stranger = {**others, "session_id": "0" * 32}
        if good.text.strip() and (await self._ask(stranger)).text == good.text:
            self._tell("It shows a stranger what it shows to the viewer.")

    async def _judge_cards(self, good: httpx.Response) -> None:
        kind = self._parameters.get("container_type", "")
        asked = {f"{kind}:{it}" for it in str(self._parameters["container_ids"]).split(",")}
        told = []
        for node in LexborHTMLParser(good.text).css("[data-container]"):
            name = node.attributes["data-container"] or ""
            if node.tag != "section" or not _CONTAINER.fullmatch(name):
                self._tell("What is for a container is not a <section data-container=“post:7”>.")
            elif name not in asked:
                self._tell(f"It has a section for {name}, which nobody asked for.")
            told.append(name)
        if len(told) != len(set(told)):
            self._tell("It has more than one section for the same container.")
        many = ",".join(str(number) for number in range(1, MOST_CONTAINERS + 1))
        answer = await self._ask({**self._parameters, "container_ids": many})
        if answer.status_code != 200:
            self._tell(f"It answers {MOST_CONTAINERS} containers with {answer.status_code}.")

    async def _judge_menu(self, good: httpx.Response) -> None:
        page = LexborHTMLParser(good.text)
        links = page.css("a")
        if any(not urlsplit(it.attributes.get("href") or "").scheme for it in links):
            self._tell("A link has no origin: it would lead to the app that shows the menu.")
        if len(page.css('[aria-current="page"]')) > 1:
            self._tell("More than one entry is the current one.")
        answer = await self._ask(self._parameters, Accept="application/json")
        try:
            tree: dict[str, Any] = json.loads(answer.content)
            told = [(it["label"], it["url"]) for it in _entries(tree["nodes"]) if it["url"]]
        except (ValueError, KeyError, TypeError):
            self._tell("It gives no tree as JSON.")
            return
        if told != [(it.text(), it.attributes.get("href")) for it in links]:
            self._tell("Its JSON tells other entries than its HTML.")
        if tree.get("version") != good.headers.get("x-fragment-version"):
            self._tell("Its JSON has another version than its HTML.")


def _entries(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        yield node
        yield from _entries(node["children"])


def _parts(page: LexborHTMLParser) -> Iterator[str]:
    """Give the elements and attributes of a fragment, as a problem would name them."""
    body = page.body
    for node in body.traverse() if body is not None else ():
        if node.tag is None or node.tag.startswith("-") or node.tag in {"body", "html", "head"}:
            continue
        yield f"<{node.tag}>"
        yield from (f"<{node.tag} {name}>" for name in node.attributes)


async def _main(arguments: list[str]) -> int:
    if len(arguments) < 2 or arguments[1] not in KINDS:
        sys.stderr.write(
            "python -m infrastructure.fragments.kit URL TYPE [NAME=VALUE …]\n"
            f"TYPE is one of {', '.join(KINDS)}.\n"
        )
        return 2
    url, kind, *given = arguments
    parameters = dict(it.partition("=")[::2] for it in given)
    async with create_client(base_url=url) as client:
        try:
            found = await problems(client, kind, parameters)
        except httpx.HTTPError as error:
            found = [f"It cannot be reached: {error}"]
    for sentence in found:
        sys.stdout.write(f"{sentence}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(sys.argv[1:])))
