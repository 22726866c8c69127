"""The parties of an exchange, with their keys: a board, a practitioner, a patient."""

from __future__ import annotations

import pytest

from interop.peers import did_key
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
def parties(
    board: PrivateKey, practitioner: PrivateKey, patient: PrivateKey
) -> dict[str, str]:
    """Everybody's DID."""
    named = {"board": board, "practitioner": practitioner, "patient": patient}
    return {name: did_key(key) for name, key in named.items()}
