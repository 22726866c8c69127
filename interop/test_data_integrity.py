"""Data Integrity beside @digitalbazaar/vc: each verifies what the other signed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from interop.peers import (
    did_key,
    draft,
    health_contexts,
    node,
    now,
    peer_key,
    status_list_draft,
    verify,
    written,
)
from medid.issuing import Controller, issue, present

if TYPE_CHECKING:
    from pathlib import Path

    from medid.keys import PrivateKey

SUITES = ["eddsa-rdfc-2022", "eddsa-jcs-2022"]
CHALLENGE = "q83vEjRWeJCrze8SNFZ4kA"
DOMAIN = "gateway.hospital.example"


@pytest.fixture(params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def common(suite: str) -> dict[str, Any]:
    return {"suite": suite, "contexts": health_contexts(), "now": str(now())}


def by_peer(suite: str, credential: dict[str, Any], key: PrivateKey) -> dict[str, Any]:
    """``credential``, signed by @digitalbazaar/vc with ``key``."""
    request = {
        **common(suite),
        "credential": credential,
        "key": peer_key(key),
        "date": str(now()),
    }
    return dict(node("digitalbazaar.mjs", "issue", request))


def presented_by_peer(
    suite: str, credentials: list[dict[str, Any]], key: PrivateKey
) -> dict[str, Any]:
    """A presentation of ``credentials``, signed by @digitalbazaar/vc with ``key``."""
    request = {
        **common(suite),
        "credentials": credentials,
        "holder": did_key(key),
        "key": peer_key(key),
        "challenge": CHALLENGE,
        "domain": DOMAIN,
        "date": str(now()),
    }
    return dict(node("digitalbazaar.mjs", "present", request))


def status_argument(folder: Path, suite: str, board: PrivateKey) -> list[str]:
    """The status list of the license, signed by the peer, as an argument of medid."""
    signed = by_peer(suite, status_list_draft(issuer=did_key(board)), board)
    file = written(folder, "status-list.json", signed)
    return ["--document", f"{signed['id']}={file}", "--status", "required"]


class TestThePeerSigns:
    def test_its_license_is_verified(
        self, suite: str, board: PrivateKey, practitioner: PrivateKey, tmp_path: Path
    ) -> None:
        unsigned = draft(
            "license", issuer=did_key(board), subject=did_key(practitioner)
        )
        file = written(tmp_path, "license.json", by_peer(suite, unsigned, board))
        answer = verify(file, *status_argument(tmp_path, suite, board))
        assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body

    def test_a_changed_license_is_refused(
        self, suite: str, board: PrivateKey, practitioner: PrivateKey, tmp_path: Path
    ) -> None:
        unsigned = draft(
            "license", issuer=did_key(board), subject=did_key(practitioner)
        )
        changed = copy.deepcopy(by_peer(suite, unsigned, board))
        changed["credentialSubject"]["license"]["jurisdiction"] = "US-MI"
        file = written(tmp_path, "license.json", changed)
        answer = verify(file, *status_argument(tmp_path, suite, board))
        assert (answer.status, answer.body["outcome"]) == (1, "refused")
        assert "PROOF_VERIFICATION_ERROR" in answer.codes

    def test_its_presentation_is_verified(
        self,
        suite: str,
        board: PrivateKey,
        practitioner: PrivateKey,
        patient: PrivateKey,
        tmp_path: Path,
    ) -> None:
        presentation = presented_by_peer(
            suite,
            [
                by_peer(
                    suite,
                    draft(
                        "license", issuer=did_key(board), subject=did_key(practitioner)
                    ),
                    board,
                ),
                by_peer(
                    suite,
                    draft(
                        "consent",
                        issuer=did_key(patient),
                        subject=did_key(practitioner),
                    ),
                    patient,
                ),
            ],
            practitioner,
        )
        file = written(tmp_path, "presentation.json", presentation)
        status = status_argument(tmp_path, suite, board)
        status[-1] = "if-present"
        asked = [*status, "--domain", DOMAIN]
        answer = verify(file, *asked, "--challenge", CHALLENGE)
        assert (answer.status, answer.body["outcome"]) == (0, "verified"), answer.body
        replayed = verify(file, *asked, "--challenge", "another")
        assert replayed.status == 1
        assert replayed.codes == ["INVALID_CHALLENGE_ERROR"]


class TestMedidSigns:
    def test_the_peer_verifies_a_license(
        self, suite: str, board: PrivateKey, practitioner: PrivateKey
    ) -> None:
        unsigned = draft(
            "license", issuer=did_key(board), subject=did_key(practitioner)
        )
        signed = issue(unsigned, Controller.did_key(board), securing=suite, at=now())
        request = {**common(suite), "credential": signed}
        answer = node("digitalbazaar.mjs", "verifyCredential", request)
        assert answer == {"verified": True, "errors": []}

    def test_the_peer_refuses_a_changed_license(
        self, suite: str, board: PrivateKey, practitioner: PrivateKey
    ) -> None:
        unsigned = draft(
            "license", issuer=did_key(board), subject=did_key(practitioner)
        )
        signed: Any = issue(
            unsigned, Controller.did_key(board), securing=suite, at=now()
        )
        signed["credentialSubject"]["license"]["jurisdiction"] = "US-MI"
        request = {**common(suite), "credential": signed}
        answer = node("digitalbazaar.mjs", "verifyCredential", request)
        assert answer["verified"] is False

    def test_the_peer_verifies_a_presentation(
        self,
        suite: str,
        board: PrivateKey,
        practitioner: PrivateKey,
        patient: PrivateKey,
    ) -> None:
        license_: Any = issue(
            draft("license", issuer=did_key(board), subject=did_key(practitioner)),
            Controller.did_key(board),
            securing=suite,
            at=now(),
        )
        consent: Any = issue(
            draft("consent", issuer=did_key(patient), subject=did_key(practitioner)),
            Controller.did_key(patient),
            securing=suite,
            at=now(),
        )
        presentation = present(
            [license_, consent],
            Controller.did_key(practitioner),
            challenge=CHALLENGE,
            domain=DOMAIN,
            securing=suite,
            at=now(),
        )
        request = {
            **common(suite),
            "presentation": presentation,
            "challenge": CHALLENGE,
            "domain": DOMAIN,
        }
        answer = node("digitalbazaar.mjs", "verifyPresentation", request)
        assert answer == {"verified": True, "errors": []}
