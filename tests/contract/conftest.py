"""What the contract tests stand on: one transaction, rolled back, seen by reads and by writes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infrastructure.database import UnitOfWork


@pytest.fixture
def work(session: AsyncSession) -> UnitOfWork:
    """Give a unit of work in the transaction that `connection` reads."""
    return UnitOfWork(session)


class Statements:
    """The statements that were sent while it counted."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    @contextmanager
    def counted(self, connection: AsyncConnection) -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
            sent.append(statement)

        event.listen(connection.sync_connection, "before_cursor_execute", note)
        yield sent
        event.remove(connection.sync_connection, "before_cursor_execute", note)


@pytest.fixture
def statements() -> Statements:
    return Statements()
