"""Roots and trust registries, asked on what ground an issuer is believed."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.evidence import Evidence
from medid.dids.methods.x509 import create
from medid.health import contexts
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.verifying.admitting import needs_about
from medid.verifying.believing import Answer, Asked, Belief, explain
from medid.verifying.gathering import gather
from medid.verifying.judging import Judgement
from tests.dids.test_x509 import MIDDLE, ROOT, SAN
from tests.trust.registries import COUNCIL, URL, Registries
from tests.verifying import test_asking as asking
from tests.verifying import test_certifying as certifying
from tests.verifying.test_x509 import DID
from tests.verifying.world import BOARD, NOW, PATIENT, registry_of

DOCTOR = asking.PROFESSION


def belief(
    trust: TrustRegistry, web: Any = None, issuer: str = BOARD.did, **changes: Any
) -> Belief:
    question: dict[str, Any] = {
        "credential_type": LICENSE_TYPE,
        "jurisdiction": "US-OH",
        "profession": DOCTOR,
        **changes,
    }
    asked = Asked(issuer=issuer, **question)
    judgement = Judgement(at=NOW, contexts=contexts(), trust=trust)
    known = gather(
        Evidence(),
        lambda known: needs_about(
            issuer, asked.credential_type, judgement.knowing(known)
        ),
        web or Registries(pages={}),
    )
    return explain(asked, judgement.knowing(known))


def why(found: Belief) -> list[tuple[str, str | None, str | None]]:
    assert not found
    assert not found.entries
    assert not found.chains
    assert all(one.message and one.fix for one in found.missing)
    return [(one.why, one.path, one.code) for one in found.missing]


NOT_NAMED = ("not-named", "$.acceptedBoards", None)
AT_REGISTRY = "$.trustRegistries[0]"


# Trust registries.


def test_who_is_authorized_is_believed_until_the_answer_ends() -> None:
    web = asking.web()
    found = belief(asking.trusting(), web)
    assert found.answer is Answer.BELIEVED
    ((path, text),) = found.entries
    assert path == AT_REGISTRY
    assert text == f"{COUNCIL} authorizes it until {NOW.plus(300)}."
    assert [url for url, _ in web.asked_of] == [f"{URL}/authorization"]


def test_a_no_is_told_as_one_and_silence_as_silence() -> None:
    refused = belief(asking.trusting(), asking.web(registry_of({"did": PATIENT.did})))
    assert refused.answer is Answer.NOT_BELIEVED
    no = ("registry", AT_REGISTRY, "ISSUER_NOT_AUTHORIZED_FOR_TYPE")
    assert why(refused) == [NOT_NAMED, no]
    silent = belief(asking.trusting(), asking.web(registries={}))
    assert silent.answer is Answer.UNKNOWN
    assert why(silent) == [NOT_NAMED, ("registry", AT_REGISTRY, "FETCH_FAILED")]


@pytest.mark.parametrize(
    "changes",
    [
        {"jurisdiction": "US-KY"},
        {"profession": "163W00000X"},
        {"credential_type": "Other"},
        {"issuer": "no identifier"},
    ],
)
def test_what_a_registry_may_not_say_is_no_matter_of_its(changes: Any) -> None:
    for web in (asking.web(), asking.web(registries={})):
        found = belief(asking.trusting(), web, **changes)
        assert found.answer is Answer.NOT_BELIEVED
        assert why(found) == [NOT_NAMED]


def test_of_several_registries_each_is_told() -> None:
    other = asking.entry(url="https://other.example/trqp", authorityId="urn:x:other")
    web = asking.web()
    found = belief(asking.trusting(other, asking.entry()), web)
    assert [one.path for one in found.entries] == ["$.trustRegistries[1]"]
    neither = belief(
        asking.trusting(other, asking.entry()),
        asking.web(registry_of({"did": PATIENT.did})),
    )
    assert neither.answer is Answer.UNKNOWN
    assert [one[1] for one in why(neither)[1:]] == [
        "$.trustRegistries[0]",
        "$.trustRegistries[1]",
    ]


def test_an_issuer_that_the_file_names_is_not_asked_about() -> None:
    boards: Any = [{**asking.ADMITTED, **asking.SCOPE, "jurisdictions": ["US-KY"]}]
    web = asking.web()
    found = belief(asking.trusting(acceptedBoards=boards), web)
    assert found.answer is Answer.NOT_BELIEVED
    assert web.asked_of == []


# Roots of certificates.

NURSE = {"jurisdiction": "NL", "profession": "01.015"}
CERTIFICATES = "whether its certificates lead to the root, hold and were revoked"


def test_a_root_is_told_for_a_name_that_states_what_it_speaks_for() -> None:
    for entry in (
        certifying.entry(),
        certifying.entry(certificate=None, sha256=certifying.DIGEST),
    ):
        found = belief(certifying.trusting(entry), issuer=DID, **NURSE)
        assert found.answer is Answer.BELIEVED
        ((path, text),) = found.entries
        assert path == "$.x509Roots[0]"
        assert "speaks, without an end for san otherName" in text
        assert found.not_judged[-1] == CERTIFICATES


def test_a_fingerprint_of_another_kind_is_that_of_the_same_certificate() -> None:
    name = str(create(ROOT.der, SAN, algorithm="sha512"))
    assert belief(certifying.trusting(certifying.entry()), issuer=name, **NURSE)
    by_digest = certifying.entry(certificate=None, sha256=certifying.DIGEST)
    found = belief(certifying.trusting(by_digest), issuer=name, **NURSE)
    assert found.answer is Answer.UNKNOWN


def test_an_authority_below_the_root_only_its_certificates_place() -> None:
    name = str(create(MIDDLE.der, SAN))
    found = belief(certifying.trusting(certifying.entry()), issuer=name, **NURSE)
    assert found.answer is Answer.UNKNOWN
    assert why(found) == [NOT_NAMED, ("certificate", "$.x509Roots[0]", None)]
    # Which certificate would have to be the root's, or below it, is told.
    assert ":".join(name.split(":")[3:5]) in found.missing[-1].message


def test_of_a_web_issuer_only_its_certificates_tell() -> None:
    found = belief(
        certifying.trusting(certifying.entry()), issuer="https://b.example", **NURSE
    )
    assert found.answer is Answer.UNKNOWN
    assert why(found)[-1] == ("certificate", "$.x509Roots[0]", None)
    assert "fingerprint" not in found.missing[-1].message


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [
        (str(create(ROOT.der, ("san", "dns", "other.example"))), "subject"),
        ("did:x509:nothing", "subject"),
    ],
    ids=["another subject", "no did:x509"],
)
def test_a_name_that_states_something_else_is_told(issuer: str, reason: str) -> None:
    found = belief(certifying.trusting(certifying.entry()), issuer=issuer, **NURSE)
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found)[-1] == (reason, "$.x509Roots[0]", None)


@pytest.mark.parametrize(
    ("changes", "entry", "reason"),
    [
        ({"jurisdiction": "DE"}, {}, "jurisdiction"),
        ({"profession": "x"}, {}, "profession"),
        ({"credential_type": "Other"}, {}, "type"),
        ({}, {"validUntil": str(NOW)}, "not-in-force"),
    ],
)
def test_a_root_that_falls_short_is_told(
    changes: dict[str, Any], entry: dict[str, Any], reason: str
) -> None:
    trust = certifying.trusting(certifying.entry(**entry))
    found = belief(trust, issuer=DID, **{**NURSE, **changes})
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found)[-1] == (reason, "$.x509Roots[0]", None)


def test_a_root_says_nothing_of_other_dids_and_of_whom_the_file_names() -> None:
    trust = certifying.trusting(certifying.entry())
    assert why(belief(trust, **NURSE)) == [NOT_NAMED]
    boards: Any = [{"did": DID, "jurisdictions": ["DE"], "professions": ["x"]}]
    named = certifying.trusting(certifying.entry(), acceptedBoards=boards)
    found = belief(named, issuer=DID, **NURSE)
    assert why(found) == [("jurisdiction", "$.acceptedBoards[0]", None)]
