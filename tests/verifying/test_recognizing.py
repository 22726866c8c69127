"""Whom the authorities recognize, from signed documents, offline and by fetching."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from medid.credentials.digests import multihash
from medid.credentials.schema import validate_every_spelling
from medid.issuing import Controller, derive, issue, issue_sd_jwt
from medid.keys import KeyKind
from medid.securing import sd_jwt
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.recognized import MAX_ENTITIES
from medid.verifying.checks import Outcome
from medid.verifying.judging import Expectations
from medid.verifying.verifier import Verifier
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    CHALLENGE,
    DAY,
    DOMAIN,
    MADE,
    NOW,
    STRANGER,
    WEB,
    WEB_URL,
    Web,
    codes,
    entry,
    key,
    license_draft,
    lists,
    plain,
    presented,
    signed,
    status_list,
    verified,
    web_document,
)

STATE = Controller.did_key(key("state"))
UNION = Controller.did_key(key("union"))
SCHEMA = "https://state.example/schemas/license.json"
LISTED = "https://state.example/recognized.json"
OWN_LIST = "https://state.example/status/1"


def schema_of(*types: str) -> bytes:
    one_of = [{"contains": {"const": name}} for name in types]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"type": {"anyOf": one_of}},
        "required": ["type"],
    }
    return json.dumps(schema).encode()


RULES = schema_of(LICENSE_TYPE)
LICENSE = signed(license_draft())


def action(**members: Any) -> dict[str, Any]:
    found = {
        "type": "RecognizedAction",
        "action": "issue",
        "recognizedBy": STATE.did,
        "outputValidation": {
            "id": SCHEMA,
            "type": "JsonSchema",
            "digestMultibase": multihash(RULES),
        },
        **members,
    }
    return {name: value for name, value in found.items() if value is not None}


def entity(board: Controller = BOARD, *actions: Any, **members: Any) -> dict[str, Any]:
    to = list(actions) or action()
    return {
        "id": board.did,
        "type": "RecognizedEntity",
        "recognizedTo": to,
        **members,
    }


def recognition(*entities: Any, by: Controller = STATE, **members: Any) -> Any:
    draft = plain(
        by,
        type=["VerifiableCredential", "RecognizedEntityCredential"],
        credentialSubject=list(entities) or [entity()],
        **members,
    )
    return world.with_proof(draft, by, suite="eddsa-jcs-2022")


def registry(*authorities: Controller, lists: Any = (), **members: Any) -> Any:
    scope: dict[str, Any] = {
        "jurisdictions": ["US-OH"],
        "professions": ["207R00000X", "208D00000X"],
    }
    return TrustRegistry.from_json(
        {
            "authorities": [
                {"did": one.did, "mayRecognize": scope, **members}
                for one in authorities or (STATE,)
            ],
            "recognizedEntities": list(lists),
        }
    )


def judged(
    *credentials: Any, trust: Any = None, known: Any = None, **options: Any
) -> Any:
    pages = {**lists(), SCHEMA: RULES, **(known or {})}
    return verified(
        presented(*credentials, securing="eddsa-jcs-2022"),
        trust=trust or registry(),
        known=pages,
        challenge=CHALLENGE,
        domain=DOMAIN,
        **options,
    )


def refused(answer: Any) -> None:
    assert not answer
    assert ("trust", "ISSUER_NOT_TRUSTED", "$.verifiableCredential[0].issuer") in codes(
        answer
    )


def undecided(answer: Any) -> None:
    """It could not be checked who may issue it, and nothing else is wrong."""
    assert not answer
    assert answer.outcome is Outcome.UNDECIDED
    place = "$.verifiableCredential[0].issuer"
    assert codes(answer) == [("trust", "EVIDENCE_UNAVAILABLE", place)]


def test_a_recognized_board_may_issue_what_the_schema_allows() -> None:
    assert judged(LICENSE, recognition(), holder_binding=True)
    named = recognition(entity(BOARD, action(recognizedBy={"id": STATE.did})))
    assert judged(LICENSE, named)
    refused(judged(LICENSE))


SCOPE: dict[str, Any] = {
    "jurisdictions": ["US-OH"],
    "professions": ["207R00000X", "208D00000X"],
}


@pytest.mark.parametrize(
    "dates",
    [{"validUntil": str(NOW)}, {"validFrom": str(NOW.plus(1))}],
    ids=["over", "to-come"],
)
def test_a_board_that_was_struck_off_is_not_recognized_either(
    dates: dict[str, Any],
) -> None:
    """Whatever its holder presents beside the license."""
    document: Any = dict(registry(lists=[LISTED]).document)
    others = {"did": WEB.did, **SCOPE}
    listed = {LISTED: recognition()}
    cases: list[tuple[Any, bool]] = [
        ([], True),
        ([{"did": BOARD.did, **SCOPE, **dates}, others], False),
        ([{"did": BOARD.did, **SCOPE, **dates}, {"did": BOARD.did, **SCOPE}], True),
    ]
    for entries, believed in cases:
        trust = TrustRegistry.from_json({**document, "acceptedBoards": entries})
        for shown, known in (((LICENSE, recognition()), {}), ((LICENSE,), listed)):
            answer = judged(*shown, trust=trust, known=known)
            assert bool(answer) is believed
            if not believed:
                refused(answer)


def test_who_was_struck_off_recognizes_nobody_on_anothers_word() -> None:
    schema = schema_of(LICENSE_TYPE, "RecognizedEntityCredential")
    above = recognition(
        entity(
            UNION,
            action(
                outputValidation={
                    "id": SCHEMA,
                    "type": "JsonSchema",
                    "digestMultibase": multihash(schema),
                }
            ),
        )
    )
    below = recognition(
        entity(
            BOARD,
            action(
                recognizedBy=UNION.did,
                outputValidation={
                    "id": f"{SCHEMA}#own",
                    "type": "JsonSchema",
                    "digestMultibase": multihash(RULES),
                },
            ),
        ),
        by=UNION,
    )
    known = {SCHEMA: schema, f"{SCHEMA}#own": RULES}
    document: Any = dict(registry(delegable=1).document)
    for dates, believed in (({}, True), ({"validUntil": str(NOW)}, False)):
        entry_ = {"did": UNION.did, **SCOPE, **dates}
        trust = TrustRegistry.from_json({**document, "acceptedBoards": [entry_]})
        answer = judged(LICENSE, above, below, trust=trust, known=known)
        assert bool(answer) is believed, codes(answer)


def test_an_envelope_is_as_good() -> None:
    draft = plain(
        STATE,
        type=["VerifiableCredential", "RecognizedEntityCredential"],
        credentialSubject=[entity()],
    )
    token = issue(draft, STATE, at=MADE, securing="vc+jwt")
    assert judged(LICENSE, world.enveloped(str(token)))


def test_an_entity_without_a_name_is_nobody() -> None:
    nameless = {name: one for name, one in entity().items() if name != "id"}
    refused(judged(LICENSE, recognition(nameless)))


@pytest.mark.parametrize(
    "said",
    [
        recognition(by=STRANGER),
        recognition(entity(STRANGER)),
        recognition(entity(BOARD, action(recognizedBy=STRANGER.did))),
        recognition(entity(BOARD, action(action="verify"))),
        recognition(entity(BOARD, action(recognizedBy={"name": "State"}))),
        recognition(entity(BOARD, action(type="Other"))),
        recognition(entity(type="Other")),
        recognition(entity(BOARD, action(outputValidation=None))),
        recognition(entity(BOARD, action(outputValidation=[]))),
        recognition(entity(BOARD, action(validUntil=str(NOW)))),
        recognition(validUntil=str(NOW)),
        recognition(validFrom=str(NOW.plus(1))),
        {**recognition(), "validUntil": "2040-01-01T00:00:00Z"},
        recognition(
            entity(
                BOARD,
                action(outputValidation={"id": SCHEMA, "type": "JsonSchema"}),
            )
        ),
        recognition(
            entity(
                BOARD,
                action(
                    outputValidation={"id": "http://a.example", "type": "JsonSchema"}
                ),
            )
        ),
        recognition(
            entity(BOARD, action(outputValidation={"id": SCHEMA, "type": "Other"}))
        ),
    ],
)
def test_what_is_no_recognition_by_the_authority_counts_for_nothing(said: Any) -> None:
    refused(judged(LICENSE, said))


def test_a_nursing_board_cannot_license_a_physician() -> None:
    nurses = schema_of("NurseLicenseCredential")
    output = {"id": SCHEMA, "type": "JsonSchema", "digestMultibase": multihash(nurses)}
    said = recognition(entity(BOARD, action(outputValidation=output)))
    answer = judged(LICENSE, said, known={SCHEMA: nurses})
    place = "$.verifiableCredential[0].issuer"
    # N-tr-type: the board is recognized, and for something else.
    assert codes(answer) == [("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", place)]
    # Where nobody can tell for what, it stays open.
    undecided(judged(LICENSE, said, known={SCHEMA: nurses + b" "}))


def in_an_array(found: Any, *names: str) -> Any:
    """A copy in which the last of ``names`` is an array of what it was."""
    copy = json.loads(json.dumps(found))
    holder = copy
    for name in names[:-1]:
        holder = holder[name]
    holder[names[-1]] = [holder[names[-1]]]
    return copy


@pytest.mark.parametrize(
    "names", [("credentialSubject",), ("credentialSubject", "license")]
)
def test_no_holder_gets_round_a_schema_by_another_spelling(names: Any) -> None:
    """A signature over RDF holds for a value and for an array of it alike."""
    licenses = {"properties": {"jurisdiction": {"const": "US-IN"}}}
    subjects = {"properties": {"license": licenses}}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"credentialSubject": subjects},
    }
    rules = json.dumps(schema).encode()
    output = {"id": SCHEMA, "type": "JsonSchema", "digestMultibase": multihash(rules)}
    said = recognition(entity(BOARD, action(outputValidation=output)))
    place = "$.verifiableCredential[0].issuer"
    for shown in (LICENSE, in_an_array(LICENSE, *names)):
        assert verified(shown, known=lists())
        answer = judged(shown, said, known={SCHEMA: rules})
        assert codes(answer) == [("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", place)]


def test_no_holder_meets_a_schema_by_an_empty_array() -> None:
    """A signature over RDF holds with and without one, where a term is for sets."""
    licenses = {"properties": {"license": {"required": ["specialty"]}}}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"credentialSubject": licenses},
    }
    rules = json.dumps(schema).encode()
    output = {"id": SCHEMA, "type": "JsonSchema", "digestMultibase": multihash(rules)}
    said = recognition(entity(BOARD, action(outputValidation=output)))
    assert judged(LICENSE, said, known={SCHEMA: rules})
    draft = license_draft()
    del draft["credentialSubject"]["license"]["specialty"]
    shown = signed(draft)
    place = "$.verifiableCredential[0].issuer"
    refusal = [("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", place)]
    assert codes(judged(shown, said, known={SCHEMA: rules})) == refusal
    shown["credentialSubject"]["license"]["specialty"] = []
    assert verified(shown, known=lists())
    assert codes(judged(shown, said, known={SCHEMA: rules})) == refusal


def laborious(**more: Any) -> bytes:
    """A schema that every document meets, after some 2,000 steps."""
    doubling = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(8)
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {**doubling, "d8": {"type": "object"}},
        "$ref": "#/$defs/d0",
        **more,
    }
    return json.dumps(schema).encode()


@pytest.mark.parametrize(
    "content",
    [
        laborious(),
        # To ask whether it is a schema is work, too.
        schema_of(LICENSE_TYPE)[:-1]
        + b', "$defs": '
        + json.dumps({f"d{n}": {"type": "object"} for n in range(100)}).encode()
        + b"}",
    ],
)
def test_the_schemas_of_recognitions_share_a_number_of_steps(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of many was run in full about each of many documents, for minutes."""
    monkeypatch.setattr("medid.trust.chains.MAX_SCHEMA_STEPS", 10_000)
    names = [f"https://state.example/schemas/{number}" for number in range(5)]
    output = [
        {"id": name, "type": "JsonSchema", "digestMultibase": multihash(content)}
        for name in names
    ]
    known = dict.fromkeys(names, content)
    one = recognition(entity(BOARD, action(outputValidation=output[:1])))
    assert judged(LICENSE, one, known=known)
    many = recognition(entity(BOARD, action(outputValidation=output)))
    place = "$.verifiableCredential[0].issuer"
    answer = judged(LICENSE, many, known=known)
    assert codes(answer) == [("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", place)]


