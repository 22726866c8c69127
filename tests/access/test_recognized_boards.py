"""Decisions on licenses of boards whom an authority recognizes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.access import bundle as bundles
from medid.access.audit_reading import read_record
from medid.access.explaining import (
    as_html_card,
    as_json,
    as_operation_outcome,
    as_text,
    explain,
    read_decision,
)
from medid.access.replay import replay
from medid.adapters.audit import MemoryAuditLog
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.json import dumps, loads
from medid.credentials.digests import multihash
from medid.health import contexts
from medid.securing import data_integrity
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.verifying.opening import open_document
from tests.access.world import AT, START, World, controller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.check_tree import Branch
    from medid.access.decision import Decision
    from medid.core.instant import Instant

SCHEMA = "https://state.example/schemas/license.json"


def rules(*types: str) -> bytes:
    any_of = [{"contains": {"const": name}} for name in types]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"type": {"anyOf": any_of}},
    }
    return json.dumps(schema).encode()


LICENSES = rules(LICENSE_TYPE)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


STATE = controller()


def recognition(
    world: World, schema: bytes = LICENSES, **members: Any
) -> dict[str, Any]:
    output = {
        "id": SCHEMA,
        "type": "JsonSchema",
        "digestMultibase": multihash(schema),
    }
    action = {
        "type": "RecognizedAction",
        "action": "issue",
        "recognizedBy": STATE.did,
        "outputValidation": output,
    }
    document: dict[str, Any] = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://www.w3.org/ns/credentials/examples/v2",
        ],
        "type": ["VerifiableCredential", "RecognizedEntityCredential"],
        "issuer": STATE.did,
        "validFrom": str(START),
        "validUntil": str(AT.plus(10)),
        "credentialSubject": {
            "id": world.board.did,
            "type": "RecognizedEntity",
            "recognizedTo": action,
        },
        **members,
    }
    options: dict[str, Any] = {
        "created": str(START),
        "verificationMethod": STATE.verification_method,
        "proofPurpose": "assertionMethod",
    }
    return dict(
        data_integrity.sign(
            document,
            STATE.signer,
            suite="eddsa-jcs-2022",
            options=options,
            contexts=contexts(),
        )
    )


def trusting(
    world: World, *, base: TrustRegistry | None = None, lists: Any = (), **scope: Any
) -> TrustRegistry:
    source = world.trust() if base is None else base.document
    stated: dict[str, Any] = json.loads(json.dumps(source))
    (board,) = [
        one for one in stated.pop("acceptedBoards") if one["did"] == world.board.did
    ]
    may = {"jurisdictions": board["jurisdictions"], "professions": board["professions"]}
    authority: dict[str, Any] = {"did": STATE.did, "mayRecognize": {**may, **scope}}
    published = {"recognizedEntities": [*lists], "authorities": [authority]}
    return TrustRegistry.from_json({**stated, **published})


def known() -> Evidence:
    return Evidence().with_answers(
        [(SCHEMA, Fetched.of(SCHEMA, LICENSES, fetched_at=AT))]
    )


def answer(
    world: World,
    *said: Any,
    schema: bytes = LICENSES,
    at: Instant = AT,
    **scope: Any,
) -> Any:
    verifier = world.verifier(trust=trusting(world, **scope))
    shown = world.shown(world.license, world.consent, *said)
    pages = Evidence().with_answers(
        [(SCHEMA, Fetched.of(SCHEMA, schema, fetched_at=AT))]
    )
    found = verifier.decide(shown, world.asks(), evidence=pages, at=at)

    async def later() -> Any:
        return await verifier.adecide(shown, world.asks(), evidence=pages, at=at)

    assert asyncio.run(later()).codes == found.codes
    return found


def test_a_license_of_a_recognized_board_permits_until_that_ends(world: World) -> None:
    found = answer(world, recognition(world))
    assert found
    assert found.expires == AT.plus(10)


def test_without_the_recognition_it_denies(world: World) -> None:
    found = answer(world)
    assert not found
    assert "ISSUER_NOT_TRUSTED" in found.codes


def test_a_board_recognized_for_other_licenses_denies(world: World) -> None:
    nurses = rules("NurseLicenseCredential")
    found = answer(world, recognition(world, nurses), schema=nurses)
    assert not found
    assert "ISSUER_NOT_AUTHORIZED_FOR_TYPE" in found.codes


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ({"jurisdictions": ["DE"]}, "ISSUER_NOT_AUTHORIZED_FOR_JURISDICTION"),
        ({"professions": ["163W00000X"]}, "ISSUER_NOT_AUTHORIZED_FOR_PROFESSION"),
        ({"credentialTypes": ["Other"]}, "ISSUER_NOT_AUTHORIZED_FOR_TYPE"),
    ],
)
def test_no_more_than_the_authority_may_recognize(
    world: World, scope: dict[str, Any], code: str
) -> None:
    found = answer(world, recognition(world), **scope)
    assert not found
    assert code in found.codes


# The chain is told wherever the decision is.


def leaf(found: Decision, name: str) -> Branch:
    (one,) = [
        inner
        for branch in found.tree
        for outer in (branch, *branch.children)
        for inner in outer.children
        if inner.check == name and inner.chains
    ]
    return one


def test_the_decision_names_the_chain_where_trust_and_authority_are_asked(
    world: World,
) -> None:
    said = recognition(world)
    found = answer(world, said)
    (chain,) = leaf(found, "trust").chains
    assert leaf(found, "authority").chains == (chain,)
    assert (chain.authority, chain.issuer) == (STATE.did, world.board.did)
    (link,) = chain.links
    assert (link.recognized_by, link.url) == (STATE.did, None)
    assert link.digest == open_document(said).digest
    assert chain.window.end == AT.plus(10)
    assert explain(found).chains == (chain,)
    assert read_decision(dumps(found.as_json())) == explain(found)
    shown: Any = found.as_json()["context"]
    assert [*_chains(shown["checks"])] == [[chain.as_json()], [chain.as_json()]]


def _chains(checks: Any) -> Iterator[Any]:
    for one in checks:
        if "chains" in one:
            yield one["chains"]
        yield from _chains(one.get("checks", []))


def test_nothing_is_told_where_the_trust_file_names_the_board(world: World) -> None:
    stated: Any = json.loads(json.dumps(trusting(world).document))
    own: Any = world.trust()["acceptedBoards"]
    stated["acceptedBoards"] = own
    verifier = world.verifier(trust=TrustRegistry.from_json(stated))
    shown = world.shown(world.license, world.consent, recognition(world))
    found = verifier.decide(shown, world.asks(), evidence=known())
    assert found
    assert not explain(found).chains
    assert "chains" not in dumps(found.as_json())


@pytest.mark.parametrize("scope", [{"jurisdictions": ["DE"]}, {"professions": ["1"]}])
def test_a_refused_license_stands_on_no_chain(world: World, scope: Any) -> None:
    found = answer(world, recognition(world), **scope)
    assert not found
    assert len(leaf(found, "trust").chains) == 1
    with pytest.raises(ValueError, match="not enough values"):
        leaf(found, "authority")


def test_of_two_chains_the_license_stands_on_the_one_that_covers_it(
    world: World,
) -> None:
    # The trust file names the board for another place, and the chain for this one.
    stated: Any = json.loads(json.dumps(trusting(world).document))
    (own,) = [
        one
        for one in json.loads(json.dumps(world.trust()))["acceptedBoards"]
        if one["did"] == world.board.did
    ]
    stated["acceptedBoards"] = [{**own, "jurisdictions": ["DE"]}]
    log = MemoryAuditLog()
    verifier = world.verifier(trust=TrustRegistry.from_json(stated), audit=log)
    shown = world.shown(world.license, world.consent, recognition(world))
    found = verifier.decide(shown, world.asks(), evidence=known())
    assert found
    (chain,) = explain(found).chains
    assert leaf(found, "authority").chains == (chain,)
    with pytest.raises(ValueError, match="not enough values"):
        leaf(found, "trust")
    # The record names the chain on which the license stands, too.
    (record,) = log.records
    assert record.license is not None
    assert record.license.chains == (chain,)


def test_only_the_license_that_decided_is_told_to_stand_on_a_chain(
    world: World,
) -> None:
    other = world.license_of(licenseStatus="suspended")
    verifier = world.verifier(trust=trusting(world))
    shown = world.shown(world.license, other, world.consent, recognition(world))
    found = verifier.decide(shown, world.asks(), evidence=known())
    assert found
    (rules_,) = [branch for branch in found.tree if branch.check == "license"]
    assert [
        (one.about, [leaf_.check for leaf_ in one.children if leaf_.chains])
        for one in rules_.children
    ] == [(rules_.about, ["authority"]), (other["id"], [])]


def test_the_chain_is_told_in_every_form_and_to_no_outsider(world: World) -> None:
    found = answer(world, recognition(world))
    (chain,) = explain(found).chains
    said = chain.sentences()[0]
    forms: tuple[Any, ...] = (
        as_text,
        as_html_card,
        as_json,
        as_operation_outcome,
    )
    for form in forms:
        full = " ".join(str(form(explain(found))).split())
        assert chain.authority in full, form
        assert chain.links[0].digest in full, form
        assert (said in full) is (form is not as_json)
        public = str(form(explain(found).public()))
        assert chain.authority not in public
    issue: Any = [
        one
        for one in as_operation_outcome(explain(found))["issue"]  # type: ignore[union-attr]
        if one["details"]["text"] == said  # type: ignore[index, call-overload]
    ]
    assert [(one["severity"], one["code"]) for one in issue] == [
        ("information", "informational")
    ]


def test_the_record_names_the_chain_and_the_bundle_replays(world: World) -> None:
    log = MemoryAuditLog()
    verifier = world.verifier(trust=trusting(world), audit=log)
    shown = dumps(world.shown(world.license, world.consent, recognition(world)))
    case = verifier.prepare(shown.encode(), world.asks(), at=AT, evidence=known())
    found = verifier.conclude(case)
    (record,) = log.records
    assert record.license is not None
    assert record.license.chains == explain(found).chains
    assert not record.supports
    assert [one.chains for one in record.consents] == [()]
    assert read_record(loads(dumps(record.as_json()))) == record
    signed = bundles.write(
        case, found, presentation=shown.encode(), controller=controller()
    )
    again = replay(bundles.read(dumps(signed)))
    assert again
    assert explain(again.decision).chains == explain(found).chains
