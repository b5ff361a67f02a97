"""The menus' editor: trees of entries, drafts, what readers see of them, and what they saw."""

from bp.menu_items import changes, pages
from bp.menu_items.blueprint import blueprint

__all__ = ["blueprint", "changes", "pages"]