def test_no_chain_is_told_of_what_goes_beyond_it() -> None:
    types = [*LICENSE["type"], "BitstringStatusListCredential"]
    answer = judged(signed(license_draft(type=types)), recognition())
    assert world.results(answer, "trust") == ["fail", "pass"]
    assert not [one for one in answer.checks if one.chains]


def test_a_schema_that_is_missing_or_another_permits_nothing() -> None:
    undecided(judged(LICENSE, recognition(), known={SCHEMA: RULES + b" "}))
    pages = {**lists()}
    answer = verified(
        presented(LICENSE, recognition()),
        trust=registry(),
        known=pages,
        challenge=CHALLENGE,
        domain=DOMAIN,
    )
    undecided(answer)


def test_another_license_by_the_same_board_is_asked_about_on_its_own() -> None:
    other = signed(license_draft(id="urn:uuid:0b3d0e8c-1f7c-4f7e-8f52-f2b6a0b2f0a1"))
    rules = json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": {"id": {"const": LICENSE["id"]}},
        }
    ).encode()
    output = {"id": SCHEMA, "type": "JsonSchema", "digestMultibase": multihash(rules)}
    said = recognition(entity(BOARD, action(outputValidation=output)))
    answer = judged(LICENSE, other, said, known={SCHEMA: rules})
    assert world.results(answer, "trust") == ["pass", "fail", "pass"]


