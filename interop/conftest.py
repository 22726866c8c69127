"""The parties of an exchange, with their keys: a board, a practitioner, a patient."""

from __future__ import annotations

import pytest

from medid.keys import KeyKind, PrivateKey


@pytest.fixture(scope="session")
def board() -> PrivateKey:
    return PrivateKey.generate(KeyKind.ED25519)


@pytest.fixture(scope="session")
def practitioner() -> PrivateKey:
    return PrivateKey.generate(KeyKind.ED25519)


@pytest.fixture(scope="session")
def patient() -> PrivateKey:
    return PrivateKey.generate(KeyKind.ED25519)


@pytest.fixture(scope="session")
def stranger() -> PrivateKey:
    """Somebody whose key signs nothing that a test relies on."""
    return PrivateKey.generate(KeyKind.ED25519)
