"""The fields of the desk's forms: what each is called, how it is checked, what is wrong with it.

Values come in as text and go out as what the column or the setting holds; nothing empty is kept.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from infrastructure.errors import InvalidError

Value = str | bool | None

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_SLUG = re.compile(r"[a-z0-9_]+(?:-[a-z0-9_]+)*")


class InvalidFieldsError(InvalidError):
    """Some fields of a form cannot be taken; `errors` has a sentence for each by its name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("Some of this could not be saved; see below.")
        self.errors = dict(errors)


def _text(value: str) -> str:
    return value


def address(value: str) -> str:
    """Check a web address or a path of this site.

    Raises:
        ValueError: it is neither; the message says what is allowed.
    """
    parts = urlsplit(value)
    is_path = value.startswith("/") and not value.startswith("//")
    if not is_path and (parts.scheme not in {"http", "https"} or not parts.hostname):
        msg = "Give a whole address (https://…) or a path of this site (/…)."
        raise ValueError(msg)
    if re.search(r"[\s\x00-\x1f\x7f<>\"\\]", value):
        msg = "There is a character in it that no address may have."
        raise ValueError(msg)
    return value


def colour(value: str) -> str:
    """Check a colour.

    Raises:
        ValueError: it is none.
    """
    if not _COLOUR.fullmatch(value):
        msg = "A colour is # and six hexadecimal digits, for example #a3293f."
        raise ValueError(msg)
    return value.lower()


def locale(value: str) -> str:
    """Check the name of a language.

    Raises:
        ValueError: it is none.
    """
    if not _LOCALE.fullmatch(value):
        msg = "A language is named like en, de or pt-BR."
        raise ValueError(msg)
    return value


def timezone(value: str) -> str:
    """Check the name of a time zone.

    Raises:
        ValueError: there is none of this name.
    """
    if value not in available_timezones():
        msg = "A time zone is named like Europe/London or Etc/UTC."
        raise ValueError(msg)
    return value


def slug(value: str) -> str:
    """Check the part of an address that names something.

    Raises:
        ValueError: it cannot stand in an address.
    """
    if not _SLUG.fullmatch(value):
        msg = "Only small letters a to z, digits and single hyphens between them."
        raise ValueError(msg)
    return value


def slug_from(name: str) -> str:
    """Make a slug of a name; `untitled` where none of its characters can stay."""
    words = re.findall(r"[a-z0-9]+", name.lower().replace("'", ""))
    made = "-".join(words)[:180].strip("-") or "untitled"
    return f"hash-{made}" if name.startswith("#") else made


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Attributes:
        name: of the input, and of the column or setting.
        label: what people read.
        kind: `text`, `area`, `code` or `check`.
        help: a sentence below it.
        longest: in characters.
        check: returns the value to keep, or raises `ValueError` with a sentence.
        needed: it may not be empty.
    """

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    longest: int = 300
    check: Callable[[str], str] = _text
    needed: bool = False


def parse(fields: Sequence[Field], form: Mapping[str, str]) -> dict[str, Value]:
    """Return what a form says.

    Args:
        fields: that it has.
        form: what was sent, by the fields' names; others are ignored.

    Raises:
        InvalidFieldsError: something cannot be taken.
    """
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for field in fields:
        given = form.get(field.name, "").replace("\0", "").replace("\r\n", "\n").strip()
        if field.kind == "check":
            values[field.name] = bool(given)
        elif not given:
            values[field.name] = None
            if field.needed:
                errors[field.name] = "This may not be empty."
        elif len(given) > field.longest:
            errors[field.name] = f"This is too long: {field.longest} characters are the most."
        else:
            try:
                values[field.name] = field.check(given)
            except ValueError as error:
                errors[field.name] = str(error)
    if errors:
        raise InvalidFieldsError(errors)
    return values
