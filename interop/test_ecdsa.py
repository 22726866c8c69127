"""The ECDSA suites beside @digitalbazaar/vc: each verifies what the other signed."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

import pytest

from interop.peers import by_suite, credentials, did_key, multikey, now
from interop.test_mutations import check_exactly
from medid.core import multibase
from medid.issuing import Controller, issue
from medid.keys import KeyKind, PrivateKey
from medid.verifying.judging import Expectations, StatusPolicy
from medid.verifying.verifier import Verifier

KINDS: Final = (KeyKind.P256, KeyKind.P384)
SUITES: Final = ("ecdsa-rdfc-2019", "ecdsa-jcs-2019")
VERIFIER: Final = Verifier(expect=Expectations(status=StatusPolicy.OFF))

Documents = dict[str, dict[str, Any]]


@pytest.fixture(scope="module", params=KINDS, ids=str)
def key(request: pytest.FixtureRequest) -> PrivateKey:
    return PrivateKey.generate(request.param)


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def drafts(key: PrivateKey, practitioner: PrivateKey) -> Documents:
    return credentials(issuer=did_key(key), subject=did_key(practitioner))


@pytest.fixture(scope="module")
def by_peer(suite: str, key: PrivateKey, drafts: Documents) -> Documents:
    return {
        name: by_suite("issue", suite, unsigned, key=multikey(key))["credential"]
        for name, unsigned in drafts.items()
    }


@pytest.fixture(scope="module")
def by_medid(suite: str, key: PrivateKey, drafts: Documents) -> Documents:
    board = Controller.did_key(key)
    return {
        name: json.loads(json.dumps(issue(unsigned, board, securing=suite, at=now())))
        for name, unsigned in drafts.items()
    }


def refusals(document: dict[str, Any]) -> Documents:
    """``document`` with its signature, its claims or its proof's options changed."""
    changed = {
        what: copy.deepcopy(document) for what in ("signature", "claim", "more", "date")
    }
    changed["claim"]["validUntil"] = "2099-01-01T00:00:00Z"
    changed["more"]["name"] = "not signed"
    changed["date"]["proof"]["created"] = "2020-01-01T00:00:00Z"
    signature = bytearray(multibase.from_multibase(document["proof"]["proofValue"]))
    signature[-1] ^= 1
    altered = multibase.to_base58btc(bytes(signature))
    changed["signature"]["proof"]["proofValue"] = altered
    return changed


def test_medid_verifies_the_peer_s(by_peer: Documents) -> None:
    for name, document in by_peer.items():
        answer = VERIFIER.verify(json.dumps(document), at=now())
        assert answer.verified, (name, answer.errors)


def test_medid_verifies_no_mutant_of_the_peer_s(by_peer: Documents) -> None:
    check_exactly(by_peer["nurse of a compact"], VERIFIER, at_least=200)


def test_the_peer_verifies_medid_s_and_its_own(
    suite: str, by_medid: Documents, by_peer: Documents
) -> None:
    for document in (*by_medid.values(), *by_peer.values()):
        answer = by_suite("verify", suite, document)
        assert answer == {"verified": True, "errors": []}


def test_both_refuse_what_was_changed(
    suite: str, by_medid: Documents, by_peer: Documents
) -> None:
    for whole in (by_medid["license"], by_peer["license"]):
        for what, document in refusals(whole).items():
            assert not VERIFIER.verify(json.dumps(document), at=now()).verified, what
            assert not by_suite("verify", suite, document)["verified"], what
