"""Data Integrity beside @digitalbazaar/vc: each verifies what the other signed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.peers import (
    AT_THE_GATEWAY,
    CHALLENGE,
    DOMAIN,
    decide,
    did_key,
    draft,
    health_contexts,
    node,
    now,
    peer_key,
    request,
    status_list_draft,
    trust,
    verify,
    written,
)
from medid.issuing import Controller, issue, present

if TYPE_CHECKING:
    from pathlib import Path

    from medid.keys import PrivateKey

SUITES: Final = ["eddsa-rdfc-2022", "eddsa-jcs-2022"]


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def common(suite: str) -> dict[str, Any]:
    return {"suite": suite, "contexts": health_contexts(), "now": str(now())}


def by_peer(suite: str, credential: dict[str, Any], key: PrivateKey) -> dict[str, Any]:
    """``credential``, signed by @digitalbazaar/vc with ``key``."""
    order = {
        **common(suite),
        "credential": credential,
        "key": peer_key(key),
        "date": str(now()),
    }
    return dict(node("digitalbazaar.mjs", "issue", order))


def by_medid(suite: str, credential: dict[str, Any], key: PrivateKey) -> dict[str, Any]:
    """``credential``, signed by medid with ``key``."""
    signed = issue(credential, Controller.did_key(key), securing=suite, at=now())
    assert isinstance(signed, dict)
    return signed


@pytest.fixture(scope="module")
def drafts(
    board: PrivateKey, practitioner: PrivateKey, patient: PrivateKey
) -> dict[str, dict[str, Any]]:
    holder = did_key(practitioner)
    return {
        "license": draft("license", issuer=did_key(board), subject=holder),
        "consent": draft("consent", issuer=did_key(patient), subject=holder),
        "status list": status_list_draft(issuer=did_key(board)),
    }


@pytest.fixture(scope="module")
def peer_signed(
    suite: str,
    drafts: dict[str, dict[str, Any]],
    board: PrivateKey,
    patient: PrivateKey,
) -> dict[str, dict[str, Any]]:
    """All of it as @digitalbazaar/vc signs it."""
    signers = {"license": board, "consent": patient, "status list": board}
    return {name: by_peer(suite, drafts[name], signers[name]) for name in signers}


@pytest.fixture(scope="module")
def medid_signed(
    suite: str,
    drafts: dict[str, dict[str, Any]],
    board: PrivateKey,
    patient: PrivateKey,
) -> dict[str, dict[str, Any]]:
    """All of it as medid signs it."""
    signers = {"license": board, "consent": patient, "status list": board}
    return {name: by_medid(suite, drafts[name], signers[name]) for name in signers}


@pytest.fixture(scope="module")
def peer_presentation(
    suite: str, peer_signed: dict[str, dict[str, Any]], practitioner: PrivateKey
) -> dict[str, Any]:
    """License and consent, presented by @digitalbazaar/vc."""
    order = {
        **common(suite),
        "credentials": [peer_signed["license"], peer_signed["consent"]],
        "holder": did_key(practitioner),
        "key": peer_key(practitioner),
        "challenge": CHALLENGE,
        "domain": DOMAIN,
        "date": str(now()),
    }
    return dict(node("digitalbazaar.mjs", "present", order))


def status_of(folder: Path, signed: dict[str, dict[str, Any]]) -> list[str]:
    """The argument that hands the status list to medid."""
    found = signed["status list"]
    return ["--document", f"{found['id']}={written(folder, 'status.json', found)}"]


class TestThePeerSigns:
    def test_its_license_is_verified(
        self, peer_signed: dict[str, dict[str, Any]], tmp_path: Path
    ) -> None:
        file = written(tmp_path, "license.json", peer_signed["license"])
        status = status_of(tmp_path, peer_signed)
        answer = verify(file, *status, "--status", "required")
        assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body

    def test_a_changed_license_is_refused(
        self, peer_signed: dict[str, dict[str, Any]], tmp_path: Path
    ) -> None:
        changed = copy.deepcopy(peer_signed["license"])
        changed["credentialSubject"]["license"]["jurisdiction"] = "US-MI"
        file = written(tmp_path, "license.json", changed)
        answer = verify(file, *status_of(tmp_path, peer_signed))
        assert (answer.status, answer.body["outcome"]) == (1, "refused")
        assert "PROOF_VERIFICATION_ERROR" in answer.codes

    def test_its_presentation_is_verified_once_for_its_challenge(
        self,
        peer_signed: dict[str, dict[str, Any]],
        peer_presentation: dict[str, Any],
        tmp_path: Path,
    ) -> None:
        file = written(tmp_path, "presentation.json", peer_presentation)
        asked = [*status_of(tmp_path, peer_signed), "--domain", DOMAIN]
        answer = verify(file, *asked, "--challenge", CHALLENGE)
        assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body
        replayed = verify(file, *asked, "--challenge", "another")
        assert replayed.status == 1
        assert replayed.codes == ["INVALID_CHALLENGE_ERROR"]

    def test_its_presentation_opens_the_record(
        self,
        peer_signed: dict[str, dict[str, Any]],
        peer_presentation: dict[str, Any],
        parties: dict[str, str],
        tmp_path: Path,
    ) -> None:
        answer = decide(
            tmp_path,
            presentation=peer_presentation,
            request=request(**parties),
            trust=trust(**parties),
            arguments=[*status_of(tmp_path, peer_signed), *AT_THE_GATEWAY],
        )
        assert (answer.status, answer.body["decision"]) == (0, True), answer.body

    def test_its_presentation_opens_no_other_patient_s_record(
        self,
        peer_signed: dict[str, dict[str, Any]],
        peer_presentation: dict[str, Any],
        parties: dict[str, str],
        tmp_path: Path,
    ) -> None:
        asked = request(**parties)
        asked["resource"]["properties"]["patient"] = "Patient/p-10"
        answer = decide(
            tmp_path,
            presentation=peer_presentation,
            request=asked,
            trust=trust(**parties),
            arguments=[*status_of(tmp_path, peer_signed), *AT_THE_GATEWAY],
        )
        assert (answer.status, answer.body["decision"]) == (1, False), answer.body


class TestMedidSigns:
    def test_the_peer_verifies_a_license(
        self, suite: str, medid_signed: dict[str, dict[str, Any]]
    ) -> None:
        order = {**common(suite), "credential": medid_signed["license"]}
        answer = node("digitalbazaar.mjs", "verifyCredential", order)
        assert answer == {"verified": True, "errors": []}

    def test_the_peer_refuses_a_changed_license(
        self, suite: str, medid_signed: dict[str, dict[str, Any]]
    ) -> None:
        changed = copy.deepcopy(medid_signed["license"])
        changed["credentialSubject"]["license"]["jurisdiction"] = "US-MI"
        order = {**common(suite), "credential": changed}
        answer = node("digitalbazaar.mjs", "verifyCredential", order)
        assert answer["verified"] is False

    def test_the_peer_verifies_a_presentation(
        self,
        suite: str,
        medid_signed: dict[str, dict[str, Any]],
        practitioner: PrivateKey,
    ) -> None:
        presentation = present(
            [medid_signed["license"], medid_signed["consent"]],
            Controller.did_key(practitioner),
            challenge=CHALLENGE,
            domain=DOMAIN,
            securing=suite,
            at=now(),
        )
        order = {
            **common(suite),
            "presentation": presentation,
            "challenge": CHALLENGE,
            "domain": DOMAIN,
        }
        answer = node("digitalbazaar.mjs", "verifyPresentation", order)
        assert answer == {"verified": True, "errors": []}
        replayed = node(
            "digitalbazaar.mjs", "verifyPresentation", {**order, "challenge": "another"}
        )
        assert replayed["verified"] is False
