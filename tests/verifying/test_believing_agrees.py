"""What is explained of an issuer is what a verification of its license comes to.

Trust files and what their sources publish are made up: entries and authorities with
dates and scopes, lists that name others who publish lists, loops, dead ends, hosts that
are down, registries that say yes, no and nothing. Each issuer is asked about without a
credential, and then a license that it has really signed is verified.
"""

from __future__ import annotations

import functools
import itertools
import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from medid.adapters.exchange import NotFound
from medid.core.json import dumps
from medid.credentials.digests import multihash
from medid.errors import FetchFailed, Refused, Unchecked
from medid.health import contexts
from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.securing.jose import sign_compact
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.federation.statements import configuration_url
from medid.trust.recognized import RECOGNIZED_TYPE, REGISTRY_TYPE
from medid.verifying.admitting import needs, needs_about
from medid.verifying.believing import Answer, Asked, Belief, explain
from medid.verifying.gathering import gather
from medid.verifying.judging import Judgement
from medid.verifying.opening import open_document
from medid.verifying.recognizing import recognizing
from medid.verifying.verifier import Verifier
from tests.support import examples
from tests.trust import federations
from tests.trust.federations import entity
from tests.trust.registries import COUNCIL, URL, Registries
from tests.verifying import test_federating as federated
from tests.verifying import world
from tests.verifying.test_recognizing import STATE, UNION, schema_of
from tests.verifying.world import BOARD, CODE, DAY, DOCTOR, NOW, STRANGER

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.issuing import Controller
    from medid.verifying.checks import Check

# A trust file, what its lists have, and what its registry goes by, if it is up.
Made: TypeAlias = "tuple[dict[str, Any], dict[str, Any], Any]"
PARTIES: Final = {one.did: one for one in (BOARD, STRANGER, STATE, UNION)}
PLACES: Final = ("US-OH", "US-KY", "US")
CODES: Final = ("208D00000X", "163W00000X")
TYPES: Final = (LICENSE_TYPE, "OtherCredential")
LISTS: Final = tuple(f"https://lists.example/{one}.json" for one in range(3))
# What a recognition says may be issued: to recognize too, no more than licenses, and
# nobody knows, because the third is published nowhere.
PASSING: Final = ("https://lists.example/both.schema",)
ABSENT: Final = schema_of(LICENSE_TYPE, "Absent")
SCHEMAS: Final = {
    PASSING[0]: schema_of(LICENSE_TYPE, RECOGNIZED_TYPE),
    "https://lists.example/licenses.schema": schema_of(LICENSE_TYPE),
    "https://lists.example/absent.schema": ABSENT,
}
DOWN: Final = FetchFailed("down")


def signed(draft: Any, controller: Controller) -> Any:
    """``draft``, signed before any time that is asked about."""
    return world.with_proof(
        draft, controller, suite="eddsa-jcs-2022", created="2026-06-01T00:00:00Z"
    )


