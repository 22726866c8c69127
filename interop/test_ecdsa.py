"""The ECDSA suites beside @digitalbazaar/vc: each verifies what the other signed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.peers import did_key, draft, node_all, now, order
from interop.test_mutations import check_exactly
from medid.issuing import Controller, issue
from medid.keys import KeyKind, PrivateKey
from medid.verifying.judging import Expectations, StatusPolicy
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Sequence

SUITES: Final = ["ecdsa-rdfc-2019", "ecdsa-jcs-2019"]
KINDS: Final = [KeyKind.P256, KeyKind.P384]
CASES: Final = [(suite, kind) for suite in SUITES for kind in KINDS]
WITHOUT_STATUS: Final = Verifier(expect=Expectations(status=StatusPolicy.OFF))

Signed = dict[tuple[str, KeyKind], dict[str, Any]]


@pytest.fixture(scope="module")
def keys() -> dict[KeyKind, PrivateKey]:
    return {kind: PrivateKey.generate(kind) for kind in KINDS}


def license_by(key: PrivateKey, practitioner: PrivateKey) -> dict[str, Any]:
    return draft("license", issuer=did_key(key), subject=did_key(practitioner))


@pytest.fixture(scope="module")
def peer_signed(keys: dict[KeyKind, PrivateKey], practitioner: PrivateKey) -> Signed:
    made = node_all(
        [
            order("issue", suite, license_by(keys[kind], practitioner), key=keys[kind])
            for suite, kind in CASES
        ]
    )
    return {
        case: answer["credential"] for case, answer in zip(CASES, made, strict=True)
    }


@pytest.fixture(scope="module")
def medid_signed(keys: dict[KeyKind, PrivateKey], practitioner: PrivateKey) -> Signed:
    found: Signed = {}
    for suite, kind in CASES:
        unsigned = license_by(keys[kind], practitioner)
        board = Controller.did_key(keys[kind])
        made = issue(unsigned, board, securing=suite, at=now())
        assert isinstance(made, dict)
        found[suite, kind] = made
    return found


def asked(signed: Sequence[tuple[str, dict[str, Any]]]) -> list[bool]:
    """Whether the peer verifies each of these."""
    answers = node_all([order("verify", suite, document) for suite, document in signed])
    return [answer["verified"] for answer in answers]


@pytest.mark.parametrize("case", CASES)
def test_medid_verifies_the_peer_s_and_no_mutant_of_it(
    case: tuple[str, KeyKind], peer_signed: Signed
) -> None:
    check_exactly(peer_signed[case], WITHOUT_STATUS, at_least=200)


def test_the_peer_verifies_medid_s_and_its_own(
    medid_signed: Signed, peer_signed: Signed
) -> None:
    signed = [
        (suite, made[suite, kind])
        for made in (medid_signed, peer_signed)
        for suite, kind in CASES
    ]
    assert asked(signed) == [True] * len(signed)


def test_the_peer_refuses_what_was_changed(medid_signed: Signed) -> None:
    changed = copy.deepcopy(medid_signed)
    for document in changed.values():
        document["credentialSubject"]["license"]["jurisdiction"] = "US-MI"
    signed = [(suite, changed[suite, kind]) for suite, kind in CASES]
    assert asked(signed) == [False] * len(signed)
