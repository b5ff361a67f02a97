"""The tables of `docs/settings.md` have every setting, and none that does not exist."""

import re
from pathlib import Path

from infrastructure.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"

# A row: the name, what it means, what holds when it is unset.
ROW = re.compile(r"^\| `([A-Z_]+)` \| (\S.*) \| (\S.*) \|$", re.MULTILINE)


def test_every_setting_has_one_row_and_nothing_else_has() -> None:
    names = [row[0] for row in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def test_every_setting_says_what_it_means_where_it_is_declared() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]
    assert silent == []