def test_what_a_holder_may_show_in_part_recognizes_nobody() -> None:
    draft = plain(
        STATE,
        type=["VerifiableCredential", "RecognizedEntityCredential"],
        credentialSubject=[entity(BOARD, action(validUntil="2026-06-30T00:00:00Z"))],
    )
    end = "/credentialSubject/0/recognizedTo/0/validUntil"
    whole = issue_sd_jwt(draft, STATE, disclosable=[end], at=MADE)
    for text, counts in ((whole, True), (sd_jwt.present(whole, disclose=[]), False)):
        shown = world.enveloped(text, "application/vc+sd-jwt")
        trusted = world.results(judged(LICENSE, shown), "trust")[0]
        assert trusted == ("pass" if counts else "fail")


def test_a_derived_recognition_recognizes_nobody() -> None:
    by = Controller.did_key(key("state p256", KeyKind.P256))
    draft = plain(
        by,
        type=["VerifiableCredential", "RecognizedEntityCredential"],
        credentialSubject=[entity(BOARD, action(recognizedBy=by.did))],
    )
    trust = registry(by)
    whole = issue(draft, by, at=MADE, securing="ecdsa-rdfc-2019")
    assert judged(LICENSE, whole, trust=trust)
    base = issue(draft, by, at=MADE, securing="ecdsa-sd-2023")
    derived = derive(world.as_object(base), ["/credentialSubject"])
    refused(judged(LICENSE, derived, trust=trust))


