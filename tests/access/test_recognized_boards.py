"""Decisions on licenses of boards whom an authority recognizes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.credentials.digests import multihash
from medid.health import contexts
from medid.securing import data_integrity
from medid.trust import LICENSE_TYPE, TrustRegistry
from tests.access.world import AT, START, World, controller

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


def answer(world: World, *said: Any, schema: bytes = LICENSES, **scope: Any) -> Any:
    verifier = world.verifier(trust=trusting(world, **scope))
    shown = world.shown(world.license, world.consent, *said)
    known = Evidence().with_answers(
        [(SCHEMA, Fetched.of(SCHEMA, schema, fetched_at=AT))]
    )
    found = verifier.decide(shown, world.asks(), evidence=known)

    async def later() -> Any:
        return await verifier.adecide(shown, world.asks(), evidence=known)

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
    assert "ISSUER_NOT_TRUSTED" in found.codes


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
