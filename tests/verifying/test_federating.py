"""Issuers that a federation accredits: scope by marks, keys by chains."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

import pytest

from medid.core import base64url
from medid.core.instant import Instant
from medid.errors import IssuerNotAuthorized, IssuerNotTrusted
from medid.health import contexts
from medid.securing.jose import sign_compact
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.federation.statements import configuration_url
from medid.trust.told import read_chain
from medid.verifying.checks import Outcome
from medid.verifying.judging import Expectations, Judgement
from medid.verifying.opening import open_document
from medid.verifying.recognizing import recognizing
from medid.verifying.verifier import Verifier
from tests.trust.federations import (
    ANCHOR,
    BOARD,
    ENDS,
    NOW,
    STATE,
    TYPE,
    Entity,
    anchor,
    entity,
    state,
)
from tests.verifying import world
from tests.verifying.world import VCT, codes, key, refuse_clock, results

SIGNER = key("federated board")
MARKER = entity("https://marks.example", ANCHOR)
JWKS = {"keys": [{**SIGNER.public_key.to_jwk(), "kid": "key-1"}]}
TOP = entity(ANCHOR, trust_mark_issuers={TYPE: [ANCHOR, MARKER.name]})
TOP.key = anchor.key
TYPES = [VCT, LICENSE_TYPE]
OWN = "https://board.example/jwt"


def board_of(*marks: str, above: str = ANCHOR, **metadata: Any) -> Entity:
    """The board with these marks, below the anchor or the state."""
    listed = [{"trust_mark_type": TYPE, "trust_mark": one} for one in marks]
    return entity(
        BOARD,
        above,
        metadata={"openid_credential_issuer": {"jwks": JWKS, **metadata}},
        trust_marks=listed,
    )


def pages_of(board: Entity, upper: Entity = TOP, **about: Any) -> dict[str, str]:
    """What the anchor, the state, the issuer of marks and the board publish."""
    found = {
        configuration_url(one.name): one.configuration()
        for one in (TOP, state, MARKER, board)
    }
    for low, top, changes in (
        (state, TOP, {}),
        (MARKER, TOP, {}),
        (board, upper, about),
    ):
        found[statement(low, top)] = top.about(low, **changes)
    return found


def statement(lower: Entity, upper: Entity) -> str:
    name = lower.name.replace(":", "%3A").replace("/", "%2F")
    return f"{upper.fetch}?sub={name}"


def federation(**members: Any) -> dict[str, Any]:
    meaning = {
        "type": TYPE,
        "credentialTypes": TYPES,
        "jurisdictions": ["US-OH"],
        "professions": ["208D00000X"],
    }
    return {
        "anchor": ANCHOR,
        "jwks": TOP.jwks,
        "trustMarks": [meaning],
        **members,
    }


def trust_of(*federations: Any, **members: Any) -> TrustRegistry:
    listed = list(federations) or [federation()]
    return TrustRegistry.from_json({"federations": listed, **members})


def sd_jwt(issuer: str = BOARD, private: Any = SIGNER, **header: Any) -> str:
    head = {"kid": "key-1", "typ": "dc+sd-jwt", **header}
    payload = json.dumps({"iss": issuer, "vct": VCT}).encode()
    return f"{sign_compact(payload, private, head)}~"


def asked(
    document: Any,
    pages: dict[str, Any],
    trust: TrustRegistry | None = None,
) -> tuple[Any, world.Web]:
    web = world.Web(pages, at=NOW)
    verifier = Verifier(
        trust=trust or trust_of(),
        fetch=web,
        clock=refuse_clock,
        expect=Expectations(),
    )
    return verifier.verify(document, at=NOW), web


BY_ANCHOR = board_of(TOP.mark(BOARD))
BY_MARKER = board_of(MARKER.mark(BOARD))


@pytest.mark.parametrize("board", [BY_ANCHOR, BY_MARKER])
def test_who_has_a_mark_may_issue_what_the_file_says(board: Entity) -> None:
    answer, web = asked(sd_jwt(), pages_of(board))
    assert answer, codes(answer)
    assert results(answer, "trust") == ["pass"]
    assert len(web.batches) <= 4
    # Its keys come from the federation, and nothing is asked of jwt-vc-issuer.
    assert not [url for url in web.asked if "jwt-vc-issuer" in url]


def test_a_verification_tells_the_chain_and_the_mark() -> None:
    pages = pages_of(BY_MARKER)
    answer, _ = asked(sd_jwt(), pages)
    (told,) = [one["chains"] for one in answer.as_json()["checks"] if "chains" in one]
    (found,) = told
    token = TOP.about(BY_MARKER)
    assert found["authority"] == ANCHOR
    (link,) = found["links"]
    assert (link["entity"], link["recognizedBy"]) == (BOARD, ANCHOR)
    assert link["url"] == statement(BY_MARKER, TOP)
    assert link["sha256"] == hashlib.sha256(token.encode()).hexdigest()
    assert link["validUntil"] == str(Instant.from_seconds(ENDS))
    mark = found["trustMark"]
    assert (mark["issuer"], mark["type"]) == (MARKER.name, TYPE)
    assert mark["sha256"] == hashlib.sha256(MARKER.mark(BOARD).encode()).hexdigest()
    assert found["jurisdictions"] == ["US-OH"]
    assert read_chain(found, "$").as_json() == found


def test_each_link_of_a_longer_chain_is_told_from_the_anchor_down() -> None:
    board = board_of(TOP.mark(BOARD), above=STATE)
    answer, _ = asked(
        sd_jwt(),
        pages_of(board, upper=state),
        trust_of(federation(intermediates=[STATE])),
    )
    assert answer, codes(answer)
    (chain,) = [one.chains for one in answer.checks if one.chains]
    assert [(one.recognized_by, one.entity) for one in chain[0].links] == [
        (ANCHOR, STATE),
        (STATE, BOARD),
    ]


UNREADABLE = ".".join(
    base64url.encode(part)
    for part in (
        b'{"alg":"RS512","typ":"trust-mark+jwt","kid":"1"}',
        b'{"iss":"https://elsewhere.example"}',
        bytes(256),
    )
)


@pytest.mark.parametrize("kind", ["https://elsewhere.example/marks/member", TYPE])
@pytest.mark.parametrize(
    "token",
    [
        UNREADABLE,
        MARKER.mark(BOARD, iat=None),
        MARKER.mark(BOARD, iss="https://192.0.2.1"),
        MARKER.mark(BOARD, exp=NOW.seconds - 3_600),
        "none",
    ],
    ids=["algorithm", "undated", "issuer", "ends-before", "text"],
)
def test_a_mark_that_cannot_be_read_takes_nothing_from_the_others(
    kind: str, token: str
) -> None:
    board = board_of(TOP.mark(BOARD))
    entry = {"trust_mark_type": kind, "trust_mark": token}
    board.claims["trust_marks"].insert(0, entry)
    answer, _ = asked(sd_jwt(), pages_of(board))
    assert answer, codes(answer)
    # By itself it is worth nothing.
    del board.claims["trust_marks"][1]
    answer, _ = asked(sd_jwt(), pages_of(board))
    assert not answer


def test_the_judgement_is_the_same_offline_and_for_asynchronous_callers() -> None:
    pages = pages_of(BY_ANCHOR)
    answer = world.verified(sd_jwt(), trust=trust_of(), known=pages)
    assert answer, codes(answer)
    verifier = Verifier(trust=trust_of(), fetch=world.Web(pages), clock=refuse_clock)

    async def verify() -> Any:
        return await verifier.averify(sd_jwt(), at=NOW)

    assert asyncio.run(verify())


def test_from_the_host_of_a_stranger_nothing_is_fetched() -> None:
    stranger = "https://stranger.example"
    answer, web = asked(sd_jwt(stranger), pages_of(BY_ANCHOR))
    assert not answer
    assert not [url for url in web.asked if url.startswith(stranger)]
    assert {url.split("/")[2] for url in web.asked} == {
        "federation.example",
        "marks.example",
    }


def test_what_another_key_says_of_the_issuer_confirms_nobody() -> None:
    forged = Entity(name=ANCHOR, key=key("forger"), claims=TOP.claims)
    board = board_of(TOP.mark(BOARD))
    pages = {**pages_of(board), statement(board, TOP): forged.about(board)}
    answer, web = asked(sd_jwt(), pages)
    assert not answer
    assert not [url for url in web.asked if url.startswith(BOARD)]


def test_who_issues_marks_only_the_anchor_itself_says() -> None:
    elsewhere = "https://elsewhere.example"
    forged = Entity(
        name=ANCHOR,
        key=key("forger"),
        claims={**TOP.claims, "trust_mark_issuers": {TYPE: [elsewhere]}},
    )
    pages = {**pages_of(BY_ANCHOR), configuration_url(ANCHOR): forged.configuration()}
    _, web = asked(sd_jwt(), pages)
    assert not [url for url in web.asked if "elsewhere" in url]


def test_an_intermediate_that_the_file_names_is_asked_too() -> None:
    board = board_of(TOP.mark(BOARD), above=STATE)
    pages = pages_of(board, state)
    answer, web = asked(sd_jwt(), pages)
    assert not answer
    assert not [url for url in web.asked if url.startswith(BOARD)]
    trust = trust_of(federation(intermediates=[STATE]))
    answer, web = asked(sd_jwt(), pages, trust)
    assert answer, codes(answer)
    assert len(web.batches) <= 4


def test_keys_are_those_that_the_federation_lets_stand() -> None:
    other = key("another")
    published = f"{BOARD}/.well-known/jwt-vc-issuer"
    jwk = {**other.public_key.to_jwk(), "kid": "key-1"}
    elsewhere = {published: {"issuer": BOARD, "jwks": {"keys": [jwk]}}}
    answer, _ = asked(sd_jwt(private=other), {**pages_of(BY_ANCHOR), **elsewhere})
    assert ("proof", "PROOF_VERIFICATION_ERROR", "$") in codes(answer)
    policy = {"openid_credential_issuer": {"jwks": {"value": {"keys": [jwk]}}}}
    pages = pages_of(BY_ANCHOR, metadata_policy=policy)
    assert asked(sd_jwt(private=other), pages)[0]
    assert not asked(sd_jwt(), pages)[0]


@pytest.mark.parametrize(
    ("board", "about"),
    [
        (board_of(), {}),
        (board_of(TOP.mark(BOARD, exp=NOW.seconds)), {}),
        (board_of(TOP.mark(BOARD, trust_mark_type="https://x.example/m")), {}),
        (board_of(TOP.mark("https://other.example")), {}),
        (board_of(entity("https://nobody.example").mark(BOARD)), {}),
        (BY_ANCHOR, {"exp": NOW.seconds}),
        (BY_ANCHOR, {"constraints": {"allowed_entity_types": []}}),
        (
            BY_ANCHOR,
            {
                "metadata_policy": {
                    "openid_credential_issuer": {"name": {"essential": True}}
                }
            },
        ),
        (board_of(TOP.mark(BOARD), jwks=[]), {}),
        (board_of(TOP.mark(BOARD), jwks={"keys": []}), {}),
    ],
    ids=[
        "no mark",
        "mark expired",
        "mark without a meaning",
        "mark of another",
        "mark by nobody",
        "statement expired",
        "constraint broken",
        "policy broken",
        "no key set",
        "no keys",
    ],
)
def test_what_does_not_hold_accredits_nobody(
    board: Entity, about: dict[str, Any]
) -> None:
    answer, _ = asked(sd_jwt(), pages_of(board, **about))
    assert not answer
    assert "proof" in [check for check, _, _ in codes(answer)]


@pytest.mark.parametrize(
    "members",
    [
        {"validUntil": str(NOW)},
        {"validFrom": str(NOW.plus(1))},
    ],
)
def test_an_entry_counts_while_it_is_in_force(members: dict[str, Any]) -> None:
    answer, web = asked(sd_jwt(), pages_of(BY_ANCHOR), trust_of(federation(**members)))
    assert answer.outcome is Outcome.REFUSED
    assert not [url for url in web.asked if url.startswith(BOARD)]


def test_scope_is_that_of_the_mark_alone() -> None:
    meaning = federation()["trustMarks"][0]
    other = {**meaning, "credentialTypes": ["https://credentials.example/other"]}
    answer, _ = asked(
        sd_jwt(), pages_of(BY_ANCHOR), trust_of(federation(trustMarks=[other]))
    )
    assert ("trust", "ISSUER_NOT_AUTHORIZED_FOR_TYPE", "$.iss") in codes(answer)


def test_of_then_only_what_was_at_hand_then_says_anything() -> None:
    then = NOW.plus(-1_800)
    pages = pages_of(BY_ANCHOR)
    evidence = world.evidence(pages, at=then)
    verifier = Verifier(trust=trust_of(), clock=refuse_clock)
    assert verifier.verify(sd_jwt(), at=then, evidence=evidence)
    late = verifier.verify(sd_jwt(), at=then, evidence=world.evidence(pages))
    assert ("proof", "HISTORY_UNKNOWN", "$.iss") in codes(late)
    # Before the statements were made, nothing of it held.
    before = NOW.plus(-3_601)
    answer = verifier.verify(
        sd_jwt(), at=before, evidence=world.evidence(pages, at=before)
    )
    assert answer.outcome is Outcome.REFUSED


@pytest.mark.parametrize("ago", [3_601, 86_400])
@pytest.mark.parametrize("renewed", ["board", "anchor", "statement", "all", "none"])
def test_what_was_stated_since_says_nothing_about_then(ago: int, renewed: str) -> None:
    """Statements are signed anew all the time: who belonged then, they do not tell."""
    made, before = NOW.seconds - 60, NOW.seconds - 10 * 86_400
    pages = {
        configuration_url(BOARD): BY_ANCHOR.configuration(
            iat=made if renewed in {"board", "all"} else before
        ),
        configuration_url(ANCHOR): TOP.configuration(
            iat=made if renewed in {"anchor", "all"} else before
        ),
        statement(BY_ANCHOR, TOP): TOP.about(
            BY_ANCHOR, iat=made if renewed in {"statement", "all"} else before
        ),
    }
    answer = Verifier(trust=trust_of(), clock=refuse_clock).verify(
        sd_jwt(), at=NOW.plus(-ago), evidence=world.evidence(pages)
    )
    assert answer.outcome is Outcome.UNDECIDED
    assert ("proof", "HISTORY_UNKNOWN", "$.iss") in codes(answer)


def test_nor_does_it_say_who_did_not_belong_then() -> None:
    stranger = board_of()
    then = NOW.plus(-1_800)
    verifier = Verifier(trust=trust_of(), clock=refuse_clock)
    for at, expected in ((NOW, Outcome.REFUSED), (then, Outcome.UNDECIDED)):
        answer = verifier.verify(
            sd_jwt(), at=at, evidence=world.evidence(pages_of(stranger))
        )
        assert answer.outcome is expected
    known = world.evidence(pages_of(stranger), at=then)
    assert verifier.verify(sd_jwt(), at=then, evidence=known).outcome is Outcome.REFUSED


def test_statements_are_relied_on_no_longer_than_status() -> None:
    pages = pages_of(BY_ANCHOR)
    trust = trust_of(statusMaxAgeSeconds=600)
    verifier = Verifier(trust=trust, clock=refuse_clock)
    old = world.evidence(pages, at=NOW.plus(-600))
    answer = verifier.verify(sd_jwt(), at=NOW, evidence=old)
    assert ("proof", "EVIDENCE_UNAVAILABLE", "$.iss") in codes(answer)
    fresh = world.evidence(pages, at=NOW.plus(-599))
    assert verifier.verify(sd_jwt(), at=NOW, evidence=fresh)


def test_who_is_named_is_not_asked_about() -> None:
    entry = {
        "issuer": BOARD,
        "credentialTypes": [VCT],
        "jurisdictions": ["US-OH"],
        "professions": ["208D00000X"],
    }
    published = f"{BOARD}/.well-known/jwt-vc-issuer"
    page = {published: {"issuer": BOARD, "jwks": JWKS}}
    answer, web = asked(sd_jwt(), page, trust_of(acceptedBoards=[entry]))
    assert answer
    assert web.asked == [published, VCT]


def test_the_second_of_two_federations_is_asked_where_the_first_knows_nothing() -> None:
    first = entity("https://elsewhere.example")
    unknown = federation(anchor=first.name, jwks=first.jwks)
    pages = pages_of(BY_ANCHOR)
    pages[configuration_url(first.name)] = first.configuration()
    assert asked(sd_jwt(), pages, trust_of(unknown, federation()))[0]


@pytest.mark.parametrize("issuer", ["https://127.0.0.1", "https://a.example?x=1"])
def test_an_odd_address_asks_nobody(issuer: str) -> None:
    answer, web = asked(sd_jwt(issuer), pages_of(BY_ANCHOR))
    assert answer.outcome is Outcome.REFUSED
    assert web.asked == []


def test_a_mark_without_a_meaning_means_nothing() -> None:
    meaning = {**federation()["trustMarks"][0], "type": "https://x.example/mark"}
    trust = trust_of(federation(trustMarks=[meaning]))
    answer, _ = asked(sd_jwt(), pages_of(BY_ANCHOR), trust)
    assert ("proof", "ISSUER_NOT_TRUSTED", "$.iss") in codes(answer)
    assert answer.outcome is Outcome.REFUSED


def test_a_nursing_mark_is_no_word_on_a_physician() -> None:
    meaning = {**federation()["trustMarks"][0], "professions": ["163W00000X"]}
    trust = trust_of(federation(trustMarks=[meaning]))
    pages = world.evidence(pages_of(BY_ANCHOR))
    judgement = Judgement(at=NOW, contexts=contexts(), evidence=pages, trust=trust)
    found = recognizing([open_document(sd_jwt())], judgement).trust
    assert found is not None
    [entry] = found.recognized
    assert entry.documents is not None
    [document] = entry.documents

    def authorize(profession: str, digest: str = document) -> tuple[str, ...]:
        return found.authorize(
            BOARD,
            LICENSE_TYPE,
            jurisdiction="US-OH",
            professions=[profession],
            at=NOW,
            document=digest,
        )

    assert authorize("163W00000X") == ("163W00000X",)
    with pytest.raises(IssuerNotAuthorized):
        authorize("208D00000X")
    with pytest.raises(IssuerNotTrusted):
        authorize("163W00000X", "0" * 64)
    # As long as the statements hold, or the day for which they may be relied on.
    assert entry.window.end == NOW.plus(ENDS - NOW.seconds)