def test_a_recognition_that_was_taken_back_is_none() -> None:
    said = recognition(credentialStatus=entry(OWN_LIST))
    for ones, counts in (((), True), ((world.INDEX,), False)):
        listed = status_list(*ones, url=OWN_LIST, controller=STATE)
        assert bool(judged(LICENSE, said, known={OWN_LIST: listed})) is counts
    refused(judged(LICENSE, said))


@pytest.mark.parametrize(("later", "trusted"), [(-1, "pass"), (0, "fail")])
def test_recognition_ends_on_its_day_and_held_before(later: int, trusted: str) -> None:
    end = NOW.plus(DAY)
    said = recognition(entity(BOARD, action(validUntil=str(end))))
    at = end.plus(later)
    page = world.evidence({**lists(), SCHEMA: RULES}, at=NOW)
    expect = Expectations(status_max_age=10 * DAY)
    answer = Verifier(trust=registry(), expect=expect).verify(
        presented(LICENSE, said), at=at, evidence=page
    )
    assert world.results(answer, "trust")[0] == trusted
    assert world.results(answer, "time")[1] == "pass"  # the license itself goes on


def test_a_schema_that_is_not_at_hand_opens_nothing_that_is_over() -> None:
    without = {SCHEMA: RULES + b" "}
    undecided(judged(LICENSE, recognition(), known=without))
    ended = recognition(entity(BOARD, action(validUntil=str(NOW))))
    refused(judged(LICENSE, ended, known=without))


def test_one_whom_the_authority_recognizes_passes_it_on_only_where_it_may() -> None:
    passing = schema_of("RecognizedEntityCredential")
    output = {
        "id": "https://union.example/schema",
        "type": "JsonSchema",
        "digestMultibase": multihash(passing),
    }
    above = recognition(
        entity(STATE, action(recognizedBy=UNION.did, outputValidation=output)), by=UNION
    )
    known = {"https://union.example/schema": passing}
    both = (LICENSE, recognition(), above)
    assert judged(*both, trust=registry(UNION, delegable=1), known=known)
    refused(judged(*both, trust=registry(UNION), known=known))
    refused(judged(LICENSE, recognition(), trust=registry(UNION, delegable=1)))


def test_a_registry_in_a_credential_counts_for_its_boards() -> None:
    board = {
        "did": BOARD.did,
        "jurisdictions": ["US-OH"],
        "professions": ["208D00000X"],
    }

    def said(**members: Any) -> Any:
        subject = {"trustRegistry": {"acceptedBoards": [{**board, **members}]}}
        draft = plain(
            STATE,
            type=["VerifiableCredential", "TrustRegistryCredential"],
            credentialSubject=subject,
        )
        return world.token(draft, STATE)

    def shown(**members: Any) -> Any:
        return judged(LICENSE, world.enveloped(str(said(**members))))

    assert shown()
    refused(shown(requireHybridProofs=True))
    refused(shown(jurisdictions=["FR"]))
    refused(shown(unknown=1))


