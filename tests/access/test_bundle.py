"""A decision written down: every member signed, and the same decided again from it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from medid.access import bundle as bundles
from medid.access.bundle import Bundle, case_of, read, write
from medid.access.replay import replay
from medid.access.sources import MemoryConsents
from medid.adapters.challenges import MemoryChallenges
from medid.cli.demo_world import PATIENT
from medid.core import base64url
from medid.core.evidence import Evidence
from medid.core.json import dumps
from medid.dids import resolver
from medid.dids.syntax import DidUrl
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    InvalidSignature,
    MalformedValue,
    MedidError,
    ParsingError,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey
from medid.securing.jose import sign_compact
from medid.securing.jose.members import digest
from medid.verifying.judging import Expectations, StatusPolicy
from tests.access.world import AT, World, controller, fhir_consent

if TYPE_CHECKING:
    from medid.access.decision import Decision
    from medid.access.judge import Case
    from medid.issuing import Controller

GOLDEN = Path(__file__).parents[1] / "vectors" / "evidence-bundle" / "permit.json"
SIGNER: Controller = controller()
KEY = SIGNER.signer.public_key


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def shown(world: World) -> bytes:
    return dumps(world.shown()).encode()


@pytest.fixture(scope="module")
def made(world: World, shown: bytes) -> dict[str, Any]:
    """The bundle of a permit, as a JSON object."""
    verifier = world.verifier()
    case = verifier.prepare(shown, world.asks(), at=AT)
    found = write(case, verifier.conclude(case), presentation=shown, controller=SIGNER)
    return dict(found)


@pytest.fixture
def document(made: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(made)


def opened(document: dict[str, Any]) -> Bundle:
    return read(dumps(document))


def decided(world: World, shown: bytes, **settings: Any) -> tuple[Case, Decision]:
    verifier = world.verifier(**settings)
    case = verifier.prepare(shown, world.asks(), at=AT)
    return case, verifier.conclude(case)


def test_the_same_is_decided_again_without_anything_else(made: dict[str, Any]) -> None:
    found = opened(made)
    found.check(KEY)
    again = replay(found)

    assert again
    assert again.differences == ()
    assert again.decision.permitted
    assert again.same_library
    assert found.kid == SIGNER.verification_method
    assert found.at == AT
    assert found.decision == made["decision"]
    assert again.as_json()["same"] is True


def test_a_bundle_that_an_earlier_run_made_replays_for_ever() -> None:
    found = read(GOLDEN.read_bytes())
    did = DidUrl.parse(found.kid).did
    key = resolver.resolve(did, Evidence()).method_for(found.kid, "assertionMethod").key
    found.check(key)
    again = replay(found)

    assert again.differences == ()
    assert again.decision.codes == ("LICENSE_OK", "CONSENT_PERMIT")
    assert again.library == "0.1.0"


def test_a_denial_with_consents_on_file_and_a_used_challenge_replays(
    world: World, shown: bytes
) -> None:
    record = dumps(fhir_consent("deny")).encode()
    kept = [record, dumps(world.consent).encode()]
    for challenges in (None, MemoryChallenges()):
        case, decision = decided(
            world,
            shown,
            consents=MemoryConsents({PATIENT: kept}),
            challenges=challenges,
            accepted_statuses=frozenset({3}),
        )
        found = opened(
            dict(
                write(
                    case,
                    decision,
                    presentation=shown,
                    consents=kept,
                    controller=SIGNER,
                )
            )
        )
        assert not decision.permitted
        assert replay(found)
        assert ("REPLAYED" in replay(found).decision.codes) is (challenges is not None)
        assert case_of(found).judgement.expect == case.judgement.expect
        assert len(case_of(found).kept) == len(case_of(found).records) == 1


def test_an_accepted_challenge_replays_as_accepted(world: World) -> None:
    gateway = world.gateway()
    shown = dumps(world.shown(challenge=gateway.challenge())).encode()
    case = gateway.prepare(shown, world.asks(), at=AT)
    decision = gateway.conclude(case)
    found = opened(dict(write(case, decision, presentation=shown, controller=SIGNER)))
    assert decision.permitted
    assert replay(found)
    assert case_of(found).challenge == case.challenge


def test_what_could_not_be_fetched_replays_as_not_checked(
    world: World, shown: bytes
) -> None:
    world.net.down.update(world.web.documents)
    try:
        case, decision = decided(world, shown)
    finally:
        world.net.down.clear()
    found = opened(dict(write(case, decision, presentation=shown, controller=SIGNER)))
    assert decision.outcome == "indeterminate"
    assert replay(found)


@pytest.mark.parametrize("name", sorted(bundles._SIGNED))
def test_a_member_that_was_changed_is_named(
    document: dict[str, Any], name: str
) -> None:
    value = document[name]
    if isinstance(value, dict):
        value["x"] = 1
    elif isinstance(value, list):
        value.append("AA")
    else:
        document[name] = "2026-06-15T12:01:01Z" if name == "at" else "AAAA"
    if name == "evidence":
        del value["x"]
        value["documents"].popitem()
    with pytest.raises(InvalidSignature) as caught:
        opened(document).check(KEY)
    assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize("name", [*sorted(bundles._SIGNED), "signature", "format"])
def test_no_member_may_be_missing(document: dict[str, Any], name: str) -> None:
    del document[name]
    with pytest.raises(MalformedValue) as caught:
        opened(document)
    assert caught.value.path == f"$.{name}"


def test_it_says_when_it_was_signed(world: World, shown: bytes) -> None:
    case, decision = decided(world, shown)
    document = write(
        case, decision, presentation=shown, controller=SIGNER, at=AT.plus(7)
    )
    found = opened(dict(document))
    found.check(KEY)
    assert (found.at, found.signed_at) == (AT, AT.plus(7))
    changed = {**document, "signedAt": str(AT)}
    with pytest.raises(InvalidSignature) as caught:
        opened(changed).check(KEY)
    assert caught.value.path == "$.signedAt"
    without = {name: one for name, one in document.items() if name != "signedAt"}
    with pytest.raises(MalformedValue):
        opened(without).check(KEY)
    for odd in (1, "today"):
        with pytest.raises(MalformedValue):
            opened({**document, "signedAt": odd})
    # An older bundle does not say: it is taken to be signed as it was decided.
    old = read(GOLDEN.read_bytes())
    assert old.signed_at == old.at


def test_layout_is_not_part_of_what_is_signed(document: dict[str, Any]) -> None:
    text = json.dumps(dict(reversed(document.items())), indent=7)
    read(text).check(KEY)


def test_time_stamps_may_be_added_afterwards(document: dict[str, Any]) -> None:
    document["timestamps"] = ["AAAA"]
    opened(document).check(KEY)


def test_another_key_signed_nothing(made: dict[str, Any]) -> None:
    with pytest.raises(InvalidSignature) as caught:
        opened(made).check(PrivateKey.generate(KeyKind.ED25519).public_key)
    assert caught.value.path.startswith("$.signature")
    with pytest.raises(WeakCryptography):
        opened(made).check(PrivateKey.generate(KeyKind.P256).public_key)


@pytest.mark.parametrize(
    "change", ["none", "fewer", "fewer of those that may be there", "more"]
)
def test_the_signature_is_over_every_member_and_nothing_else(
    document: dict[str, Any], change: str
) -> None:
    names = (*bundles._SIGNED, "signedAt")
    signed = {name: digest(document[name]) for name in names}
    if change == "fewer":
        del signed["decision"]
    elif change == "fewer of those that may be there":
        del signed["signedAt"]
    elif change == "more":
        signed["signature"] = "x"
    header = {"typ": bundles.TYP, "kid": "did:example:a#1"}
    document["signature"] = sign_compact(dumps(signed).encode(), SIGNER.signer, header)
    if change == "none":
        opened(document).check(KEY)
        return
    with pytest.raises(MalformedValue) as caught:
        opened(document).check(KEY)
    assert caught.value.path.startswith("$.signature")


def test_a_signature_for_something_else_is_not_a_bundles(
    document: dict[str, Any],
) -> None:
    header = {"typ": "jwt", "kid": "did:example:a#1"}
    document["signature"] = sign_compact(b"{}", SIGNER.signer, header)
    with pytest.raises(MalformedValue, match="not a bundle's"):
        opened(document)


def test_another_format_is_not_read(document: dict[str, Any]) -> None:
    document["format"] = "medid evidence bundle 2"
    with pytest.raises(MalformedValue) as caught:
        opened(document)
    assert caught.value.path == "$.format"
    with pytest.raises(ParsingError):
        read(b"\xff")
    with pytest.raises(MalformedValue):
        read(b"[]")
    with pytest.raises(MalformedValue):
        opened({**document, "format": bundles.FORMAT, "more": 1})


def test_only_what_was_decided_on_is_written_down(world: World, shown: bytes) -> None:
    case, decision = decided(world, shown)
    consent = dumps(world.consent).encode()
    for presentation, consents in (
        (dumps(world.shown(challenge="other")).encode(), ()),
        (shown, (consent,)),
        (shown, (dumps(fhir_consent("deny")).encode(),)),
    ):
        with pytest.raises(ConfigurationError, match="not the bytes"):
            write(
                case,
                decision,
                presentation=presentation,
                consents=consents,
                controller=SIGNER,
            )


def missed(result: str, code: str) -> dict[str, str]:
    return {"result": result, "path": "$", "code": code, "message": "m"}


CHANGES: list[tuple[str, Any, str]] = [
    ("decision", {"decision": False, "context": {}}, "decision"),
    ("at", "2026-06-15T12:01:30Z", "time"),
    ("challenge", missed("fail", "REPLAYED"), "outcome"),
    ("challenge", missed("unknown", "FETCH_FAILED"), "outcome"),
]


@pytest.mark.parametrize(("name", "value", "differs"), CHANGES)
def test_another_input_is_shown_as_a_difference(
    document: dict[str, Any], name: str, value: Any, differs: str
) -> None:
    document[name] = value
    again = replay(opened(document))
    assert not again
    assert differs in again.differences


def test_texts_for_people_and_versions_do_not_count(document: dict[str, Any]) -> None:
    context = document["decision"]["context"]
    context["reasons"][0]["message"] = "another text"
    context["basis"]["library"] = document["library"] = "0.0.1"
    again = replay(opened(document))
    assert again
    assert not again.same_library
    assert again.as_json()["decidedBy"] == "0.0.1"


def test_a_reason_or_a_digest_that_differs_counts(document: dict[str, Any]) -> None:
    context = document["decision"]["context"]
    context["reasons"][0]["code"] = "CONSENT_PERMIT"
    context["basis"]["trust"] = "00"
    assert replay(opened(document)).differences == ("reasons", "basis.trust")
    for odd in ("x", ["x"]):
        context["reasons"] = odd
        assert "reasons" in replay(opened(document)).differences


def test_a_context_that_is_another_now_cannot_be_replayed(
    document: dict[str, Any],
) -> None:
    bundled = document["contexts"]["bundled"]
    assert "https://www.w3.org/ns/credentials/v2" in bundled
    for url in ("https://gone.example/v1", next(iter(bundled))):
        changed = copy.deepcopy(document)
        changed["contexts"]["bundled"][url] = "00"
        with pytest.raises(EvidenceUnavailable) as caught:
            replay(opened(changed))
        assert caught.value.path == "$.contexts.bundled"


def test_inline_contexts_are_written_down(document: dict[str, Any]) -> None:
    assert case_of(opened(document)).judgement.contexts.allow_inline is False
    document["contexts"]["allowInline"] = True
    assert case_of(opened(document)).judgement.contexts.allow_inline is True


def test_settings_that_were_added_since_have_their_default(
    document: dict[str, Any],
) -> None:
    del document["expectations"]["ml_dsa_tokens"]
    assert case_of(opened(document)).judgement.expect == Expectations(
        domain=document["expectations"]["domain"],
        status=StatusPolicy.IF_PRESENT,
        status_max_age=document["expectations"]["status_max_age"],
    )


CANARY = "canary of a patient"
BAD: list[tuple[str, Any]] = [
    ("presentation", 1),
    ("presentation", "!" + CANARY),
    ("presentation", base64url.encode(CANARY.encode())),
    ("consents", {}),
    ("consents", [1]),
    ("consents", [base64url.encode(CANARY.encode())]),
    ("consents", ["AA"] * (bundles.MAX_CONSENTS + 1)),
    ("request", []),
    ("request", {"subject": CANARY}),
    ("trust", {CANARY: 1}),
    ("at", CANARY),
    ("expectations", {CANARY: 1}),
    ("contexts", {"allowInline": CANARY, "registered": {}, "bundled": {}}),
    ("contexts", {"allowInline": False, "registered": {"u:x": CANARY}, "bundled": {}}),
    ("contexts", {CANARY: 1}),
    ("challenge", CANARY),
    ("challenge", {"result": CANARY, "path": "$"}),
    ("challenge", {"result": "pass", "path": "$", "code": "REPLAYED", "message": "m"}),
    ("challenge", {"result": "fail", "path": "$", "code": CANARY, "message": "m"}),
    ("evidence", {"format": CANARY, "documents": {}}),
    ("decision", CANARY),
    ("decision", {"context": CANARY}),
    ("decision", {"context": {"basis": CANARY}}),
    ("library", 1),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_malformed_member_is_one_error_without_its_value(
    document: dict[str, Any], name: str, value: Any
) -> None:
    document[name] = value
    with pytest.raises(MedidError) as caught:
        replay(opened(document))
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("domain", 1),
        ("skew", True),
        ("skew", "0"),
        ("holder_binding", None),
        ("status", CANARY),
        ("accepted_statuses", [True]),
        ("accepted_statuses", [3.0]),
        ("accepted_statuses", [1]),
    ],
)
def test_a_malformed_setting_is_refused(
    document: dict[str, Any], name: str, value: Any
) -> None:
    document["expectations"][name] = value
    with pytest.raises(MedidError) as caught:
        case_of(opened(document))
    assert CANARY not in str(caught.value)
