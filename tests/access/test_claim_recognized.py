"""Claims about services of those whose boards an authority recognizes."""

from __future__ import annotations

from typing import Any, Final

import pytest

from medid.access import cohort
from medid.access.decision import Outcome
from medid.cli.demo_world import WITHDRAWALS
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.issuing import new_list
from medid.trust import TrustRegistry
from tests.access import test_x509_roots as roots
from tests.access.claim_world import (
    AT,
    THEN,
    Payer,
    claim,
    item,
    reasons,
)
from tests.access.test_cohorts import _DENY, consent, request
from tests.access.test_recognized_boards import (
    LICENSES,
    SCHEMA,
    recognition,
    rules,
    trusting,
)
from tests.access.world import START, as_doc
from tests.keys.authorities import MONTH, NOW, authority, signer
from tests.trust.registries import COUNCIL, URL, Registries

LISTED: Final = "https://state.example/recognized.json"
GOOD: Final = ("LICENSE_OK", "DEFAULT_POLICY_PERMIT")
NOT_TRUSTED: Final = "ISSUER_NOT_TRUSTED"


@pytest.fixture(scope="module")
def payer() -> Payer:
    return Payer()


def beside(payer: Payer, schema: bytes = LICENSES, **members: Any) -> dict[str, Any]:
    """The authority's recognition of the board, until the end of the year."""
    window = {"validUntil": "2026-12-31T00:00:00Z", **members}
    return recognition(payer, schema, **window)


def known(payer: Payer, schema: bytes = LICENSES, at: Any = AT) -> Evidence:
    fetched = Fetched.of(SCHEMA, schema, fetched_at=at)
    return payer.evidence(at).with_answers([(SCHEMA, fetched)])


def ask(payer: Payer, *said: Any, asked: Any = None, **members: Any) -> Any:
    schema = members.pop("schema", LICENSES)
    scope = members.pop("scope", {})
    options: dict[str, Any] = {
        "trust": trusting(payer, base=payer.registry(), **scope),
        "evidence": known(payer, schema),
        **members,
    }
    return payer.ask(asked or claim(), payer.license, *said, **options)


def test_a_license_of_a_recognized_board_counts(payer: Payer) -> None:
    found = ask(payer, beside(payer))
    assert reasons(found) == [GOOD]
    assert found.decision is Outcome.PERMIT


def test_without_the_recognition_it_does_not(payer: Payer) -> None:
    (found,) = reasons(ask(payer))
    assert NOT_TRUSTED in found


def test_the_order_of_what_is_presented_does_not_matter(payer: Payer) -> None:
    found = payer.ask(
        claim(),
        beside(payer),
        payer.license,
        trust=trusting(payer, base=payer.registry()),
        evidence=known(payer),
    )
    assert found


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ({"jurisdictions": ["DE"]}, "ISSUER_NOT_AUTHORIZED_FOR_JURISDICTION"),
        ({"professions": ["163W00000X"]}, "ISSUER_NOT_AUTHORIZED_FOR_PROFESSION"),
    ],
)
def test_no_more_than_the_authority_may_recognize(
    payer: Payer, scope: Any, code: str
) -> None:
    (found,) = reasons(ask(payer, beside(payer), scope=scope))
    assert code in found


def test_a_board_recognized_for_other_licenses_does_not_count(payer: Payer) -> None:
    nurses = rules("NurseLicenseCredential")
    (found,) = reasons(ask(payer, beside(payer, nurses), schema=nurses))
    assert "ISSUER_NOT_AUTHORIZED_FOR_TYPE" in found


def test_a_recognition_counts_for_services_within_its_time(payer: Payer) -> None:
    since = "2026-07-20T00:00:00Z"
    assert ask(payer, beside(payer, validFrom=since))
    (found,) = reasons(ask(payer, beside(payer, validFrom="2026-07-21T00:00:00Z")))
    assert NOT_TRUSTED in found
    whole = {"start": "2026-07-19", "end": "2026-07-21"}
    asked = claim(item(servicedDate=None, servicedPeriod=whole))
    (found,) = reasons(ask(payer, beside(payer, validFrom=since), asked=asked))
    assert found[0] == "SERVICE_PERIOD_CROSSES_LICENSE_CHANGE"
    assert NOT_TRUSTED in found