def test_a_document_of_too_many_recognitions_is_not_read() -> None:
    many = [action() for _ in range(MAX_ENTITIES + 1)]
    refused(judged(LICENSE, recognition(entity(BOARD, *many))))
    assert judged(LICENSE, recognition(entity(BOARD, *many[:2])))


# By fetching.


def by_web(pages: dict[str, Any], credentials: Any, **members: Any) -> Any:
    web = Web({**lists(), SCHEMA: RULES, **pages})
    verifier = Verifier(trust=registry(lists=[LISTED]), fetch=web, **members)
    shown = presented(*credentials)
    answer = verifier.verify(shown, at=NOW)

    async def later() -> Any:
        return await verifier.averify(shown, at=NOW)

    again = asyncio.run(later())
    assert [one.as_json() for one in again.checks] == [
        one.as_json() for one in answer.checks
    ]
    return web, answer


def test_a_published_list_is_fetched_and_leads_to_the_boards_keys() -> None:
    license_ = signed(license_draft(WEB), WEB)
    said = recognition(entity(WEB))
    pages = {
        LISTED: said,
        WEB_URL: web_document(WEB),
        world.REVOCATIONS: status_list(controller=WEB),
        world.SUSPENSIONS: status_list(
            url=world.SUSPENSIONS, purpose="suspension", controller=WEB
        ),
    }
    web, answer = by_web(pages, [license_])
    assert answer.verified
    assert web.batches[0] == [LISTED]


def test_a_forged_document_leads_to_no_address() -> None:
    license_ = signed(license_draft(WEB), WEB)
    forged = {**recognition(entity(WEB)), "name": "changed"}
    own = action(recognizedBy=STRANGER.did)
    strange = recognition(entity(WEB, own), by=STRANGER)
    for shown in ([license_], [license_, strange]):
        web, answer = by_web({LISTED: forged}, shown)
        assert not answer
        assert set(web.asked) == {LISTED}


def test_nothing_is_fetched_where_every_issuer_is_named() -> None:
    web = Web({})
    Verifier(trust=registry(lists=[LISTED]), fetch=web).verify(recognition(), at=NOW)
    assert web.asked == []


def test_an_old_or_later_or_broken_list_leaves_it_open() -> None:
    trust = registry(lists=[LISTED])

    def at_hand(content: Any, at: Any) -> Any:
        known = world.evidence({**lists(), SCHEMA: RULES}).with_answers(
            [(LISTED, world.fetched(LISTED, content, at))]
        )
        return Verifier(trust=trust).verify(LICENSE, at=NOW, evidence=known)

    assert at_hand(recognition(), NOW)
    for content, at in (
        (recognition(), NOW.plus(-DAY)),
        (recognition(), NOW.plus(301)),
        (plain(STATE), NOW),
        (b"{", NOW),
    ):
        answer = at_hand(content, at)
        assert answer.outcome is Outcome.UNDECIDED
        code = "HISTORY_UNKNOWN" if at > NOW else "EVIDENCE_UNAVAILABLE"
        assert codes(answer) == [("trust", code, "$.issuer")]


@pytest.fixture
def schemas_asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The documents that a schema of a recognition is asked about from now on."""
    asked: list[Any] = []

    def counted(document: Any, schema: Any, **options: Any) -> None:
        asked.append(document)
        validate_every_spelling(document, schema, **options)

    monkeypatch.setattr("medid.trust.chains.validate_every_spelling", counted)
    return asked


def test_what_is_presented_often_is_judged_once(schemas_asked: list[Any]) -> None:
    """Each copy of a recognition was a way of its own, with its schema asked anew."""
    one = recognition()
    assert judged(LICENSE, one)
    once = len(schemas_asked)
    assert judged(LICENSE, LICENSE, *[one] * 20)
    assert len(schemas_asked) == 2 * once


def test_recognitions_with_the_same_schema_ask_it_once(
    schemas_asked: list[Any],
) -> None:
    several = [recognition(validUntil=f"2027-01-0{day}T00:00:00Z") for day in (1, 2, 3)]
    assert judged(LICENSE, several[0])
    once = len(schemas_asked)
    assert judged(LICENSE, *several)
    assert len(schemas_asked) == 2 * once
