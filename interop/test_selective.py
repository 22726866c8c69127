"""ecdsa-sd-2023 and bbs-2023 beside @digitalbazaar and PyPI openvc-core.

Three parties, each played by medid or by a peer: who issues, who derives, who verifies.
"""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from openvc.keys import P256SigningKey
from openvc.proof.ecdsa_sd import EcdsaSdProofSuite
from openvc.proof.errors import ProofError

from interop.peers import (
    CHALLENGE,
    did_key,
    did_key_method,
    draft,
    health_contexts,
    node_all,
    now,
    order,
)
from interop.test_mutations import check_exactly
from medid.errors import ProofGenerationError
from medid.issuing import Controller, derive, issue
from medid.jsonld import canonicalize
from medid.keys import KeyKind, PrivateKey
from medid.verifying.judging import Expectations, StatusPolicy
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from medid.core.json import JsonObject

ECDSA: Final = "ecdsa-sd-2023"
BBS: Final = "bbs-2023"
KINDS: Final = {ECDSA: KeyKind.P256, BBS: KeyKind.BLS12381_G2}
LICENSE: Final = "/credentialSubject/license"
MANDATORY: Final = ["/issuer", "/validUntil", "/credentialStatus"]
ONE_OF_A_LIST: Final = "one of a list"  # to which openvc has no pointers
DISCLOSED: Final = {
    "whose it is": ["/credentialSubject/id"],
    "a member": [f"{LICENSE}/jurisdiction"],
    ONE_OF_A_LIST: [f"{LICENSE}/profession/1/code", "/validFrom"],
    "most of it": ["/credentialSubject"],
}
BY_SUITE: Final = {ECDSA: [*DISCLOSED], BBS: [ONE_OF_A_LIST, "most of it"]}
WITHOUT_STATUS: Final = Verifier(expect=Expectations(status=StatusPolicy.OFF))
OPENVC: Final = EcdsaSdProofSuite()

Part = tuple[str, str, str]  # who issued it, who derived it, what it shows


@pytest.fixture(scope="module", params=list(KINDS))
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def key(suite: str) -> PrivateKey:
    return PrivateKey.generate(KINDS[suite])


@pytest.fixture(scope="module")
def issued(
    suite: str, key: PrivateKey, practitioner: PrivateKey
) -> dict[str, dict[str, Any]]:
    """The license with a base proof, by each who can make one."""
    unsigned = draft("license", issuer=did_key(key), subject=did_key(practitioner))
    (by_peer,) = node_all(
        [order("issue", suite, unsigned, key=key, mandatory=MANDATORY)]
    )
    by_medid = issue(
        unsigned,
        Controller.did_key(key),
        securing=suite,
        mandatory_pointers=MANDATORY,
        at=now(),
    )
    assert isinstance(by_medid, dict)
    found = {"medid": by_medid, "digitalbazaar": by_peer["credential"]}
    if suite == ECDSA:
        found["openvc"] = OPENVC.add_base_proof(
            unsigned,
            signing_key=P256SigningKey.from_jwk(key.to_jwk(), kid=did_key_method(key)),
            verification_method=did_key_method(key),
            mandatory_pointers=MANDATORY,
            extra_contexts=contexts(),
        )
    return found


def contexts() -> dict[str, Any]:
    files = health_contexts().items()
    return {url: json.loads(Path(file).read_text("utf-8")) for url, file in files}


def by_openvc(credential: dict[str, Any], pointers: list[str]) -> dict[str, Any]:
    part = OPENVC.derive_proof(
        credential, selective_pointers=pointers, extra_contexts=contexts()
    )
    return dict(nameless(part))


