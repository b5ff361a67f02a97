"""The one error of this package: what was handed in is not a document."""

from __future__ import annotations


class LexicalError(ValueError):
    """Something that was handed in as a document is none, or is too large to be treated as one.

    ``path`` says where (``root.children[3].text``), ``reason`` says what, as a sentence that a
    person can be shown.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
