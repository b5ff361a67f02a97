"""The file of an export: written row by row beside its place, and put there when it is whole."""

import os
import time
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from services.ghost.export import ExportError

# The Ghost whose tables and columns are written.
_VERSION: Final = "6.65.0"


class ExportFile:
    """A file in Ghost's format, as a context manager; only a block that ends well leaves one.

    It holds addresses of people, so nobody but the file's owner may read it. Source of the format:
    the export of Ghost 6.65, `{"db": [{"meta": {…}, "data": {table: [rows]}}]}`.
    """

    def __init__(self, path: Path, *, may_overwrite: bool) -> None:
        """Say where to; nothing is written yet."""
        self._path = path
        self._may_overwrite = may_overwrite
        self._has_tables = False
        self.counts: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Begin a file beside the place where it is to be.

        Raises:
            ExportError: there is a file already, or none can be written there.
        """
        self._refuse_what_is_there()
        try:
            # It outlives this method: `__exit__` closes it.
            self._file = NamedTemporaryFile(
                dir=self._path.parent, prefix=f".{self._path.name}.", delete=False
            )
        except OSError as error:
            raise self._unwritable(error) from error
        meta = {"exported_on": time.time_ns() // 1_000_000, "version": _VERSION}
        self._file.write(b'{"db":[{"meta":' + msgspec.json.encode(meta) + b',"data":{')
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the file into its place, or throw it away where the block failed.

        Raises:
            ExportError: it cannot be put there.
        """
        written = Path(self._file.name)
        try:
            with self._file:
                if kind is None:
                    self._file.write(b"}}]}\n")
                    self._file.flush()
                    os.fsync(self._file.fileno())
            if kind is None:
                self._refuse_what_is_there()
                written.replace(self._path)
        except OSError as failure:
            raise self._unwritable(failure) from failure
        finally:
            written.unlink(missing_ok=True)

    def table(self, name: str) -> None:
        """Begin a table."""
        self._write((b"]," if self._has_tables else b"") + b'\n"' + name.encode() + b'":[')
        self._has_tables = True
        self._table = name
        self.counts[name] = 0

    def row(self, row: dict[str, Any]) -> None:
        """Write a row of the table that was begun last."""
        between = b",\n" if self.counts[self._table] else b"\n"
        self._write(between + msgspec.json.encode(row, order="deterministic"))
        self.counts[self._table] += 1

    def end(self) -> None:
        """End the last table."""
        self._write(b"]")

    def _write(self, content: bytes) -> None:
        try:
            self._file.write(content)
        except OSError as error:
            raise self._unwritable(error) from error

    def _refuse_what_is_there(self) -> None:
        if self._path.is_dir():
            message = f"{self._path} is a folder; name a file."
            raise ExportError(message)
        if not self._may_overwrite and os.path.lexists(self._path):
            message = f"{self._path} is there already; with --overwrite it would be replaced."
            raise ExportError(message)

    def _unwritable(self, error: OSError) -> ExportError:
        return ExportError(f"{self._path} cannot be written ({error.strerror}).")
