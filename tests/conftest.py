"""How hard the campaigns look, and what is kept of the tests.

A campaign (``campaign``, or a property test of hypothesis) looks quickly in every run
and for long in a soak. The cases of official vectors that a passing test noted become
properties of its report.
"""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import HealthCheck, settings

from medid.keys import keyfile
from tests.support import AGREED

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.adapters.signers.tokens import Hsm

# The machine that runs the tests is shared: a deadline would judge its neighbours.
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak",
    settings.get_profile("ci"),
    derandomize=False,
    max_examples=1000,
)
settings.load_profile("soak" if os.environ.get("MEDID_SOAK") else "ci")


@pytest.fixture(scope="session", autouse=True)
def _only_this_process_is_measured() -> None:
    """Let the commands that a test starts run at their own speed."""
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


class _DerivedOnce:
    """Scrypt, slow on purpose: what it gives is kept for who asks for the same."""

    _kept: ClassVar[dict[object, bytes]] = {}

    def __init__(self, **asked: Any) -> None:
        self._asked = asked

    def derive(self, password: bytes) -> bytes:
        key = (password, *sorted(self._asked.items()))
        if key not in self._kept:
            self._kept[key] = Scrypt(**self._asked).derive(password)
        return self._kept[key]


@pytest.fixture(scope="session", autouse=True)
def _keys_are_derived_once() -> Generator[None, None, None]:
    """Let each key file cost its time once; the commands of a test pay in full."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyfile, "Scrypt", _DerivedOnce)
        yield


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end: 20,000 tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Hand what the test noted to its report, unless it fails."""
    AGREED.clear()
    yield
    item.user_properties.extend(AGREED)


@pytest.fixture(scope="session")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Hsm:
    """SoftHSM, of which a process has one; skips where it is not installed."""
    from tests.adapters.signers import tokens

    return tokens.hsm(tmp_path_factory.mktemp("hsm"))