def test_a_registry_is_asked_about_the_days_that_a_recognition_does_not_cover(
    payer: Payer,
) -> None:
    document = trusting(payer, base=payer.registry()).document
    known_there = payer.registry().document["acceptedBoards"]
    assert isinstance(known_there, list)
    (board,) = [one for one in known_there if one["did"] == payer.board.did]  # type: ignore[index, call-overload]
    may = {name: board[name] for name in ("jurisdictions", "professions")}  # type: ignore[index, call-overload]
    asked: Any = {"url": URL, "authorityId": COUNCIL, "mayAuthorize": [may]}
    trust = TrustRegistry.from_json({**document, "trustRegistries": [asked]})
    web = Registries(
        registries={URL: TrustRegistry.from_json({"acceptedBoards": [board]})}, at=AT
    )
    late = beside(payer, validFrom="2026-07-21T00:00:00Z")
    assert reasons(ask(payer, late, trust=trust, fetch=web)) == [GOOD]
    assert web.asked_of


def test_what_is_over_by_now_recognizes_nobody(payer: Payer) -> None:
    """Whether it was taken back before its end, nobody could tell any more."""
    (found,) = reasons(ask(payer, beside(payer, validUntil=str(AT))))
    assert NOT_TRUSTED in found


def test_whom_the_authorities_list_is_fetched_where_it_is_asked(payer: Payer) -> None:
    trust = trusting(payer, base=payer.registry(), lists=[LISTED])
    pages = {
        LISTED: strict_json.dumps(beside(payer)).encode(),
        SCHEMA: LICENSES,
    }

    class Net:
        asked: list[str] = []  # noqa: RUF012 - of this one test

        def fetch_all(self, requests: Any, *, seconds: float) -> Any:
            del seconds
            self.asked += [one.url for one in requests]
            return [
                Fetched.of(one.url, pages[one.url], fetched_at=AT) for one in requests
            ]

    net = Net()
    found = payer.ask(claim(), payer.license, trust=trust, fetch=net)
    assert reasons(found) == [GOOD]
    assert net.asked == [LISTED, SCHEMA]
    again = payer.ask(claim(), payer.license, fetch=net)
    assert again
    assert net.asked == [LISTED, SCHEMA]


def test_a_root_of_certificates_speaks_for_a_board_in_claims(payer: Payer) -> None:
    root = authority("root", end=NOW + 4 * MONTH)
    leaf = signer("board", root, dns=["board.example"], end=NOW + 4 * MONTH)

    def evidence(at: Any) -> Evidence:
        payer.renewed(at)
        answers = [
            (url, roots.signed(page, leaf, root).encode())
            for url, page in payer.web.documents.items()
        ]
        return Evidence().with_answers(
            [(url, Fetched.of(url, page, fetched_at=at)) for url, page in answers]
        )

    for who, permits in (("board.example", True), ("other.example", False)):
        trust = roots.trusting(
            payer,
            base=payer.registry(),
            subjects=[{"san": {"dns": who}}],
            certificate=root.pem,
        )
        found = payer.ask(
            claim(),
            roots.signed({**payer.license, "iat": int(START.seconds)}, leaf, root),
            trust=trust,
            evidence=evidence(AT),
            earlier=[evidence(THEN)],
        )
        assert bool(found) is permits, reasons(found)


# Consents: whose they are is not for boards to say.


def test_a_recognized_board_gives_no_consents() -> None:
    payer = Payer()
    base = payer.registry(policy=_DENY)
    may = {"credentialTypes": ["PatientConsentCredential"]}
    trust = trusting(payer, base=base, lists=[LISTED], **may)
    consents = rules("PatientConsentCredential")
    payer.withdrawals(AT)
    own = "https://board.example/withdrawals"
    payer.web.documents[own] = as_doc(new_list(own, "revocation", payer.board, at=AT))
    said = strict_json.dumps(beside(payer, consents)).encode()
    listed = Fetched.of(LISTED, said, fetched_at=AT)
    evidence = known(payer, consents).with_answers([(LISTED, listed)])
    for by, status_at, permitted in (
        (payer.board, own, []),
        (payer.patient, WITHDRAWALS, ["Patient/p-9"]),
    ):
        given = payer.consent_of(
            by,
            subject=payer.patient.did,
            resource=consent(payer.patient.did),
            status_at=status_at,
        )
        people = [("Patient/p-9", [given])]
        found = cohort(people, request(), trust=trust, evidence=evidence)
        assert list(found) == permitted
