"""Status lists of other times, from hosts that know them and from hosts that do not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.archives import SqliteArchive
from medid.adapters.historical import HistoricalFetch
from medid.adapters.https import HttpsFetch
from medid.core.archive import ArchivedFetch
from medid.core.evidence import SEEN_LATER, Evidence
from medid.core.fetch import Fetched, FetchRequest
from medid.core.json import dumps
from medid.core.records import replace
from medid.errors import (
    EvidenceUnavailable,
    FetchFailed,
    HistoryUnknown,
    MalformedValue,
    MedidError,
)
from medid.issuing import new_list, set_status
from medid.status.check import LIST_MEDIA_TYPES
from medid.status.list_token import TOKEN_MEDIA_TYPES
from medid.verifying.checks import Outcome
from medid.verifying.verifier import Verifier
from tests.adapters.hosts import HOST, Authority, Pages, listening
from tests.verifying import test_token_status as tokens
from tests.verifying import world
from tests.verifying.world import BOARD, DAY, INDEX, MADE, NOW, codes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LATER = NOW.plus(100 * DAY)
THEN = NOW.plus(60)
UNIX = str(THEN.nanoseconds // 10**9)
URL = world.REVOCATIONS


@dataclass
class Host:
    """Answers each URL from a table, as of ``LATER``; and keeps what it was asked."""

    pages: dict[str, Any] = field(default_factory=dict)
    answer: Callable[[list[Any]], list[Any]] = list
    asked: list[FetchRequest] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> list[Fetched | MedidError]:
        self.asked += requests
        self.seconds.append(seconds)
        return self.answer([self._one(one.url) for one in requests])

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> list[Fetched | MedidError]:
        return self.fetch_all(requests, seconds=seconds)

    def _one(self, url: str) -> Fetched | MedidError:
        page = self.pages.get(url, FetchFailed("501"))
        if isinstance(page, MedidError):
            return page
        return world.fetched(url, page, LATER)


def request(url: str = URL, **changes: Any) -> FetchRequest:
    plain = FetchRequest(
        url=url, accept=LIST_MEDIA_TYPES, max_bytes=9, at=THEN, kind="status-list"
    )
    return replace(plain, **changes)


def ask(host: Host, *requests: FetchRequest) -> list[Any]:
    fetch = HistoricalFetch(host, clock=lambda: LATER)
    found = list(fetch.fetch_all(requests, seconds=2))
    waited = list(asyncio.run(fetch.afetch_all(requests, seconds=2)))
    assert [getattr(one, "content", type(one)) for one in waited] == [
        getattr(one, "content", type(one)) for one in found
    ]
    return found


def test_each_kind_of_list_is_asked_in_the_words_of_its_specification() -> None:
    stamp = f"timestamp={str(THEN).replace(':', '%3A')}"
    cases = {
        f"{URL}?{stamp}": request(),
        f"{URL}?a=b&{stamp}": request(f"{URL}?a=b"),
        f"{URL}?time={UNIX}": request(accept=TOKEN_MEDIA_TYPES),
        f"{URL}?a=b&time={UNIX}": request(f"{URL}?a=b", accept=TOKEN_MEDIA_TYPES),
    }
    for url, asked in cases.items():
        host = Host({asked.url: b"today", url: b"then"})
        (found,) = ask(host, asked)
        assert (found.content, found.url, found.as_of) == (b"then", asked.url, THEN)
        assert found.fetched_at == LATER
        assert [(one.url, one.at) for one in host.asked[:2]] == [
            (asked.url, THEN),
            (url, None),
        ]
        assert host.seconds[0] == 2
        assert 0 < host.seconds[1] <= 2


def test_what_is_known_of_then_is_not_asked_again() -> None:
    class Seen(Host):
        def _one(self, url: str) -> Fetched | MedidError:
            return world.fetched(url, b"seen", THEN.plus(SEEN_LATER))

    host = Seen()
    (found,) = ask(host, request())
    assert (found.content, found.as_of, len(host.asked)) == (b"seen", None, 2)


@pytest.mark.parametrize(
    "asked",
    [
        request(at=None),
        request(at=LATER),
        request(at=LATER.plus(-SEEN_LATER)),
        request(at=LATER.plus(60)),
        request(kind="did-document"),
        request(kind=""),
    ],
)
def test_everything_else_is_left_alone(asked: FetchRequest) -> None:
    host = Host({URL: b"today"})
    (found,) = ask(host, asked)
    assert (found.content, found.as_of) == (b"today", None)
    assert host.asked == [asked] * 2


def test_nobody_is_asked_what_a_list_will_say() -> None:
    host = Host({URL: HistoryUnknown("has not come")})
    (found,) = ask(host, request(at=LATER.plus(1_000)))
    assert type(found) is HistoryUnknown
    assert len(host.asked) == 2  # once by each kind of caller


def test_a_host_that_is_down_is_not_asked_twice() -> None:
    host = Host({URL: FetchFailed("down")})
    (found,) = ask(host, request())
    assert type(found) is FetchFailed
    assert len(host.asked) == 2


def test_where_nothing_is_known_before_it_is_asked_and_else_stays_unknown() -> None:
    host = Host({URL: HistoryUnknown("nobody looked")})
    (found,) = ask(host, request())
    assert type(found) is HistoryUnknown
    host.pages[f"{URL}?time={UNIX}"] = b"then"
    (found,) = ask(host, request(accept=TOKEN_MEDIA_TYPES))
    assert found.content == b"then"


def test_answers_stay_in_their_places() -> None:
    other = "https://board.example.gov/did.json"
    host = Host({URL: b"today", other: b"document", f"{URL}?time={UNIX}": b"then"})
    token = request(accept=TOKEN_MEDIA_TYPES)
    found = ask(host, request(other, kind="did-document"), token, request())
    assert [one.content for one in found] == [b"document", b"then", b"today"]
    assert [one.as_of for one in found] == [None, THEN, None]


def test_a_lost_answer_stands_for_no_other() -> None:
    pages = {URL: b"today", f"{URL}?time={UNIX}": b"then"}
    host = Host(pages, lambda found: found[:1])
    token = request(accept=TOKEN_MEDIA_TYPES)
    fetch = HistoricalFetch(host, clock=lambda: LATER)
    assert len(fetch.fetch_all([token, token], seconds=1)) == 1
    calls: list[int] = []

    def second_short(found: list[Any]) -> list[Any]:
        calls.append(1)
        return found if len(calls) == 1 else []

    host.answer = second_short
    (found,) = fetch.fetch_all([token], seconds=1)
    assert isinstance(found, Fetched)
    assert found.content == b"today"


# What a verifier makes of it.


def listed(*ones: int, days: float) -> dict[str, Any]:
    return world.status_list(*ones, at=MADE.plus(days * DAY))


def stamped(days: float = 0) -> str:
    at = str(THEN.plus(days * DAY)).replace(":", "%3A")
    return f"{URL}?timestamp={at}"


LICENSE = world.signed(world.plain(credentialStatus=world.entry()))


def verified(host: Host, days: float = 0, document: Any = LICENSE) -> Any:
    verifier = Verifier(
        fetch=HistoricalFetch(host, clock=lambda: LATER), clock=lambda: LATER
    )
    return verifier.verify(document, at=THEN.plus(days * DAY))


def test_a_list_of_then_decides() -> None:
    pages = {
        URL: listed(INDEX, days=100),
        stamped(): listed(days=0),
        stamped(2): listed(INDEX, days=2),
    }
    assert verified(Host(pages))
    assert codes(verified(Host(pages), 2)) == [
        ("status", "REVOKED", "$.credentialStatus")
    ]


@pytest.mark.parametrize(
    "then",
    [
        listed(days=100),  # a host that does not look at the query
        listed(days=1),
        listed(days=-8),  # ended a day before
        {
            name: value
            for name, value in listed(days=0).items()
            if name not in ("validUntil", "proof")
        },
        FetchFailed("404"),
        EvidenceUnavailable("no"),
    ],
)
def test_what_is_not_of_then_says_nothing(then: Any) -> None:
    if isinstance(then, dict) and "proof" not in then:
        then = world.with_proof(then, BOARD)
    found = verified(Host({URL: listed(days=100), stamped(): then}))
    assert found.outcome is Outcome.UNDECIDED
    assert "HISTORY_UNKNOWN" in told(found)


def test_a_list_of_then_by_somebody_else_is_refused() -> None:
    forged = world.status_list(controller=world.STRANGER, at=MADE)
    found = verified(Host({URL: listed(days=100), stamped(): forged}))
    assert found.outcome is Outcome.REFUSED


def told(found: Any) -> str:
    """What is said about the status, in full."""
    return " ".join(str(one.error) for one in world.check(found, "status"))


def statuses(found: Any) -> list[str]:
    return [code for name, code, _ in codes(found) if name == "status"]


def timed(days: float = 0) -> str:
    return f"{tokens.URL}?time={THEN.plus(days * DAY).nanoseconds // 10**9}"


def token_list(value: int = 0, *, form: str, days: float) -> str | bytes:
    at = MADE.plus(days * DAY)
    made = new_list(tokens.URL, "suspension", BOARD, at=at, securing=form)
    assert isinstance(made, str | bytes)
    if value:
        made = set_status(made, INDEX, BOARD, value=value, at=at)
    assert isinstance(made, str | bytes)
    return made


@pytest.mark.parametrize("form", tokens.FORMS)
def test_a_token_of_then_decides(form: str) -> None:
    pages = {
        tokens.URL: token_list(1, form=form, days=100),
        timed(): token_list(form=form, days=0),
        timed(1): token_list(2, form=form, days=1),
        timed(2): token_list(form=form, days=100),
        timed(3): token_list(form=form, days=-8),
    }
    host = Host(pages)
    assert statuses(verified(host, 0, tokens.ONE)) == []
    assert statuses(verified(host, 1, tokens.ONE)) == ["SUSPENDED"]
    for days in (2, 3, 4):
        found = verified(host, days, tokens.ONE)
        assert found.outcome is Outcome.UNDECIDED
        kept = "HISTORY_UNKNOWN" if days < 4 else "STATUS_RETRIEVAL_ERROR"
        assert statuses(found) == [kept]


def test_a_token_that_states_no_end_says_nothing_about_then() -> None:
    endless = tokens.by_hand(claims={"exp": None})
    pages = {tokens.URL: token_list(form=tokens.FORMS[0], days=100), timed(): endless}
    found = verified(Host(pages), 0, tokens.ONE)
    assert statuses(found) == ["HISTORY_UNKNOWN"]


def test_the_list_of_a_delegate_is_followed_to_its_key() -> None:
    trust = world.registry(
        BOARD,
        statusListIssuers=[world.WEB.did],
        credentialTypes=["VerifiableCredential"],
    )
    then = world.status_list(controller=world.WEB, at=MADE)
    host = Host({URL: listed(days=100), stamped(): then})
    verifier = Verifier(trust=trust, fetch=HistoricalFetch(host, clock=lambda: LATER))
    answer = verifier.verify(LICENSE, at=THEN)
    assert answer.outcome is Outcome.UNDECIDED
    assert world.WEB_URL in [one.url for one in host.asked]


def test_evidence_of_then_is_sealed_and_counts_for_that_time_alone() -> None:
    then = replace(world.fetched(URL, listed(days=0), LATER), as_of=THEN)
    known = Evidence().with_answers([(URL, then)])
    again = Evidence.from_json(known.as_json())
    assert again == known
    assert again.get(URL) == then
    assert again.get(URL, at=THEN, shows_time=True) == then
    for at, shows_time in ((THEN, False), (THEN.plus(1), True), (LATER, True)):
        with pytest.raises(HistoryUnknown, match="as of another time"):
            again.get(URL, at=at, shows_time=shows_time)

    verifier = Verifier(clock=lambda: LATER)
    assert verifier.verify(LICENSE, at=THEN, evidence=again)
    other = verifier.verify(LICENSE, at=THEN.plus(1), evidence=again)
    assert other.outcome is Outcome.UNDECIDED
    document: Any = known.as_json()
    document["documents"][URL]["asOf"] = "then"
    with pytest.raises(MalformedValue):
        Evidence.from_json(document)


@pytest.mark.loopback
def test_a_real_host_is_asked_and_what_it_said_is_kept(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path / "authority")
    pages = Pages()
    with listening(pages, authority.server(HOST)) as host:
        url = host.url("/status/3")
        license_ = world.signed(
            world.plain(credentialStatus=world.entry(statusListCredential=url))
        )
        asked = f"{url}?timestamp={str(THEN).replace(':', '%3A')}"
        pages.content[url] = dumps(world.status_list(url=url, at=LATER)).encode()
        fetch = HistoricalFetch(
            ArchivedFetch(
                HttpsFetch(
                    allow_loopback=True,
                    ca_file=authority.file,
                    resolver=lambda _host, _port: ["127.0.0.1"],
                    clock=lambda: LATER,
                ),
                SqliteArchive(tmp_path / "archive.db"),
                clock=lambda: LATER,
            ),
            clock=lambda: LATER,
        )
        verifier = Verifier(fetch=fetch, clock=lambda: LATER)
        unknown = verifier.verify(license_, at=THEN)
        assert unknown.outcome is Outcome.UNDECIDED
        assert "HISTORY_UNKNOWN" in told(unknown)
        pages.content[asked] = dumps(world.status_list(url=url, at=MADE)).encode()
        assert verifier.verify(license_, at=THEN)
        pages.content[asked] = dumps(
            world.status_list(INDEX, url=url, at=MADE)
        ).encode()
        assert verifier.verify(license_, at=THEN).outcome is Outcome.REFUSED
