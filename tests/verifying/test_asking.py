"""Issuers that a trust registry is asked about: when, how often, with what effect."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.archives import SqliteArchive
from medid.core.archive import ArchivedFetch
from medid.core.evidence import Evidence
from medid.errors import (
    EvidenceUnavailable,
    FetchBlocked,
    IssuerNotAuthorized,
    IssuerNotTrusted,
    Unchecked,
)
from medid.keys import KeyKind
from medid.securing.jose import sign_compact
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.verifying.admitting import needs
from medid.verifying.asking import MAX_ASKED
from medid.verifying.checks import Outcome, Verification
from medid.verifying.gathering import gather
from medid.verifying.judging import Judgement
from medid.verifying.opening import open_document
from medid.verifying.recognizing import recognizing
from medid.verifying.verifier import Verifier
from tests.trust.registries import COUNCIL, URL, Registries
from tests.verifying import world
from tests.verifying.world import BOARD, CODE, NOW, PATIENT, refuse_clock

if TYPE_CHECKING:
    from pathlib import Path

    from medid.core.instant import Instant

ADMITTED = {"did": BOARD.did}
PROFESSION = f"{CODE}|208D00000X"
SCOPE = {"jurisdictions": ["US-OH"], "professions": [PROFESSION]}
LICENSE = world.signed(world.license_draft())
MINISTRY = "did:web:ministry.example"
ABOVE = "https://ministry.example/trqp"
STATE = {"did": COUNCIL, "mayRecognize": SCOPE}


def council(**members: Any) -> TrustRegistry:
    """What the registry of the council goes by."""
    return world.registry_of({**ADMITTED, **members})


def entry(**members: Any) -> dict[str, Any]:
    return {"url": URL, "authorityId": COUNCIL, "mayAuthorize": [SCOPE], **members}


def trusting(*entries: Any, **members: Any) -> TrustRegistry:
    listed = list(entries) or [entry()]
    return TrustRegistry.from_json({"trustRegistries": listed, **members})


def web(registry: TrustRegistry | None = None, **members: Any) -> Registries:
    known = {URL: registry or council()}
    return Registries(**{"pages": world.lists(), "registries": known, **members})


def asked(
    asks: Registries,
    trust: TrustRegistry | None = None,
    document: Any = LICENSE,
    **options: Any,
) -> Verification:
    verifier = Verifier(trust=trust or trusting(), fetch=asks, clock=lambda: asks.at)
    return verifier.verify(document, **options)


def trusted(answer: Verification) -> tuple[str, str | None]:
    (check,) = world.check(answer, "trust")
    return check.result.value, check.code


def test_who_is_authorized_may_issue() -> None:
    asks = web()
    answer = asked(asks)
    assert answer, world.codes(answer)
    assert trusted(answer) == ("pass", None)
    assert asks.asked_of == [
        (
            f"{URL}/authorization",
            {
                "entity_id": BOARD.did,
                "authority_id": COUNCIL,
                "action": "issue",
                "resource": LICENSE_TYPE,
                "context": {"jurisdiction": "US-OH", "profession": PROFESSION},
            },
        )
    ]


def test_who_is_not_authorized_is_refused() -> None:
    answer = asked(web(world.registry_of({"did": PATIENT.did})))
    assert answer.outcome is Outcome.REFUSED
    assert trusted(answer) == ("fail", IssuerNotTrusted.code)


def test_a_registry_that_is_out_of_reach_refuses_nobody() -> None:
    answer = asked(web(registries={}))
    assert answer.outcome is Outcome.UNDECIDED
    assert trusted(answer) == ("unknown", "FETCH_FAILED")
    without = world.verified(LICENSE, trust=trusting())
    assert trusted(without) == ("unknown", EvidenceUnavailable.code)
    assert not without


def test_nothing_is_fetched_for_an_issuer_that_is_not_authorized() -> None:
    asks = web(world.registry_of({"did": PATIENT.did}))
    asked(asks)
    assert [url.partition("#")[0] for url in asks.asked] == [f"{URL}/authorization"]


def test_it_is_asked_only_about_whom_nobody_names() -> None:
    asks = web()
    boards: Any = [{**ADMITTED, **SCOPE}]
    assert asked(asks, trusting(acceptedBoards=boards))
    assert asks.asked_of == []


def test_it_is_asked_only_about_what_it_may_speak_of() -> None:
    asks = web()
    other = entry(mayAuthorize=[{**SCOPE, "credentialTypes": ["Other"]}])
    answer = asked(asks, trusting(other))
    assert trusted(answer) == ("fail", IssuerNotTrusted.code)
    assert asks.asked_of == []


def test_it_is_asked_once_about_an_issuer_of_many_documents() -> None:
    asks = web()
    documents = [world.signed(world.license_draft(id=f"urn:x:{i}")) for i in range(4)]
    shown = world.presented(*documents)
    assert world.results(asked(asks, document=shown), "trust") == ["pass"] * 4
    assert len(asks.asked_of) == 1


def test_a_crowd_of_issuers_is_asked_about_so_far_and_no_further() -> None:
    codes = [*(f"code-{number}" for number in range(59)), PROFESSION]
    scopes = [{**SCOPE, "professions": codes}]
    issuers = [
        world.jwk_controller(f"issuer {number}", KeyKind.ED25519) for number in range(3)
    ]
    documents = [world.signed(world.license_draft(one), one) for one in issuers]
    asks = web()
    answer = asked(
        asks, trusting(entry(mayAuthorize=scopes)), world.presented(*documents)
    )
    assert len(asks.asked_of) == MAX_ASKED
    # Those beyond were not asked about, which is no refusal.
    found = [check.code for check in world.check(answer, "trust")]
    assert found[-1] == EvidenceUnavailable.code


# No more than the file says.


@pytest.mark.parametrize(
    "scope",
    [
        {**SCOPE, "jurisdictions": ["US-KY"]},
        {**SCOPE, "professions": ["163W00000X"]},
    ],
)
def test_a_registry_gives_no_more_than_its_entry_allows(scope: Any) -> None:
    everything = world.registry_of(
        ADMITTED,
        {**ADMITTED, **scope},
    )
    known = _judged(web(everything), trusting(entry(mayAuthorize=[scope])))
    with pytest.raises(IssuerNotAuthorized):
        known.authorize(
            BOARD.did,
            jurisdiction="US-OH",
            professions=[PROFESSION],
            at=NOW,
            document=_digest(),
        )


def test_an_answer_is_for_the_documents_of_one_judgement() -> None:
    known = _judged(web(), trusting())
    (board,) = known.entries(BOARD.did, LICENSE_TYPE, at=NOW, document=_digest())
    assert board.recognized_by == COUNCIL
    assert (board.jurisdictions, board.professions) == (("US-OH",), (PROFESSION,))
    assert board.window.end == NOW.plus(300)
    for other in (None, "0" * 64):
        with pytest.raises(IssuerNotTrusted):
            known.entries(BOARD.did, LICENSE_TYPE, at=NOW, document=other)


def _digest() -> str:
    return open_document(LICENSE).digest


def _judged(asks: Registries, trust: TrustRegistry, at: Instant = NOW) -> TrustRegistry:
    opened = open_document(LICENSE)
    judgement = Judgement(at=at, contexts=Verifier().contexts, trust=trust)
    gathered = gather(
        Evidence(), lambda known: needs(opened, judgement.knowing(known)), asks
    )
    found = recognizing((opened,), judgement.knowing(gathered)).trust
    assert found is not None
    return found


def test_a_yes_to_something_else_is_no_yes() -> None:
    """A board of Kentucky is not believed for Ohio because it is a board."""
    asks = web(council(jurisdictions=["US-KY"]))
    assert trusted(asked(asks)) == ("fail", IssuerNotTrusted.code)


# Answers that are none.


@pytest.mark.parametrize(
    "changed",
    [
        lambda said: b"{",
        lambda said: b"[]",
        lambda said: b"{" + b" " * 70_000 + b"}",
        lambda said: {**said, "entity_id": PATIENT.did},
        lambda said: {**said, "authority_id": MINISTRY},
        lambda said: {**said, "action": "revoke"},
        lambda said: {**said, "resource": "Other"},
        lambda said: {**said, "context": {}},
        lambda said: {**said, "context": {"jurisdiction": "US-OH"}},
        lambda said: {**said, "authorized": "true"},
        lambda said: {**said, "authorized": 1},
        lambda said: {**said, "time_evaluated": "now"},
        lambda said: {**said, "a": [[[[[[[[[]]]]]]]]]},
        lambda said: {name: one for name, one in said.items() if name != "authorized"},
        lambda said: {**said, "recognized": True, "authorized": None},
        lambda said: FetchBlocked("the host redirects"),
    ],
)
def test_an_answer_to_another_question_is_none(changed: Any) -> None:
    answer = asked(web(changed=changed))
    assert answer.outcome is Outcome.UNDECIDED
    assert trusted(answer)[0] == "unknown"
    (check,) = world.check(answer, "trust")
    assert isinstance(check.error, Unchecked)
    assert check.path == "$.issuer"


def test_an_answer_lasts_no_longer_than_its_entry_allows() -> None:
    trust = trusting(entry(maxAgeSeconds=10))
    old = web(changed=lambda said: {**said, "time_evaluated": str(NOW.plus(-9))})
    assert asked(old, trust)
    known = _judged(old, trust)
    (board,) = known.entries(BOARD.did, LICENSE_TYPE, at=NOW, document=_digest())
    assert board.window.end == NOW.plus(1)
    older = web(changed=lambda said: {**said, "time_evaluated": str(NOW.plus(-10))})
    # As of that very time it may have known.
    assert asked(older, trust)
    times = [one["context"].get("time") for _, one in older.asked_of]
    assert times == [None, str(NOW)]
    oldest = web(changed=lambda said: {**said, "time_evaluated": str(NOW.plus(-61))})
    assert trusted(asked(oldest, trust)) == ("unknown", "HISTORY_UNKNOWN")


def test_a_registry_from_the_future_gives_no_more_time() -> None:
    ahead = web(changed=lambda said: {**said, "time_evaluated": str(NOW.plus(9_999))})
    known = _judged(ahead, trusting())
    (board,) = known.entries(BOARD.did, LICENSE_TYPE, at=NOW, document=_digest())
    assert board.window.end == NOW.plus(300)


@pytest.mark.parametrize(
    "dates",
    [{"validUntil": str(NOW)}, {"validFrom": str(NOW.plus(1))}],
)
def test_an_entry_that_is_not_in_force_asks_nobody(dates: dict[str, str]) -> None:
    asks = web()
    assert trusted(asked(asks, trusting(entry(**dates)))) == (
        "fail",
        IssuerNotTrusted.code,
    )
    assert asks.asked_of == []


# Other times.

PAST = NOW.plus(-86_400)


def test_a_question_about_the_past_is_asked_as_of_then() -> None:
    asks = web(council(validUntil=str(NOW.plus(-3_600))))
    assert trusted(asked(asks))[0] == "fail"
    known = _judged(asks, trusting(), PAST)
    (board,) = known.entries(BOARD.did, LICENSE_TYPE, at=PAST, document=_digest())
    assert board.window.end == PAST.plus(300)
    assert asks.asked_of[-1][1]["context"]["time"] == str(PAST)


def test_what_held_later_says_nothing_about_then() -> None:
    asks = web(council(validFrom=str(NOW.plus(-3_600))))
    assert trusted(asked(asks))[0] == "pass"
    known = _judged(asks, trusting(), PAST)
    with pytest.raises(IssuerNotTrusted):
        known.entries(BOARD.did, LICENSE_TYPE, at=PAST, document=_digest())


def test_a_registry_that_tells_no_past_leaves_it_unknown() -> None:
    def changed(said: dict[str, Any]) -> dict[str, Any]:
        return {name: one for name, one in said.items() if name != "time_requested"}

    known = _judged(web(changed=changed), trusting(), PAST)
    with pytest.raises(Unchecked) as unknown:
        known.entries(BOARD.did, LICENSE_TYPE, at=PAST, document=_digest())
    assert unknown.value.code == "HISTORY_UNKNOWN"


def test_what_was_answered_then_counts_then(tmp_path: Path) -> None:
    """An archive answers as it does for status lists; nobody has to be asked."""
    archive, trust = SqliteArchive(tmp_path / "archive.db"), trusting()
    then = ArchivedFetch(web(), archive, clock=lambda: NOW)
    assert Verifier(trust=trust, fetch=then, clock=lambda: NOW).verify(LICENSE)
    later = NOW.plus(86_400)
    gone = Registries(at=later)
    now = ArchivedFetch(gone, archive, clock=lambda: later)
    verifier = Verifier(trust=trust, fetch=now, clock=lambda: later)
    assert verifier.verify(LICENSE, at=NOW.plus(60))
    assert gone.asked == []
    # Long after its answer it does not count. The registry may still tell.
    unknown = verifier.verify(LICENSE, at=NOW.plus(600))
    assert trusted(unknown) == ("unknown", "FETCH_FAILED")
    (asked_then,) = gone.asked_of
    assert asked_then[1]["context"]["time"] == str(NOW.plus(600))
    gone.registries = {URL: council()}
    assert trusted(verifier.verify(LICENSE, at=NOW.plus(600))) == ("pass", None)


# Registries that have to be recognized.


def layered(*authorities: Any, **members: Any) -> Registries:
    above: Any = {
        "authorities": [*authorities],
        "acceptedBoards": [{**ADMITTED, **SCOPE}],
    }
    known = {URL: council(), ABOVE: TrustRegistry.from_json(above)}
    return web(registries=known, **members)


BOTH = (
    entry(recognizedBy=MINISTRY),
    {"url": ABOVE, "authorityId": MINISTRY},
)


def test_a_registry_counts_while_another_recognizes_it() -> None:
    asks = layered(STATE)
    answer = asked(asks, trusting(*BOTH))
    assert answer, world.codes(answer)
    assert [url for url, _ in asks.asked_of] == [
        f"{URL}/authorization",
        f"{ABOVE}/recognition",
    ]
    assert asks.asked_of[1][1] == {
        **asks.asked_of[0][1],
        "entity_id": COUNCIL,
        "authority_id": MINISTRY,
    }


def test_a_registry_that_is_not_recognized_counts_for_nothing() -> None:
    for others in ((), ({**STATE, "did": PATIENT.did},)):
        answer = asked(layered(*others), trusting(*BOTH))
        assert trusted(answer) == ("fail", IssuerNotTrusted.code)
    narrow = {**STATE, "mayRecognize": {**SCOPE, "jurisdictions": ["US-KY"]}}
    assert trusted(asked(layered(narrow), trusting(*BOTH)))[0] == "fail"


def test_whether_it_is_recognized_has_to_be_known() -> None:
    asks = web()
    assert trusted(asked(asks, trusting(*BOTH))) == ("unknown", "FETCH_FAILED")
    # A no needs nobody else's yes.
    refused = web(world.registry_of({"did": PATIENT.did}))
    assert trusted(asked(refused, trusting(*BOTH)))[0] == "fail"
    silent = web(registries={ABOVE: layered().registries[ABOVE]})
    assert trusted(asked(silent, trusting(*BOTH)))[0] == "fail"


def test_a_recognition_ends_what_stands_on_it() -> None:
    short = {**BOTH[1], "maxAgeSeconds": 5}
    known = _judged(layered(STATE), trusting(BOTH[0], short))
    (board,) = known.entries(BOARD.did, LICENSE_TYPE, at=NOW, document=_digest())
    assert board.window.end == NOW.plus(5)
    ended = {**BOTH[1], "validUntil": str(NOW)}
    asks = layered(STATE)
    assert trusted(asked(asks, trusting(BOTH[0], ended)))[0] == "fail"
    assert asks.asked_of == []


# The same for everybody.


def test_asynchronous_callers_and_replays_are_answered_alike() -> None:
    asks = web()
    verifier = Verifier(trust=trusting(), fetch=asks, clock=refuse_clock)

    async def verify() -> Any:
        return await verifier.averify(LICENSE, at=NOW)

    assert asyncio.run(verify())


def test_an_issuer_that_no_query_can_name_is_refused() -> None:
    claims = {"iss": "did:web:a b", "vct": LICENSE_TYPE}
    header = {"typ": "dc+sd-jwt", "kid": BOARD.verification_method}
    token = sign_compact(json.dumps(claims).encode(), BOARD.signer, header)
    asks = web()
    answer = asked(asks, document=f"{token}~")
    assert answer.outcome is Outcome.REFUSED
    assert asks.asked_of == []


def test_what_was_not_answered_leaves_only_its_own_question_open() -> None:
    known = _judged(web(registries={}), trusting())
    with pytest.raises(Unchecked):
        known.entries(BOARD.did, LICENSE_TYPE, at=NOW, document=_digest())
    for issuer, kind, document in (
        (PATIENT.did, LICENSE_TYPE, _digest()),
        (BOARD.did, "Other", _digest()),
        (BOARD.did, LICENSE_TYPE, "0" * 64),
        (BOARD.did, LICENSE_TYPE, None),
    ):
        with pytest.raises(IssuerNotTrusted):
            known.entries(issuer, kind, at=NOW, document=document)


def test_two_registries_do_not_add_up() -> None:
    other = "https://other.example/trqp"
    scopes = [
        entry(mayAuthorize=[{**SCOPE, "jurisdictions": ["US-KY"]}]),
        entry(
            url=other,
            authorityId=MINISTRY,
            mayAuthorize=[{**SCOPE, "professions": ["163W00000X"]}],
        ),
    ]
    known = {
        URL: council(jurisdictions=["US-KY"]),
        other: council(professions=["163W00000X"]),
    }
    found = _judged(web(registries=known), trusting(*scopes))
    with pytest.raises(IssuerNotAuthorized):
        found.authorize(
            BOARD.did,
            jurisdiction="US-KY",
            professions=["163W00000X"],
            at=NOW,
            document=_digest(),
        )
