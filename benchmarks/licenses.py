"""Verifying a license and deciding on a presentation, under eddsa-rdfc-2022."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks import own, peers
from benchmarks.goals import at_least, at_most
from benchmarks.node import digitalbazaar
from benchmarks.own import AGAIN, NEW, SEEN, access_verifier, deciding, verifying
from benchmarks.rounds import Here, Race
from benchmarks.work import CHALLENGE, NOW, World, as_bytes, in_turn, pool
from medid import Expectations, StatusPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.goals import Report
    from benchmarks.work import Document

SUITE: Final = "eddsa-rdfc-2022"
OPENSSL: Final = "one bare Ed25519 verification, OpenSSL"
THREE: Final = "three bare Ed25519 verifications, OpenSSL"
LIBSODIUM: Final = "the same, libsodium"
PYLD: Final = "pyld and OpenSSL, proofs only"
NODE: Final = "@digitalbazaar/vc (node)"
OPENVC: Final = "openvc-core"
NEW_PRESENTATION: Final = "medid, new presentation of what was seen before"
COMPILED: Final = "one consent, resources of 90 days"
FIVE: Final = "five consents, resources of 90 days"
FIVE_NEW: Final = "five consents, each resource of another day"


def verify(report: Report) -> None:
    """One license: all checks, with the status list at hand."""
    world, pyld = World(), peers.Pyld()
    licenses = pool(lambda number: as_bytes(world.license(number)))
    one = json.loads(licenses[0])
    key = world.board.signer.public_key
    asked = Expectations(status=StatusPolicy.REQUIRED)
    ours = partial(verifying, expect=asked, evidence=world.evidence)
    race = Race("verify one license, the status list seen before")
    race.enter(OPENSSL, peers.openssl())
    race.enter(LIBSODIUM, peers.libsodium())
    race.enter(NEW, ours(licenses))
    race.enter(AGAIN, ours(licenses[:1], memory=own.rechecking()))
    race.enter(SEEN, ours(licenses[:1]))
    race.enter(PYLD, lambda: Here(lambda: pyld.verify(one)))
    race.enter(OPENVC, lambda: peers.openvc(SUITE, one, key), note="proof and times")
    race.enter(
        "didkit",
        lambda: peers.didkit(one),
        note="VCDM 1.1, Ed25519Signature2018",
    )
    race.enter(NODE, digitalbazaar("credential", SUITE, document=one))
    race.run()
    report.say(race.table())
    for who, which in ((NEW, "a new license"), (AGAIN, "a license again")):
        goal = at_most(2, f"verify {which} / one bare OpenSSL signature")
        report.slower(race, goal, who=who, than=OPENSSL)
    for peer in (PYLD, NODE):
        goal = at_least(12, f"verify a new license, faster than {peer}")
        report.faster(race, goal, who=NEW, than=peer)


def decide(report: Report) -> None:
    """One presentation of a license and a consent: everything, to the decision."""
    world, pyld = World(), peers.Pyld()
    one, consent = world.license(), world.consent()
    new = pool(lambda n: as_bytes(world.presentation(n, *_both(world, n))))
    again = pool(lambda n: as_bytes(world.presentation(n, one, consent)))
    shown = json.loads(again[0])
    race = Race("decide on a license and a consent, the status list seen before")
    race.enter(THREE, peers.openssl(signatures=3))
    race.enter(LIBSODIUM, peers.libsodium(signatures=3))
    race.enter(NEW, deciding(world, new))
    race.enter(NEW_PRESENTATION, deciding(world, again))
    race.enter(AGAIN, deciding(world, again[:1], memory=own.rechecking()))
    race.enter(SEEN, deciding(world, again[:1]))
    race.enter(PYLD, lambda: Here(lambda: pyld.verify_presentation(shown)))
    race.enter(NODE, digitalbazaar("presentation", SUITE, document=shown))
    race.run()
    report.say(race.table())
    goal = at_most(2.2, "decide again, signatures checked / three bare signatures")
    report.slower(race, goal, who=AGAIN, than=THREE)
    for who, which in (
        (NEW, "all new"),
        (NEW_PRESENTATION, "a new presentation"),
        (AGAIN, "again, signatures checked"),
    ):
        goal = at_least(15, f"decide, {which}, faster than {NODE}")
        report.faster(race, goal, who=who, than=NODE)


def _both(world: World, number: int) -> tuple[dict[str, object], dict[str, object]]:
    return world.license(number), world.consent(number)


def compiled(report: Report) -> None:
    """One more resource of a search, after the presentation was judged once."""
    world = World()
    one, five = [world.consent()], [_refusing(world, year) for year in range(5)]
    race = Race("a compiled decision, for one more resource")
    race.enter(COMPILED, _checking(world, one, days=90))
    race.enter(FIVE, _checking(world, five, days=90))
    race.enter(FIVE_NEW, _checking(world, five, days=20_000))
    race.run()
    report.say(race.table())
    for who in (COMPILED, FIVE, FIVE_NEW):
        goal = at_most(20, f"a compiled decision: {who}", unit="us")
        report.judge(goal, race.microseconds(who))


def _refusing(world: World, year: int) -> Document:
    """A consent that refuses the data of one year, so that it looks at dates."""
    period = {"start": f"{1990 + year}-01-01", "end": f"{1990 + year}-12-31"}
    return world.consent(year, {"type": "deny", "dataPeriod": period})


def _found(one: Document, number: int) -> Document:
    """Another resource of the same search: its id and its dates are its own."""
    day = str(date(2026, 1, 1) - timedelta(days=number % 10_000))
    dates = {"clinicalDate": day, "authoredDate": day}
    properties = {**one["properties"], **dates}
    return {**one, "id": f"Observation/{number}", "properties": properties}


def _checking(
    world: World, consents: list[Document], *, days: int
) -> Callable[[], Here]:
    shown = as_bytes(world.presentation(0, world.license(), *consents))
    compiled_decision = access_verifier(world).compile(
        shown, world.request, at=NOW, evidence=world.evidence, challenge=CHALLENGE
    )
    one = world.request["resource"]
    following = in_turn([_found(one, number) for number in range(days)])

    def work() -> None:
        compiled_decision.check(following(), at=NOW)

    if not compiled_decision.check(_found(one, 1), at=NOW):
        raise RuntimeError("the compiled decision denies")
    return lambda: Here(work)