# Who is asked about, who recognizes, and whoever else: so that many chains come about.
_party = st.sampled_from([*PARTIES])
_issuer = st.sampled_from([BOARD.did] * 8 + [*PARTIES])
_above = st.sampled_from([STATE.did] * 6 + [UNION.did] * 2 + [BOARD.did])
_some_places = st.just(["US"]) | st.sets(st.sampled_from(PLACES), min_size=1).map(
    sorted
)
_some_codes = st.just([*CODES]) | st.sets(st.sampled_from(CODES), min_size=1).map(
    sorted
)
_some_types = st.sampled_from([[LICENSE_TYPE], [TYPES[1]], [*TYPES]])
_dates = st.sampled_from(
    [
        *[{}] * 9,
        {"validFrom": str(NOW)},
        {"validUntil": str(NOW)},
        {"validFrom": str(NOW.plus(-DAY)), "validUntil": str(NOW.plus(DAY // 2))},
    ]
)


@st.composite
def _scopes(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {
        "jurisdictions": draw(_some_places),
        "professions": draw(_some_codes),
    }
    if draw(st.booleans()):
        found["credentialTypes"] = draw(_some_types)
    return found


@st.composite
def _boards(draw: st.DrawFn) -> dict[str, Any]:
    return {"did": draw(_party), **draw(_scopes()), **draw(_dates)}


@st.composite
def _authorities(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "did": draw(_above),
        "mayRecognize": draw(_scopes()),
        "delegable": draw(st.integers(0, 2)),
        "requireOutputValidation": draw(st.booleans()),
        **draw(_dates),
    }


@st.composite
def _entities(draw: st.DrawFn) -> dict[str, Any]:
    action: dict[str, Any] = {
        "type": "RecognizedAction",
        "action": "issue",
        **draw(_dates),
    }
    url = draw(st.sampled_from([*SCHEMAS, *SCHEMAS, *PASSING, *PASSING, None]))
    if url is not None:
        action["outputValidation"] = {
            "id": url,
            "type": "JsonSchema",
            "digestMultibase": multihash(SCHEMAS[url]),
        }
    entity = draw(_issuer | _issuer | _above)
    return {"id": entity, "type": "RecognizedEntity", "recognizedTo": [action]}


@functools.cache
def _list(by: str, kind: str, subjects: str, dates: str) -> Any:
    """A list that ``by`` has signed."""
    controller = PARTIES[by]
    draft = world.plain(
        controller,
        type=["VerifiableCredential", kind],
        credentialSubject=json.loads(subjects),
        **json.loads(dates),
    )
    return signed(draft, controller)


@st.composite
def _pages(draw: st.DrawFn) -> Any:
    """What is found where a list should be."""
    odd = draw(st.integers(0, 9))
    if odd < 2:  # of ten
        return (DOWN, b"{")[odd]
    subjects: Any = draw(st.lists(_entities(), min_size=1, max_size=3))
    kind = RECOGNIZED_TYPE
    if draw(st.integers(0, 3)) == 0:
        kind = REGISTRY_TYPE
        boards = draw(st.lists(_boards(), min_size=1, max_size=2))
        subjects = [{"trustRegistry": {"acceptedBoards": boards}}]
    return _list(draw(_above), kind, json.dumps(subjects), json.dumps(draw(_dates)))


@st.composite
def _worlds(draw: st.DrawFn) -> Made:
    """One made-up world."""
    pages = {
        url: draw(_pages())
        for url in LISTS[: draw(st.sampled_from([1, 1, 2, 2, 3, 0]))]
    }
    above = draw(st.sampled_from([1, 1, 2, 2, 0])) if pages else 0
    listed = draw(st.sampled_from([0, 0, 0, 1, 2]))
    document: dict[str, Any] = {
        "acceptedBoards": [draw(_boards()) for _ in range(listed)],
        "authorities": [draw(_authorities()) for _ in range(above)],
        "recognizedEntities": [*pages],
        "containment": {"US": ["US-OH", "US-KY"]},
    }
    council = None
    if draw(st.integers(0, 3)) == 0:
        scopes = draw(st.lists(_scopes(), min_size=1, max_size=2))
        known = {"url": URL, "authorityId": COUNCIL, "mayAuthorize": scopes}
        document["trustRegistries"] = [{**known, **draw(_dates)}]
        boards = draw(st.lists(_boards(), min_size=1, max_size=2))
        if draw(st.booleans()):
            council = {"acceptedBoards": boards}
    elif not (document["acceptedBoards"] or document["authorities"]):
        document["acceptedBoards"] = [draw(_boards())]
    return document, pages, council


def web_of(made: Made, at: Instant) -> Registries:
    """The hosts of one made-up world, to whom nothing is asked about is to come."""
    _, pages, council = made
    served = {url: one for url, one in SCHEMAS.items() if one is not ABSENT}
    known = {} if council is None else {URL: TrustRegistry.from_json(council)}
    return Registries(pages={**served, **pages}, registries=known, at=max(NOW, at))


@functools.cache
def license_of(issuer: str, place: str, code: str) -> Any:
    """A license that ``issuer`` has signed."""
    controller: Controller = PARTIES[issuer]
    draft = world.license_draft(controller)
    del draft["credentialStatus"]
    node = draft["credentialSubject"]["license"]
    node["jurisdiction"] = place
    node["profession"] = {"type": "Code", "system": CODE, "code": code}
    return signed(draft, controller)


@functools.cache
def other_of(issuer: str, kind: str) -> Any:
    """What is no license, and says nothing that counts: it recognizes nobody."""
    nobody = {"id": "did:example:nobody", "type": "RecognizedEntity"}
    draft = world.plain(
        PARTIES[issuer],
        type=["VerifiableCredential", kind],
        credentialSubject=[nobody] if kind == RECOGNIZED_TYPE else {"id": DOCTOR.did},
    )
    return signed(draft, PARTIES[issuer])


def explained(
    asked: Asked, trust: TrustRegistry, web: world.Web, at: Instant
) -> Belief:
    """What is explained, from what is fetched for it."""
    judgement = Judgement(at=at, contexts=contexts(), trust=trust)
    known = gather(
        judgement.evidence,
        lambda known: needs_about(
            asked.issuer, asked.credential_type, judgement.knowing(known)
        ),
        web,
        at=at,
    )
    return explain(asked, judgement.knowing(known))


def verified(document: Any, trust: TrustRegistry, web: world.Web, at: Instant) -> Check:
    """What a verification says of the issuer, once the proof has held."""
    verifier = Verifier(trust=trust, fetch=web, clock=world.refuse_clock)
    answer = verifier.verify(document, at=at)
    assert world.results(answer, "proof") == ["pass"], world.codes(answer)
    (check,) = world.check(answer, "trust")
    return check


def authorized(
    document: Any, asked: Asked, trust: TrustRegistry, web: world.Web, at: Instant
) -> str:
    """What is asked of the registry, with whom others name for a signed document."""
    opened = open_document(dumps(document))
    judgement = Judgement(at=at, contexts=contexts(), trust=trust)
    known = gather(
        judgement.evidence,
        lambda known: needs(opened, judgement.knowing(known)),
        web,
        at=at,
    )
    registry = recognizing((opened,), judgement.knowing(known)).trust
    assert registry is not None
    try:
        registry.authorize(
            asked.issuer,
            asked.credential_type,
            jurisdiction=asked.jurisdiction,
            professions=asked.professions,
            at=at,
            document=opened.digest,
        )
    except Refused:
        return "fail"
    except Unchecked:
        return "unknown"
    return "pass"


SAME: Final = {
    Answer.BELIEVED: "pass",
    Answer.NOT_BELIEVED: "fail",
    Answer.UNKNOWN: "unknown",
}
_at = st.sampled_from([NOW, NOW, NOW, NOW.plus(-DAY), NOW.plus(DAY // 2)])


@settings(max_examples=examples(80))
@given(
    made=_worlds(),
    issuer=_issuer,
    place=st.sampled_from(PLACES),
    code=st.sampled_from(CODES),
    at=_at,
)
def test_an_issuer_is_believed_exactly_where_its_license_is(
    made: Made, issuer: str, place: str, code: str, at: Instant
) -> None:
    trust = TrustRegistry.from_json(made[0])
    asked = Asked(
        issuer=issuer,
        credential_type=LICENSE_TYPE,
        jurisdiction=place,
        profession=f"{CODE}|{code}",
    )
    found = explained(asked, trust, web_of(made, at), at)
    event(f"{found.answer.value} by {'chain' if found.chains else 'others'}")
    check = verified(license_of(issuer, place, code), trust, web_of(made, at), at)
    assert check.result.value == SAME[found.answer]
    if found.chains:
        assert set(found.chains) & set(check.chains)


@settings(max_examples=examples(40))
@given(
    made=_worlds(),
    issuer=_issuer,
    kind=st.sampled_from([TYPES[1], RECOGNIZED_TYPE]),
    place=st.sampled_from(PLACES),
    code=st.none() | st.sampled_from(CODES),
    at=_at,
)
def test_whatever_else_it_issues_it_is_believed_exactly_where_it_may(
    made: Made, issuer: str, kind: str, place: str, code: str | None, at: Instant
) -> None:
    trust = TrustRegistry.from_json(made[0])
    asked = Asked(
        issuer=issuer, credential_type=kind, jurisdiction=place, profession=code
    )
    found = explained(asked, trust, web_of(made, at), at)
    if any("schema" in words for words in found.not_judged):
        # Only the document tells that it does not meet the schema.
        assert found.answer is Answer.BELIEVED
        return
    event(f"{found.answer.value} {kind}")
    answer = authorized(other_of(issuer, kind), asked, trust, web_of(made, at), at)
    assert answer == SAME[found.answer]


# Of a federation the keys come, too: without it nobody knows whose a signature is.

VCT: Final = LICENSE_CREDENTIAL.iri
ELSEWHERE: Final = entity("https://elsewhere.example")
RECOGNIZED_IN: Final = "DE"


@functools.cache
def federated_license(place: str) -> str:
    """A license of the board that the federations are asked about."""
    coding = {"system": CODE, "code": CODES[0]}
    node = {"jurisdiction": place, "profession": [coding]}
    payload: dict[str, Any] = {"iss": federations.BOARD, "vct": VCT, "license": node}
    header = {"kid": "key-1", "typ": "dc+sd-jwt"}
    raw = dumps(payload).encode()
    return f"{sign_compact(raw, federated.SIGNER, header)}~"


def of_federations(
    top: str, elsewhere: str, places: list[str], *, first: bool, known: bool
) -> Made:
    """Two federations, each of which accredits, says no, or says nothing."""
    board, own = federated.BY_ANCHOR, "https://board.example/.well-known/jwt-vc-issuer"
    pages: dict[str, Any] = {
        **federated.pages_of(board),
        configuration_url(ELSEWHERE.name): ELSEWHERE.configuration(),
        federated.statement(board, ELSEWHERE): NotFound("404"),
        own: {"issuer": federations.BOARD, "jwks": federated.JWKS},
    }
    if top != "accredits":
        said = NotFound("404") if top == "no" else DOWN
        pages[federated.statement(board, federated.TOP)] = said
    if elsewhere == "silent":
        pages[configuration_url(ELSEWHERE.name)] = DOWN
    meaning = {
        "type": federations.TYPE,
        "credentialTypes": [VCT],
        "professions": [CODES[0]],
    }
    both = [
        federated.federation(trustMarks=[{**meaning, "jurisdictions": ["US-OH"]}]),
        federated.federation(
            anchor=ELSEWHERE.name,
            jwks=ELSEWHERE.jwks,
            trustMarks=[{**meaning, "jurisdictions": places}],
        ),
    ]
    document: dict[str, Any] = {"federations": both if first else both[::-1]}
    if known:
        scope = {
            "credentialTypes": [VCT],
            "jurisdictions": [RECOGNIZED_IN],
            "professions": [CODES[0]],
        }
        subject: Any = {
            "trustRegistry": {
                "acceptedBoards": [{"issuer": federations.BOARD, **scope}]
            }
        }
        document["authorities"] = [
            {"did": STATE.did, "mayRecognize": scope, "requireOutputValidation": False}
        ]
        document["recognizedEntities"] = [LISTS[0]]
        pages[LISTS[0]] = _list(STATE.did, REGISTRY_TYPE, dumps([subject]), "{}")
    return document, pages, None


@pytest.mark.parametrize("known", [False, True])
def test_an_issuer_of_federations_is_believed_exactly_where_its_license_is(
    known: bool,
) -> None:
    answers = set()
    for top, elsewhere, places, first, place in itertools.product(
        ("accredits", "no", "silent"),
        ("no", "silent"),
        (["US-OH"], ["US-KY"], ["US-OH", "US-KY"]),
        (True, False),
        ("US-OH", "US-KY", RECOGNIZED_IN),
    ):
        made = of_federations(top, elsewhere, places, first=first, known=known)
        trust = TrustRegistry.from_json(made[0])
        asked = Asked(
            issuer=federations.BOARD,
            credential_type=VCT,
            jurisdiction=place,
            profession=f"{CODE}|{CODES[0]}",
        )
        found = explained(asked, trust, web_of(made, NOW), NOW)
        verifier = Verifier(
            trust=trust, fetch=web_of(made, NOW), clock=world.refuse_clock
        )
        answer = verifier.verify(federated_license(place), at=NOW)
        proof, said = (world.results(answer, one)[0] for one in ("proof", "trust"))
        case = (top, elsewhere, places, first, place, found, world.codes(answer))
        assert (said if proof == "pass" else proof) == SAME[found.answer], case
        answers.add((proof, found.answer))
    assert len(answers) == (3 if known else 5)
