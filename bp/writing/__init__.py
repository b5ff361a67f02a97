"""Posts while they are written: working copies, revisions, publishing, previews."""

from bp.writing import preview, revisions, routes
from bp.writing.blueprint import blueprint

__all__ = ["blueprint", "preview", "revisions", "routes"]
