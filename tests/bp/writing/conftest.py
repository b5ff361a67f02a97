"""Two editors of one site."""

import pytest

from infrastructure.factory import BaseApp
from services.accounts.viewer import Role
from tests.bp.conftest import Visitor, sign_in_as


@pytest.fixture
async def ada(app: BaseApp) -> Visitor:
    return await sign_in_as(app, Role.EDITOR, email="ada@example.org")


@pytest.fixture
async def ben(app: BaseApp) -> Visitor:
    return await sign_in_as(app, Role.EDITOR, email="ben@example.org")
