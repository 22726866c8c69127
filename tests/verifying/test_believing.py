"""Why an issuer is believed, or everything that is missing, without a credential."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.evidence import Evidence
from medid.core.json import dumps
from medid.credentials.digests import multihash
from medid.errors import ConfigurationError, FetchFailed
from medid.health import contexts
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.verifying.admitting import needs_about
from medid.verifying.believing import Answer, Asked, Belief, explain
from medid.verifying.gathering import gather
from medid.verifying.judging import Judgement
from tests.trust import federations, files
from tests.verifying import test_federating as federated
from tests.verifying import world
from tests.verifying.test_recognizing import (
    LICENSE,
    LISTED,
    OWN_LIST,
    RULES,
    SCHEMA,
    STATE,
    UNION,
    action,
    entity,
    judged,
    recognition,
    registry,
    schema_of,
)
from tests.verifying.world import (
    BOARD,
    DAY,
    NOW,
    STRANGER,
    WEB,
    Web,
    entry,
    status_list,
)

DOCTOR = "208D00000X"
PAGES: dict[str, Any] = {LISTED: recognition(), SCHEMA: RULES}


def asked(issuer: str = BOARD.did, **changes: Any) -> Asked:
    given_: dict[str, Any] = {
        "credential_type": LICENSE_TYPE,
        "jurisdiction": "US-OH",
        "profession": DOCTOR,
    }
    return Asked(issuer=issuer, **{**given_, **changes})


def belief(
    trust: Any, pages: Any = (), at: Any = NOW, fetched: Any = NOW, **changes: Any
) -> Belief:
    return explain(
        asked(**changes),
        Judgement(
            at=at,
            contexts=contexts(),
            trust=trust,
            evidence=world.evidence(dict(pages), at=fetched),
        ),
    )


def why(found: Belief) -> list[tuple[str, str | None]]:
    assert not found
    assert not found.entries
    assert not found.chains
    assert all(one.message and one.fix for one in found.missing)
    return [(one.why, one.path) for one in found.missing]


def file(**members: Any) -> TrustRegistry:
    document = files.whole()
    document["acceptedBoards"][0] |= members
    return TrustRegistry.from_json(document)


# By the file itself.

OHIO = "did:web:board.example"


def test_an_entry_that_covers_all_of_it_is_told() -> None:
    found = belief(file(), issuer=OHIO, at=files.AT)
    assert found
    assert found.answer is Answer.BELIEVED
    ((path, text),) = found.entries
    assert path == "$.acceptedBoards[0]"
    assert text.startswith(f"{OHIO} (Board) is accepted from 2026-01-01")
    assert found.not_judged == (
        "the proof, the dates and the status of what it issues",
    )
    open_ = belief(file(), issuer=OHIO, at=files.AT, profession=None)
    assert open_.not_judged[1:] == ("for which profession: none was named",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"credential_type": "Other"}, "type"),
        ({"jurisdiction": "US-IN"}, "jurisdiction"),
        ({"profession": "163W00000X"}, "profession"),
        ({"at": files.AT.plus(-365 * DAY)}, "not-in-force"),
        ({"at": files.AT.plus(365 * DAY)}, "not-in-force"),
    ],
)
def test_an_entry_that_falls_short_is_told_with_what_it_has(
    changes: dict[str, Any], reason: str
) -> None:
    found = belief(file(), issuer=OHIO, **{"at": files.AT, **changes})
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found) == [(reason, "$.acceptedBoards[0]")]


def test_two_entries_that_are_half_right_are_both_told() -> None:
    document = files.whole()
    board = document["acceptedBoards"][0]
    document["acceptedBoards"] = [
        {**board, "jurisdictions": ["US-IN"]},
        {**board, "professions": ["x"]},
    ]
    found = belief(TrustRegistry.from_json(document), issuer=OHIO, at=files.AT)
    assert why(found) == [
        ("jurisdiction", "$.acceptedBoards[0]"),
        ("profession", "$.acceptedBoards[1]"),
    ]


@pytest.mark.parametrize(
    ("alias", "words"),
    [
        ("did:web:Board.example", "in letter case"),
        ("did:web:board.example/", "in what it ends with"),
        ("did:web:board%2Eexample", "in how letters are written"),
        ("did:webvh:QmScid:board.example", "in the way in which it names"),
        ("https://board.example", "in the way in which it names"),
    ],
)
def test_n_tr_issuer_alias_is_told_and_never_believed(alias: str, words: str) -> None:
    document = files.whole()
    for name in ("authorities", "recognizedEntities", "federations"):
        del document[name]
    found = belief(TrustRegistry.from_json(document), issuer=alias, at=files.AT)
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found) == [
        ("alias", "$.acceptedBoards[0]"),
        ("not-named", "$.acceptedBoards"),
    ]
    assert words in found.missing[0].message


def test_an_authority_licenses_nobody_by_being_one() -> None:
    found = belief(file(), issuer="did:web:state.example", at=files.AT)
    assert ("authority", "$.authorities[0]") in why(found)
    other = belief(file(), issuer="did:web:State.example", at=files.AT)
    assert ("alias", "$.authorities[0]") in why(other)


@pytest.mark.parametrize(
    ("issuer", "kind", "path"),
    [
        ("did:web:state.example", "RecognizedEntityCredential", "$.authorities[0]"),
        ("did:web:recorder.example", "PatientConsentCredential", "$.consent"),
        (
            "did:web:commission.example",
            "CompactAuthorisation",
            "$.compacts[0].authorisationIssuer",
        ),
        (
            "did:web:de.example",
            "ServiceProvisionDeclaration",
            "$.recognition[0].requiresCredential",
        ),
    ],
)
def test_what_else_the_file_names_an_issuer_for(
    issuer: str, kind: str, path: str
) -> None:
    document = files.whole()
    document["compacts"][0] |= {
        "model": "authorisation",
        "authorisationIssuer": "did:web:commission.example",
    }
    trust = TrustRegistry.from_json(document)
    found = belief(trust, issuer=issuer, credential_type=kind, at=files.AT)
    assert [one.path for one in found.entries] == [path]
    # A document may write a type of this vocabulary out.
    support = kind in {"CompactAuthorisation", "ServiceProvisionDeclaration"}
    written = f"https://w3id.org/medid/health/support/v1#{kind}"
    found = belief(trust, issuer=issuer, credential_type=written, at=files.AT)
    assert found.believed is support


def test_as_what_it_is_named_for_one_thing_an_issuer_is_told_of_no_other() -> None:
    document = files.whole()
    document["consent"]["acceptedConsentRecorders"] = ["did:web:state.example"]
    found = belief(
        TrustRegistry.from_json(document),
        issuer="did:web:state.example",
        credential_type="PatientConsentCredential",
        at=files.AT,
    )
    assert [one.path for one in found.entries] == ["$.consent"]


def test_without_a_registry_there_is_nothing_to_ask() -> None:
    with pytest.raises(ConfigurationError):
        belief(None)
    nothing = Judgement(at=NOW, contexts=contexts())
    assert needs_about(BOARD.did, LICENSE_TYPE, nothing) == ()


# By recognitions.


def listed(*authorities: Any, **members: Any) -> Any:
    return registry(*authorities, lists=[LISTED], **members)


def test_a_chain_is_told_with_what_only_a_credential_can_answer() -> None:
    found = belief(listed(), PAGES)
    (chain,) = found.chains
    assert found.answer is Answer.BELIEVED
    assert (chain.authority, chain.issuer) == (STATE.did, BOARD.did)
    assert chain.links[0].url == LISTED
    assert found.not_judged == (
        "the proof, the dates and the status of what it issues",
        f"whether what it issues meets the schema at {SCHEMA}",
    )


def test_the_same_chain_that_a_verification_finds() -> None:
    answer = judged(LICENSE, trust=listed(), known={LISTED: recognition()})
    (chains,) = [one.chains for one in answer.checks if one.chains]
    assert belief(listed(), PAGES).chains == chains


def test_nobody_recognizes_it() -> None:
    found = belief(listed(), PAGES, issuer=STRANGER.did)
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found) == [("not-named", "$.acceptedBoards"), ("not-recognized", None)]
    assert STRANGER.did in found.missing[1].message


@pytest.mark.parametrize(
    ("content", "reason", "code", "answer"),
    [
        (None, "list", "EVIDENCE_UNAVAILABLE", Answer.UNKNOWN),
        (FetchFailed("no"), "list", "FETCH_FAILED", Answer.UNKNOWN),
        (b"{", "list", "PARSING_ERROR", Answer.UNKNOWN),
        (world.plain(STATE), "list", "MALFORMED_VALUE_ERROR", Answer.UNKNOWN),
        (
            {**recognition(), "name": "changed"},
            "list",
            "PROOF_VERIFICATION_ERROR",
            Answer.UNKNOWN,
        ),
        (recognition(validUntil=str(NOW)), "list", "EXPIRED", Answer.UNKNOWN),
        (
            recognition(credentialStatus=entry(OWN_LIST)),
            "list",
            "STATUS_RETRIEVAL_ERROR",
            Answer.UNKNOWN,
        ),
        (recognition(by=STRANGER), "list-of-a-stranger", None, Answer.NOT_BELIEVED),
    ],
)
def test_a_list_that_does_not_count_is_told_with_its_reason(
    content: Any, reason: str, code: str | None, answer: Answer
) -> None:
    pages = {SCHEMA: RULES} | ({} if content is None else {LISTED: content})
    evidence = Evidence().with_answers(
        (url, one if isinstance(one, FetchFailed) else world.fetched(url, one, NOW))
        for url, one in pages.items()
    )
    found = explain(
        asked(),
        Judgement(at=NOW, contexts=contexts(), trust=listed(), evidence=evidence),
    )
    (told,) = [one for one in found.missing if one.path == "$.recognizedEntities[0]"]
    assert (told.why, told.code) == (reason, code)
    assert found.answer is answer
    assert LISTED in told.message


def test_a_schema_that_is_not_at_hand_leaves_it_open() -> None:
    found = belief(listed(), {LISTED: recognition()})
    assert found.answer is Answer.UNKNOWN
    assert ("schema", None) in why(found)
    assert SCHEMA in found.missing[-1].message
    # Another one than was meant is none at all.
    other = belief(listed(), {**PAGES, SCHEMA: RULES + b" "})
    assert other.answer is Answer.UNKNOWN


def test_what_would_not_matter_leaves_nothing_open() -> None:
    elsewhere = belief(listed(), {LISTED: recognition()}, jurisdiction="DE")
    assert elsewhere.answer is Answer.NOT_BELIEVED
    assert ("schema", None) in why(elsewhere)
    ended = recognition(entity(BOARD, action(validUntil=str(NOW))))
    found = belief(listed(), {LISTED: ended})
    assert found.answer is Answer.NOT_BELIEVED
    assert ("not-in-force", None) in why(found)
    assert belief(listed(), {}).answer is Answer.UNKNOWN
    for changes in ({"jurisdiction": "DE"}, {"profession": "163W00000X"}):
        silent = belief(listed(), {}, **changes)
        assert silent.answer is Answer.NOT_BELIEVED
        assert ("list", "$.recognizedEntities[0]") in why(silent)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"jurisdiction": "DE"}, "jurisdiction"),
        ({"credential_type": "Other"}, "type"),
        ({"profession": "163W00000X"}, "profession"),
    ],
)
def test_a_chain_that_falls_short_is_told(changes: dict[str, Any], reason: str) -> None:
    found = belief(listed(), PAGES, **changes)
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found)[-1] == (reason, None)
    assert STATE.did in found.missing[-1].message


def test_a_recognition_that_has_ended_is_told_with_its_dates() -> None:
    said = recognition(entity(BOARD, action(validUntil=str(NOW))))
    found = belief(listed(), {**PAGES, LISTED: said})
    assert why(found)[-1] == ("not-in-force", None)
    assert found.missing[-1].message.endswith(f"until {NOW}")
    ended = belief(listed(validUntil=str(NOW)), PAGES)
    assert why(ended)[-1] == ("not-in-force", None)
    assert "the entry of the authority" in ended.missing[-1].message


def test_a_chain_that_is_too_long_is_told() -> None:
    passing = schema_of("RecognizedEntityCredential")
    output = {
        "id": "https://union.example/schema",
        "type": "JsonSchema",
        "digestMultibase": multihash(passing),
    }
    above = recognition(
        entity(STATE, action(recognizedBy=UNION.did, outputValidation=output)), by=UNION
    )
    second = "https://union.example/recognized.json"
    pages = {**PAGES, second: above, "https://union.example/schema": passing}
    trust = registry(UNION, lists=[LISTED, second])
    assert ("too-deep", None) in why(belief(trust, pages))
    found = belief(registry(UNION, lists=[LISTED, second], delegable=1), pages)
    (chain,) = found.chains
    assert [one.entity for one in chain.links] == [STATE.did, BOARD.did]
    # Where the union may not recognize for this, its schema says so.
    wrong = {**pages, "https://union.example/schema": schema_of("Other")}
    assert (
        belief(registry(UNION, lists=[LISTED, second], delegable=1), wrong).answer
        is Answer.UNKNOWN
    )


def test_no_list_is_asked_for_where_the_file_names_the_issuer() -> None:
    board = {"did": WEB.did, "jurisdictions": ["DE"], "professions": ["x"]}
    document: Any = {**json.loads(dumps(listed().document)), "acceptedBoards": [board]}
    trust = TrustRegistry.from_json(document)
    web = Web({})
    judgement = Judgement(at=NOW, contexts=contexts(), trust=trust)
    gather(
        judgement.evidence,
        lambda known: needs_about(WEB.did, LICENSE_TYPE, judgement.knowing(known)),
        web,
    )
    assert web.asked == []
    found = belief(trust, issuer=WEB.did)
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found)[0] == ("jurisdiction", "$.acceptedBoards[0]")


def test_what_is_asked_for_is_fetched_and_no_more() -> None:
    listing = status_list(url=OWN_LIST, controller=STATE)
    said = recognition(credentialStatus=entry(OWN_LIST))
    web = Web({**PAGES, LISTED: said, OWN_LIST: listing})
    judgement = Judgement(at=NOW, contexts=contexts(), trust=listed())
    known = gather(
        judgement.evidence,
        lambda known: needs_about(BOARD.did, LICENSE_TYPE, judgement.knowing(known)),
        web,
    )
    assert set(web.asked) == {LISTED, SCHEMA, OWN_LIST}
    assert explain(asked(), judgement.knowing(known))


# By federations.


def test_who_is_accredited_is_believed_by_the_chain_and_the_mark() -> None:
    pages = federated.pages_of(federated.BY_MARKER)
    found = belief(federated.trust_of(), pages, issuer=federations.BOARD)
    (chain,) = found.chains
    assert chain.mark is not None
    assert chain.mark.issuer == federated.MARKER.name
    answer = world.verified(federated.sd_jwt(), trust=federated.trust_of(), known=pages)
    (chains,) = [one.chains for one in answer.checks if one.chains]
    assert chains == (chain,)


def test_a_federation_that_does_not_accredit_it_says_why() -> None:
    unmarked = federated.board_of()
    found = belief(
        federated.trust_of(), federated.pages_of(unmarked), issuer=federations.BOARD
    )
    assert found.answer is Answer.NOT_BELIEVED
    assert why(found)[-1] == ("federation", None)
    assert found.missing[-1].code == "ISSUER_NOT_TRUSTED"
    nothing = belief(federated.trust_of(), {}, issuer=federations.BOARD)
    assert nothing.answer is Answer.UNKNOWN
    pages = federated.pages_of(federated.BY_ANCHOR)
    short = belief(
        federated.trust_of(), pages, issuer=federations.BOARD, jurisdiction="DE"
    )
    assert why(short)[-1] == ("jurisdiction", None)


@given(
    issuer=st.text(max_size=30) | st.sampled_from([BOARD.did, OHIO, STATE.did]),
    kind=st.text(max_size=10) | st.just(LICENSE_TYPE),
    place=st.sampled_from(["US-OH", "US-IN", "DE"]),
    profession=st.none() | st.text(max_size=5) | st.just(DOCTOR),
)
def test_who_is_believed_is_whom_the_registry_lets_issue(
    issuer: str, kind: str, place: str, profession: str | None
) -> None:
    document: Any = json.loads(dumps(listed().document))
    document["acceptedBoards"] = [
        {"did": OHIO, "jurisdictions": ["US-OH"], "professions": [DOCTOR]}
    ]
    found = belief(
        TrustRegistry.from_json(document),
        PAGES,
        issuer=issuer,
        credential_type=kind,
        jurisdiction=place,
        profession=profession,
    )
    license_there = kind == LICENSE_TYPE and place == "US-OH"
    fits = license_there and profession in {None, DOCTOR}
    recognizes = issuer == STATE.did and kind in {
        "RecognizedEntityCredential",
        "TrustRegistryCredential",
    }
    assert found.believed == ((issuer in {OHIO, BOARD.did} and fits) or recognizes)
    assert bool(found.missing) is not found.believed
    assert bool(found.entries or found.chains) is found.believed