def nameless(value: Any) -> Any:
    """``value`` without the names of blank nodes, which are no ids of a credential."""
    if isinstance(value, list):
        return [nameless(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: nameless(inner)
        for name, inner in value.items()
        if name != "id" or not inner.startswith("_:")
    }


def by_medid(
    credential: dict[str, Any], pointers: list[str], nonce: str | None = None
) -> dict[str, Any]:
    part = derive(credential, pointers, nonce=nonce)
    assert isinstance(part, dict)
    return part


@pytest.fixture(scope="module")
def parts(suite: str, issued: dict[str, dict[str, Any]]) -> dict[Part, dict[str, Any]]:
    """Every part, of each issuer's license, by each who can derive it."""
    cases = [(issuer, shown) for issuer in issued for shown in BY_SUITE[suite]]
    answers = node_all(
        [
            order("derive", suite, issued[issuer], disclose=DISCLOSED[shown])
            for issuer, shown in cases
        ]
    )
    found: dict[Part, dict[str, Any]] = {}
    for (issuer, shown), answer in zip(cases, answers, strict=True):
        pointers = DISCLOSED[shown]
        found[issuer, "digitalbazaar", shown] = answer["credential"]
        found[issuer, "medid", shown] = by_medid(issued[issuer], pointers)
        if suite == ECDSA and shown != ONE_OF_A_LIST:
            found[issuer, "openvc", shown] = by_openvc(issued[issuer], pointers)
    return found


def test_all_derive_the_same(suite: str, parts: dict[Part, dict[str, Any]]) -> None:
    for (issuer, deriver, shown), part in parts.items():
        mine = parts[issuer, "medid", shown]
        case = (issuer, deriver, shown)
        if deriver == "openvc":
            # It writes a list of one as its only value, and maps in another order.
            assert statements(mine) == statements(part), case
        elif suite == BBS:
            assert unsecured(mine) == unsecured(part), case
        else:
            assert mine == part, case


def unsecured(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "proof"}


def statements(part: dict[str, Any]) -> bytes:
    return canonicalize(unsecured(part), WITHOUT_STATUS.contexts)


def test_medid_verifies_every_part(parts: dict[Part, dict[str, Any]]) -> None:
    for case, part in parts.items():
        answer = WITHOUT_STATUS.verify(json.dumps(part), at=now())
        assert answer.verified, (case, answer.errors)


def test_digitalbazaar_verifies_every_part(
    suite: str, parts: dict[Part, dict[str, Any]]
) -> None:
    answers = node_all([order("verify", suite, part) for part in parts.values()])
    found = {
        case: answer["errors"] for case, answer in zip(parts, answers, strict=True)
    }
    assert not any(found.values()), found
    assert all(answer["verified"] for answer in answers)


def test_openvc_verifies_every_part(
    suite: str, parts: dict[Part, dict[str, Any]]
) -> None:
    checked = 0
    for part in parts.values() if suite == ECDSA else ():
        OPENVC.verify(part, extra_contexts=contexts(), now=datetime.now(UTC))
        checked += 1
    assert checked == (len(parts) if suite == ECDSA else 0)


def moved(part: dict[str, Any]) -> None:
    part["credentialSubject"]["license"]["jurisdiction"] = "US-MI"


def withheld(part: dict[str, Any]) -> None:
    del part["validUntil"]


def added(part: dict[str, Any]) -> None:
    part["credentialSubject"]["license"]["registrationType"] = "temporary"


def dated(part: dict[str, Any]) -> None:
    part["proof"]["created"] = "2020-01-01T00:00:00Z"


def test_the_peers_refuse_what_was_changed(
    suite: str, parts: dict[Part, dict[str, Any]]
) -> None:
    changed = []
    for change in (moved, withheld, added, dated):
        part = copy.deepcopy(parts["medid", "medid", "most of it"])
        change(part)
        changed.append(part)
    answers = node_all([order("verify", suite, part) for part in changed])
    assert [answer["verified"] for answer in answers] == [False] * len(changed)
    for part in changed if suite == ECDSA else ():
        with pytest.raises(ProofError):
            OPENVC.verify(part, extra_contexts=contexts())


def test_medid_verifies_no_mutant_of_a_part(
    suite: str, parts: dict[Part, dict[str, Any]]
) -> None:
    for shown in BY_SUITE[suite]:
        part = parts["digitalbazaar", "digitalbazaar", shown]
        check_exactly(part, WITHOUT_STATUS, at_least=100)


def test_a_base_proof_is_for_nobody_but_its_holder(
    suite: str, issued: dict[str, dict[str, Any]]
) -> None:
    for issuer, whole in issued.items():
        answer = WITHOUT_STATUS.verify(json.dumps(whole), at=now())
        assert not answer.verified, issuer
    answers = node_all([order("verify", suite, whole) for whole in issued.values()])
    assert not any(answer["verified"] for answer in answers)


def test_nobody_derives_from_a_changed_license(
    suite: str, issued: dict[str, dict[str, Any]]
) -> None:
    changed = copy.deepcopy(issued)
    for whole in changed.values():
        moved(whole)
        with pytest.raises(ProofGenerationError):
            by_medid(whole, DISCLOSED["a member"])
    asked = [
        order("derive", suite, whole, disclose=DISCLOSED["a member"])
        for whole in changed.values()
    ]
    for made in node_all(asked):
        if made["verified"]:  # that peer derives without a look
            answer = WITHOUT_STATUS.verify(json.dumps(made["credential"]), at=now())
            assert not answer.verified


@pytest.fixture
def whole(practitioner: PrivateKey) -> JsonObject:
    board = PrivateKey.generate(KINDS[BBS])
    unsigned = draft("license", issuer=did_key(board), subject=did_key(practitioner))
    made = issue(unsigned, Controller.did_key(board), securing=BBS, at=now())
    assert isinstance(made, dict)
    return made


class TestANonce:
    """A proof of bbs-2023 answers one by itself."""

    def test_the_peer_s_answers_medid_s(self, whole: JsonObject) -> None:
        asked = order("derive", BBS, whole, disclose=[LICENSE], nonce=CHALLENGE)
        (made,) = node_all([asked])
        for challenge, verified in ((CHALLENGE, True), ("another", False)):
            expected = Expectations(status=StatusPolicy.OFF, challenge=challenge)
            answer = Verifier(expect=expected).verify(made["credential"], at=now())
            assert answer.verified is verified

    def test_medid_s_answers_the_peer_s(self, whole: JsonObject) -> None:
        part = by_medid(whole, [LICENSE], nonce=CHALLENGE)
        asked = [
            order("verify", BBS, part, nonce=one) for one in (CHALLENGE, "another")
        ]
        assert [one["verified"] for one in node_all(asked)] == [True, False]
