"""SoftHSM, once in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.adapters.signers import tokens

if TYPE_CHECKING:
    from tests.adapters.signers.tokens import Hsm


@pytest.fixture(scope="session")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Hsm:
    return tokens.hsm(tmp_path_factory.mktemp("hsm"))
