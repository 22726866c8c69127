"""N-time-asof: decisions about the past stand on what held then, or are no permits."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import medid
from medid.access.decision import Outcome
from medid.core.json import dumps
from medid.dids.webvh.location import locate
from medid.issuing import Controller
from medid.securing.jose import sign_compact
from tests.access.timeline import NOW, START, Timeline, codes, day, timeline
from tests.dids.webvh import logs
from tests.keys import authorities

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from medid.access.decision import Decision

pytestmark = pytest.mark.loopback

MINUTE = 1 / 1_440  # of a day
YEAR = timedelta(days=365)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Timeline]:
    with timeline(tmp_path) as found:
        yield found


def outcomes(
    line: Timeline, days: list[float], license_: Any, consent: Any
) -> list[str]:
    """What is decided later, as of a minute after the start of each of ``days``."""
    found = [line.asked(license_, consent, day(number + MINUTE)) for number in days]
    return [one.outcome.value for one in found]


def test_a_license_that_was_suspended_and_reinstated(line: Timeline) -> None:
    shown = line.license(), line.consent()
    live = []
    for number, suspended in enumerate((False, True, True, False)):
        line.at_day(number, suspension=suspended)
        live.append(line.look(*shown).outcome.value)
    assert live == ["permit", "deny", "deny", "permit"]
    assert outcomes(line, [0, 1, 2, 3], *shown) == live
    during = line.asked(*shown, day(1 + MINUTE))
    assert "SUSPENDED" in codes(during)


def test_the_same_is_answered_without_blocking_and_by_verify(line: Timeline) -> None:
    shown = line.license(), line.consent()
    line.at_day(0)
    line.look(*shown)
    line.at_day(1, suspension=True)
    line.look(*shown)
    line.asked(*shown, day(1))  # the hosts are gone now
    for number, good in ((0, True), (1, False)):
        then = day(number + MINUTE)
        presented = line.shown(*shown, then)
        asked = line.verifier().adecide(presented, line.request(then), at=then)
        assert asyncio.run(_awaited(asked)).permitted is good
        answer = medid.verify(shown[0], at=then, fetch=line.fetch, trust=line.trust())
        assert bool(answer) is good


async def _awaited(asked: Any) -> Decision:
    found: Decision = await asked
    return found


def test_a_key_that_was_replaced_later_counts_as_of_before(line: Timeline) -> None:
    shown = line.license(), line.consent()
    line.at_day(0)
    assert line.look(*shown)
    line.at_day(10, keys=["second key"], by=line.under("second key"))
    assert not line.look(*shown)
    assert outcomes(line, [0, 10], *shown) == ["permit", "deny"]


def test_a_key_that_was_replaced_before_does_not_count(line: Timeline) -> None:
    """Signed with the new key, or with the old one: each only in its own time."""
    old, consent = line.license(), line.consent()
    second = line.under("second key")
    line.at_day(0)
    line.look(old, consent)
    line.at_day(10, keys=["second key"], by=second)
    new = line.license(second, signed=line.at)
    assert line.look(new, consent)
    assert outcomes(line, [0, 10], old, consent) == ["permit", "deny"]
    assert outcomes(line, [0, 10], new, consent) == ["deny", "permit"]
    # With a proof that is dated back, it is the key that is of another time.
    dated_back = line.license(second)
    assert outcomes(line, [0, 10], dated_back, consent) == ["deny", "permit"]


def test_a_board_that_left_the_trust_file_counts_until_then(line: Timeline) -> None:
    shown = line.license(), line.consent()
    for number in (4, 6):
        line.at_day(number)
        line.look(*shown)
    left = line.trust(validUntil=str(day(5)))
    before = line.asked(*shown, day(4 + MINUTE), left)
    after = line.asked(*shown, day(6 + MINUTE), left)
    assert before.permitted
    assert after.outcome is Outcome.DENY
    assert "ISSUER_NOT_TRUSTED" in codes(after)
    joined = line.trust(validFrom=str(day(5)))
    assert not line.asked(*shown, day(4 + MINUTE), joined)
    assert line.asked(*shown, day(6 + MINUTE), joined).permitted


def test_the_log_of_a_board_tells_whose_key_it_was(line: Timeline) -> None:
    host = f"did:webvh:{{SCID}}:board.example%3A{line.port}"
    made = logs.first("a", document=logs.state(host), at=str(day(-1)))
    did = logs.did_of([made])
    other = logs.state(str(did), key_name="another")
    both = [made, logs.after(made, "a", document=other, at=str(day(10)))]
    board = Controller(verification_method=f"{did}#key-1", signer=logs.key("signing"))
    shown = line.license(board), line.consent()
    trust = line.trust(did=str(did))
    log_url = locate(did).log_url

    for number, log in ((0, [made]), (20, both)):
        line.at_day(number, by=board)
        line.page(log_url, logs.lines(log))
        line.look(*shown, trust)
    then = line.asked(*shown, day(MINUTE), trust)
    assert then.permitted, codes(then)
    # The log of today is asked first, and says the same about then.
    line.page(log_url, logs.lines(both))
    for number, outcome in ((0, "permit"), (20, "deny")):
        at = day(number + MINUTE)
        presented = line.shown(*shown, at)
        found = line.verifier(trust).decide(presented, line.request(at), at=at)
        assert found.outcome == outcome


def test_a_board_with_a_certificate_counts_while_it_is_valid(line: Timeline) -> None:
    url = f"https://board.example:{line.port}"
    root = authorities.authority("health root", end=authorities.NOW + YEAR)
    # The second is over on the 30th day; X.509 counts it in.
    ended = datetime.fromisoformat(str(day(30)).removesuffix("Z"))
    leaf = authorities.signer("board", root, uris=[url], end=ended)
    draft = dumps(line.license(issuer=url)).encode()
    header: Any = {"typ": "vc+jwt", "x5c": authorities.x5c(leaf)}
    shown = sign_compact(draft, leaf.key, header), line.consent()
    trust = line.trust(
        did=None,
        issuer=url,
        x509Anchors=[root.pem],
        statusListIssuers=[line.did],
    )
    for number in (29, 31):
        line.at_day(number)
        line.look(*shown, trust)
    found = [line.asked(*shown, day(one + MINUTE), trust) for one in (29, 31)]
    assert [one.outcome for one in found] == ["permit", "deny"]


def test_a_license_that_was_issued_later_does_not_count_before(line: Timeline) -> None:
    consent = line.consent()
    later = line.license(signed=day(5), start=day(5))
    signed_later = line.license(signed=day(5))
    for number in (4, 6):
        line.at_day(number)
        line.look(later, consent)
    for one in (later, signed_later):
        assert outcomes(line, [4, 6], one, consent) == ["deny", "permit"]


def test_a_consent_that_was_withdrawn_later_permits_before(line: Timeline) -> None:
    shown = line.license(), line.consent()
    line.at_day(0)
    assert line.look(*shown)
    line.at_day(2, withdrawal=True)
    assert not line.look(*shown)
    assert line.asked(*shown, day(MINUTE)).permitted
    assert not line.asked(*shown, day(2 + MINUTE))


def test_a_license_that_was_revoked_later_counts_as_of_before(line: Timeline) -> None:
    shown = line.license(), line.consent()
    line.at_day(0)
    line.look(*shown)
    line.at_day(2, revocation=True)
    line.look(*shown)
    assert outcomes(line, [0, 2], *shown) == ["permit", "deny"]


def test_a_time_of_which_nobody_kept_anything_is_unknown(line: Timeline) -> None:
    shown = line.license(), line.consent()
    line.at_day(10)
    assert line.look(*shown)
    for number in (5, 10 - MINUTE, 11 + 2 * MINUTE, 50):
        found = line.asked(*shown, day(number))
        assert found.outcome is Outcome.INDETERMINATE
        assert "HISTORY_UNKNOWN" in codes(found)
    assert line.asked(*shown, day(10.5)).permitted


def test_what_is_published_today_says_nothing_about_then(line: Timeline) -> None:
    """The hosts still answer, and would say that all is well."""
    shown = line.license(), line.consent()
    line.at_day(100)
    then = day(1)
    presented = line.shown(*shown, then)
    found = line.verifier().decide(presented, line.request(then), at=then)
    assert found.outcome is Outcome.INDETERMINATE
    assert "HISTORY_UNKNOWN" in codes(found)
    answer = medid.verify(shown[0], at=then, fetch=line.fetch)
    assert answer.outcome == "undecided"


def test_an_archive_that_was_altered_permits_nothing(line: Timeline) -> None:
    shown = line.license(), line.consent()
    line.at_day(0, suspension=True)
    line.look(*shown)
    line.at_day(10)
    line.look(*shown)
    with closing(sqlite3.connect(line.archive, isolation_level=None)) as database:
        database.execute("DROP TRIGGER content_update")
        # Whoever may write to the file swaps the list for one that suspends nobody.
        good = line.pages.content[line.url("suspension")]
        database.execute(
            "UPDATE content SET bytes = ? WHERE digest = (SELECT digest FROM"
            " observation WHERE url = ? ORDER BY fetched LIMIT 1)",
            (good, line.url("suspension")),
        )
    found = line.asked(*shown, day(MINUTE))
    assert found.outcome is Outcome.INDETERMINATE
    assert not line.asked(*shown, day(MINUTE))


def test_an_archive_whose_times_were_altered_cannot_date_a_list_back(
    line: Timeline,
) -> None:
    """A list states from when it holds: no row of the archive makes it older."""
    shown = line.license(), line.consent()
    line.at_day(0, suspension=True)
    line.look(*shown)
    line.at_day(10)
    line.look(*shown)
    with closing(sqlite3.connect(line.archive, isolation_level=None)) as database:
        database.execute("DROP TRIGGER observation_delete")
        database.execute("DROP TRIGGER observation_update")
        early = str(day(MINUTE / 2).nanoseconds // 1_000)
        first = day(1).nanoseconds // 1_000
        database.execute("DELETE FROM observation WHERE fetched < ?", (first,))
        database.execute("UPDATE observation SET fetched = ?", (early,))
    found = line.asked(*shown, day(MINUTE))
    assert not found.permitted
    assert "STATUS_VERIFICATION_ERROR" in codes(found)


def test_the_time_of_the_presentation_is_judged_too(line: Timeline) -> None:
    """What was presented today does not show who presented then."""
    shown = line.license(), line.consent()
    line.at_day(0)
    line.look(*shown)
    line.at, then = NOW, day(MINUTE)
    today = line.shown(*shown, NOW)
    found = line.verifier().decide(today, line.request(then), at=then)
    assert found.outcome is Outcome.DENY


def test_what_is_asked_about_the_present_is_never_answered_from_the_past(
    line: Timeline,
) -> None:
    shown = line.license(), line.consent()
    line.at_day(0)
    assert line.look(*shown)
    line.at = START.plus(60)
    line.pages.content.pop(line.url("suspension"))
    assert line.look(*shown).outcome is Outcome.INDETERMINATE
    line.publish()
    assert line.look(*shown)
