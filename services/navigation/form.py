"""What an editor's form says of an entry, checked."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

from services.desk.fields import InvalidFieldsError, address
from services.navigation.editing import NodeValues
from services.navigation.rows import AUDIENCES, ICONS

CONTENT: Final = ("page", "post", "tag")
"""The kinds of what is on this site."""

LONGEST_LABEL: Final = 120
_LONGEST_ADDRESS: Final = 2000

_TARGET: Final = re.compile(r"(page|post|tag):([1-9][0-9]{0,17})")
_MAIL: Final = re.compile(r"mailto:[^\s@<>\"]+@[^\s@<>\"]+")
_TELEPHONE: Final = re.compile(r"tel:\+?[0-9 ()./-]{2,40}")
_HERE: Final = re.compile(r"#[^\s<>\"]{1,200}")

_NO_TARGET: Final = "Choose what it leads to."
_NEEDS_LABEL: Final = "Give it a label: it has no name of its own."


def node_values(form: Mapping[str, str], apps: Collection[str]) -> NodeValues:
    """Return what a form says an entry is.

    Args:
        form: `kind`, and what the kind needs: `target` (`page:7`), `app`, `address`; `label`,
            `icon`, `audience`, `new_tab`.
        apps: the sibling apps that there are.

    Raises:
        InvalidFieldsError: something in it cannot be taken.
    """
    errors: dict[str, str] = {}
    kind = form.get("kind", "")
    label = " ".join(form.get("label", "").replace("\0", "").split()) or None
    if label and len(label) > LONGEST_LABEL:
        errors["label"] = f"This is too long: {LONGEST_LABEL} characters are the most."
    target_id = None
    app = where = None
    if kind in CONTENT:
        kind, target_id = _target(form.get("target", ""), errors, kind)
    elif kind == "app":
        app, where = _app(form, apps, errors)
    elif kind == "url":
        where = _address(form.get("address", ""), errors)
    elif kind != "heading":
        errors["kind"] = "There is no such kind of entry."
    if kind in {"url", "heading"} and not label:
        errors["label"] = _NEEDS_LABEL
    icon = form.get("icon") or None
    if icon is not None and icon not in ICONS:
        errors["icon"] = "There is no such icon."
    audience = form.get("audience") or "everyone"
    if audience not in AUDIENCES:
        errors["audience"] = "Nobody is called that here."
    if errors:
        raise InvalidFieldsError(errors)
    return NodeValues(
        kind,
        target_id=target_id,
        app=app,
        address=where,
        label=label,
        icon=icon,
        audience=audience,
        new_tab=bool(form.get("new_tab")),
    )


def _target(given: str, errors: dict[str, str], kind: str) -> tuple[str, int | None]:
    found = _TARGET.fullmatch(given)
    if found is None:
        errors["target"] = _NO_TARGET
        return kind, None
    return found[1], int(found[2])


def _app(
    form: Mapping[str, str], apps: Collection[str], errors: dict[str, str]
) -> tuple[str | None, str | None]:
    app = form.get("app", "")
    if app not in apps and app != form.get("was_app"):
        errors["app"] = "There is no such app on this platform."
    path = form.get("address", "").strip() or "/"
    if not path.startswith("/") or path.startswith("//"):
        errors["address"] = "Give a path of the app, which begins with a slash: /events/."
    else:
        _checked(path, errors)
    return app or None, path


def _address(given: str, errors: dict[str, str]) -> str:
    return _checked(given.strip(), errors, link_address)


def _checked(given: str, errors: dict[str, str], check: Callable[[str], str] = address) -> str:
    try:
        return check(given)
    except ValueError as error:
        errors["address"] = str(error)
        return given


def link_address(given: str) -> str:
    """Check where a link leads: an address, a path of this site, a mark, mail or a telephone.

    Raises:
        ValueError: it is none of these; the message says what is allowed.
    """
    if len(given) > _LONGEST_ADDRESS:
        msg = f"This is too long: {_LONGEST_ADDRESS} characters are the most."
        raise ValueError(msg)
    if any(it.fullmatch(given) for it in (_MAIL, _TELEPHONE, _HERE)):
        return given
    return address(given)
