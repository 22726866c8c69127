"""A credential of a did:ethr: its key counts while its account owns it."""

from __future__ import annotations

from hashlib import shake_256
from typing import TYPE_CHECKING

import pytest

from medid.adapters.evm import EvmFetch
from medid.adapters.https import HttpsFetch
from medid.core.evidence import Evidence
from medid.dids.methods import ethr
from medid.issuing import Controller, issue
from medid.keys import KeyKind, PrivateKey
from medid.verifying.verifier import verify
from tests.dids.ethr.builders import CHAIN_ID, DID, OTHER, Told, at, evidence

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.core.json import JsonObject

KEY = PrivateKey.generate(
    KeyKind.SECP256K1, entropy=shake_256(KeyKind.SECP256K1.value.encode()).digest
)
CREDENTIAL: JsonObject = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": str(DID),
    "credentialSubject": {"id": "did:example:dr-b"},
}


@pytest.fixture(scope="module")
def signed() -> str:
    controller = Controller(verification_method=f"{DID}#controllerKey", signer=KEY)
    token = issue(CREDENTIAL, controller, securing="vc+jwt", at=at(0))
    assert isinstance(token, str)
    return token


def judged(signed: str, known: Evidence, when: Instant) -> tuple[str, list[str]]:
    found = verify(signed, at=when, evidence=known)
    return found.outcome.value, [error.code for error in found.errors]


def test_it_counts_until_another_account_owns_the_identity(signed: str) -> None:
    assert ethr.create(KEY.public_key, CHAIN_ID) == DID
    told = Told().delegate(block=3).owner(OTHER, block=7)
    known = evidence(told.document(latest=40))
    assert judged(signed, known, at(6)) == ("verified", [])
    refused = ("refused", ["INVALID_VERIFICATION_METHOD"])
    assert judged(signed, known, at(7)) == refused
    assert judged(signed, known, at(40)) == refused


def test_it_does_not_count_once_the_did_is_given_up(signed: str) -> None:
    known = evidence(Told().owner(bytes(20), block=7).document(latest=40))
    assert judged(signed, known, at(6)) == ("verified", [])
    assert judged(signed, known, at(7)) == ("refused", ["DID_DEACTIVATED"])


def test_without_its_history_nothing_is_said(signed: str) -> None:
    undecided = ("undecided", ["EVIDENCE_UNAVAILABLE"])
    assert judged(signed, Evidence(), at(6)) == undecided


@pytest.mark.parametrize("fetch", [HttpsFetch(), EvmFetch({})])
def test_without_a_node_of_its_chain_nothing_is_said(
    signed: str, fetch: HttpsFetch
) -> None:
    found = verify(signed, at=at(6), fetch=fetch)
    assert found.outcome.value == "undecided"
    assert [error.code for error in found.errors] == ["EVIDENCE_UNAVAILABLE"]
