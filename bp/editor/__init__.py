"""The prose editor: its page, and what it asks for while somebody writes."""

from bp.editor import page
from bp.editor.assist import blueprint

__all__ = ["blueprint", "page"]
