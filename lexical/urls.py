"""Addresses as browsers write them: the parts of the URL Standard that reading HTML needs."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_ABSOLUTE = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):(.*)\Z", re.DOTALL)
_SPECIAL: Final = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}
_PATH_SAFE: Final = "/%:@!$&'()*+,;=-._~|[]\\"
_QUERY_SAFE: Final = "/%:@!$&()*+,;=-._~|[]\\?^`{}"
_FRAGMENT_SAFE: Final = "/%:@!$&'()*+,;=-._~|[]\\?^{}#"


def resolved(url: str) -> str:
    """An address as a DOM property gives it on a page without an address of its own.

    An absolute one comes out normalised, any other as it is.
    """
    trimmed = re.sub(r"[\t\n\r]", "", url.strip("".join(map(chr, range(33)))))
    match = _ABSOLUTE.match(trimmed)
    if match is None:
        return url
    scheme, rest = match[1].lower(), match[2]
    if scheme not in _SPECIAL:
        return f"{scheme}:{quote(rest, safe=_OPAQUE_SAFE)}"
    rest = rest.lstrip("/\\")
    authority, path, query, fragment = _split(rest)
    host = _host(authority, scheme)
    if host is None:
        return url
    out = f"{scheme}://{host}{_path(path)}"
    if query is not None:
        out += "?" + quote(query, safe=_QUERY_SAFE)
    if fragment is not None:
        out += "#" + quote(fragment, safe=_FRAGMENT_SAFE)
    return out


_OPAQUE_SAFE: Final = "".join(chr(code) for code in range(32, 127))


def _split(rest: str) -> tuple[str, str, str | None, str | None]:
    rest, hash_sign, fragment = rest.partition("#")
    rest, question_mark, query = rest.partition("?")
    match = re.match(r"[^/\\]*", rest)
    end = match.end() if match else 0
    return (
        rest[:end],
        rest[end:].replace("\\", "/"),
        query if question_mark else None,
        fragment if hash_sign else None,
    )


def _host(authority: str, scheme: str) -> str | None:
    credentials, at_sign, host = authority.rpartition("@")
    host, _, port = host.partition(":") if not host.startswith("[") else (host, "", "")
    if not host:
        return None
    host = host.lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    if re.search(r"[\x00-\x20#%/<>?@\\^|]", host) or not re.fullmatch(r"\d*", port):
        return None
    own_port = f":{int(port)}" if port and port != _SPECIAL[scheme] else ""
    return f"{quote(credentials, safe=_PATH_SAFE)}{at_sign}{host}{own_port}"


def _path(path: str) -> str:
    out: list[str] = []
    segments = path.split("/")[1:] or [""]
    for index, segment in enumerate(segments):
        is_last = index == len(segments) - 1
        plain = segment.replace("%2e", ".").replace("%2E", ".")
        if plain == "..":
            if out:
                out.pop()
        elif plain != ".":
            out.append(quote(segment, safe=_PATH_SAFE))
            continue
        if is_last:
            out.append("")
    return "/" + "/".join(out)
