"""Each leaf of a signed license and consent, changed in each way, in each format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import base64url
from medid.issuing import issue, issue_sd_jwt
from medid.verifying.judging import StatusPolicy
from tests.attacks.mutate import mutations, respellings
from tests.verifying import world
from tests.verifying.world import BOARD, MADE, PATIENT, VCT, payload_of, verified

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.campaign

DRAFTS: dict[str, Any] = {
    "license": (world.license_draft(), BOARD),
    "consent": (world.consent_draft(), PATIENT),
}


def variants(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from mutations(document)
    for name, other in respellings(document):
        if name.startswith(("case", "space-after", "homoglyph")):
            yield name, other


def equal(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.campaign
@pytest.mark.parametrize("name", DRAFTS)
@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_no_change_of_an_embedded_proofs_document_is_verified(
    name: str, suite: str
) -> None:
    draft, controller = DRAFTS[name]
    document = world.as_object(issue(draft, controller, securing=suite, at=MADE))
    assert verified(document, status=StatusPolicy.OFF)
    passed = [
        label
        for label, mutant in variants(document)
        if not equal(document, mutant)
        and verified(mutant, status=StatusPolicy.OFF).verified
    ]
    assert passed == []


@pytest.mark.parametrize("name", DRAFTS)
def test_no_change_of_a_jwts_payload_is_verified(name: str) -> None:
    draft, controller = DRAFTS[name]
    text = world.as_text(issue(draft, controller, securing="vc+jwt", at=MADE))
    head, _, signature = text.split(".")
    assert verified(text, status=StatusPolicy.OFF)
    for label, mutant in variants(payload_of(text)):
        body = base64url.encode(json.dumps(mutant).encode())
        answer = verified(f"{head}.{body}.{signature}", status=StatusPolicy.OFF)
        assert not answer, label


def test_no_change_of_an_sd_jwt_or_its_disclosures_is_verified() -> None:
    claims = world.license_draft()["credentialSubject"]["license"]
    names = ["licenseNumber", "profession", "condition", "encumbered"]
    text = issue_sd_jwt(
        {"vct": VCT, **claims},
        BOARD,
        disclosable=[f"/{name}" for name in names],
        holder_key=world.DOCTOR.signer.public_key,
        at=MADE,
    )
    assert verified(text)
    token, *disclosures, _ = text.split("~")
    assert len(disclosures) == len(names)
    head, _, signature = token.split(".")
    for label, mutant in variants(payload_of(token)):
        body = base64url.encode(json.dumps(mutant).encode())
        changed = "~".join([f"{head}.{body}.{signature}", *disclosures, ""])
        assert not verified(changed), label
    for number, disclosure in enumerate(disclosures):
        parts = json.loads(base64url.decode(disclosure))
        for label, mutant in variants({"value": parts}):
            other = base64url.encode(json.dumps(mutant.get("value")).encode())
            shown = [*disclosures[:number], other, *disclosures[number + 1 :]]
            if json.dumps(mutant.get("value")) == json.dumps(parts):
                continue
            assert not verified("~".join([token, *shown, ""])), label


def test_no_change_of_a_presentation_is_verified() -> None:
    document = world.presented(world.signed(world.plain()))
    expected: dict[str, Any] = {"challenge": world.CHALLENGE, "domain": world.DOMAIN}
    assert verified(document, **expected)
    for label, mutant in variants(document):
        if not equal(document, mutant):
            assert not verified(mutant, **expected), label
