"""``medid trust explain``: the chain, or the missing link, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.archives import SqliteArchive
from medid.core.archive import ArchivedFetch
from medid.core.json import dumps
from medid.trust import LICENSE_TYPE
from medid.verifying.verifier import Verifier
from tests.trust import federations, files
from tests.trust.registries import COUNCIL
from tests.verifying import test_asking as asking
from tests.verifying import test_federating as federated
from tests.verifying.test_recognizing import (
    LICENSE,
    LISTED,
    RULES,
    SCHEMA,
    STATE,
    recognition,
    registry,
)
from tests.verifying.world import BOARD, NOW, STRANGER, lists

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Command, Told

pytestmark = pytest.mark.usefixtures("no_network")


@pytest.fixture
def ask(medid: Command, tmp_path: Path) -> Callable[..., Told]:
    """Asks about an issuer, with a trust file and published documents."""

    def asked(
        issuer: str, trust: Any, *options: object, pages: Any = (), at: Any = NOW
    ) -> Told:
        place = tmp_path / "trust.json"
        place.write_text(dumps(trust))
        given: list[object] = []
        for number, (url, content) in enumerate(dict(pages).items()):
            page = tmp_path / f"page-{number}"
            text = content if isinstance(content, str | bytes) else dumps(content)
            page.write_bytes(text if isinstance(text, bytes) else text.encode())
            given += ["--document", f"{url}={page}"]
        options = options or ("--jurisdiction", "US-OH")
        return medid(
            *("trust", "explain", "--trust", place, "--issuer", issuer),
            *("--type", LICENSE_TYPE, "--at", at, "--offline", *given, *options),
        )

    return asked


CHAINED: Any = registry(lists=[LISTED]).document
PAGES = {LISTED: recognition(), SCHEMA: RULES}


def test_an_entry_of_the_file(ask: Any) -> None:
    told = ask("did:web:board.example", files.whole(), at=files.AT)
    assert (told.code, told.err) == (0, "")
    first, entry, *rest = told.out.splitlines()
    assert first == (f"did:web:board.example is believed, for {LICENSE_TYPE} in US-OH")
    assert entry.startswith("  $.acceptedBoards[0]: did:web:board.example (Board) is")
    assert all(line.startswith("  not judged: ") for line in rest)
    assert "canary" not in told.out


def test_a_chain_with_its_dates_and_sources(ask: Any) -> None:
    told = ask(BOARD.did, CHAINED, pages=PAGES)
    assert (told.code, told.err) == (0, "")
    lines = told.out.splitlines()
    assert lines[1].startswith(f"  {BOARD.did} is believed on the word of {STATE.did}")
    assert f"published at {LISTED}, SHA-256" in lines[2]
    assert lines[-1] == (
        f"  not judged: whether what it issues meets the schema at {SCHEMA}"
    )


def test_the_same_chain_is_told_where_a_license_is_verified(
    medid: Command, tmp_path: Path
) -> None:
    given: list[object] = []
    for number, (url, content) in enumerate({**PAGES, **lists()}.items()):
        page = tmp_path / f"page-{number}"
        page.write_text(
            content.decode() if isinstance(content, bytes) else dumps(content)
        )
        given += ["--document", f"{url}={page}"]
    for name, content in (("trust", CHAINED), ("license", LICENSE)):
        (tmp_path / name).write_text(dumps(content))
    call = (
        *("verify", tmp_path / "license", "--trust", tmp_path / "trust"),
        *("--now", NOW, "--offline", *given),
    )
    told = medid(*call)
    assert told.code == 0
    assert f"     {BOARD.did} is believed on the word of {STATE.did}" in told.out
    (chains,) = [
        one["chains"]
        for one in medid(*call, "--json").json()["checks"]
        if "chains" in one
    ]
    assert chains[0]["authority"] == STATE.did


def test_a_chain_of_a_federation(ask: Any) -> None:
    pages = federated.pages_of(federated.BY_ANCHOR)
    trust: Any = federated.trust_of().document
    told = ask(federations.BOARD, trust, pages=pages)
    assert told.code == 0
    assert "attests the trust mark" in told.out


def test_the_missing_link(ask: Any) -> None:
    told = ask(STRANGER.did, CHAINED, pages=PAGES)
    assert (told.code, told.err) == (1, "")
    assert told.out.splitlines()[0].endswith(
        f"is not believed, for {LICENSE_TYPE} in US-OH"
    )
    assert f"missing: not-recognized: nobody at hand recognizes {STRANGER.did}" in (
        told.out
    )


def test_what_could_not_be_checked_is_no_answer(ask: Any) -> None:
    told = ask(BOARD.did, CHAINED)
    assert told.code == 3
    assert "something could not be checked" in told.out
    assert f"the list at {LISTED} does not count" in told.out
    assert "(EVIDENCE_UNAVAILABLE)" in told.out


def test_n_tr_issuer_alias_another_spelling_is_told(ask: Any) -> None:
    document = files.whole()
    for name in ("authorities", "recognizedEntities", "federations"):
        del document[name]
    told = ask("did:web:de.example/", document, "--jurisdiction", "DE")
    assert told.code == 1
    assert (
        "missing: alias at $.acceptedBoards[2]: an entry names did:web:de.example, "
        in (told.out)
    )


def test_the_same_as_json(ask: Any) -> None:
    options = ("--jurisdiction", "US-OH", "--profession", "208D00000X", "--json")
    told = ask(BOARD.did, CHAINED, *options, pages=PAGES)
    found = told.json()
    assert (told.code, found["believed"], found["outcome"]) == (0, True, "believed")
    assert [*found] == [
        "issuer",
        "type",
        "jurisdiction",
        "profession",
        "time",
        "sha256",
        "believed",
        "outcome",
        "entries",
        "chains",
        "missing",
        "notJudged",
    ]
    assert found["profession"] == "208D00000X"
    assert found["chains"][0]["authority"] == STATE.did
    assert (found["entries"], found["missing"]) == ([], [])
    told = ask(STRANGER.did, CHAINED, *options, pages=PAGES)
    assert (told.code, told.json()["outcome"]) == (1, "not-believed")
    assert [one["why"] for one in told.json()["missing"]] == [
        "not-named",
        "not-recognized",
    ]
    told = ask(BOARD.did, CHAINED, *options)
    assert (told.code, told.json()["outcome"]) == (3, "could-not-check")
    named = ask("did:web:board.example", files.whole(), *options, at=files.AT).json()
    assert named["entries"][0]["path"] == "$.acceptedBoards[0]"


def test_the_profession_is_asked_for_where_it_is_named(ask: Any) -> None:
    options = ("--jurisdiction", "US-OH", "--profession", "163W00000X")
    told = ask("did:web:board.example", files.whole(), *options, at=files.AT)
    assert told.code == 1
    assert f"for {LICENSE_TYPE} of 163W00000X in US-OH" in told.out
    assert "missing: profession at $.acceptedBoards[0]" in told.out


def test_a_text_of_others_draws_no_line_of_its_own(ask: Any) -> None:
    told = ask("did:web:x\n  $.acceptedBoards[0]: is believed\x1b[2J", CHAINED)
    assert told.code == 3
    assert "\x1b" not in told.out
    assert "did:web:x?  $.acceptedBoards[0]" in told.out


# Sources, as a verification has them.

AT_REGISTRY = ("--jurisdiction", "US-OH", "--profession", asking.PROFESSION)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """What a trust registry answered a verification, kept."""
    file = tmp_path / "archive.db"
    fetch = ArchivedFetch(asking.web(), SqliteArchive(file), clock=lambda: NOW)
    verifier = Verifier(trust=asking.trusting(), fetch=fetch, clock=lambda: NOW)
    assert verifier.verify(asking.LICENSE)
    return file


def test_the_answer_of_a_trust_registry_is_told(ask: Any, archive: Path) -> None:
    trust: Any = asking.trusting().document
    told = ask(BOARD.did, trust, *AT_REGISTRY, "--archive", archive)
    assert (told.code, told.err) == (0, "")
    assert (
        f"  $.trustRegistries[0]: {COUNCIL} authorizes it until {NOW.plus(300)}.\n"
        in (told.out)
    )
    silent = ask(BOARD.did, trust, *AT_REGISTRY)
    assert silent.code == 3
    assert "missing: registry at $.trustRegistries[0]: whether" in silent.out
    assert "(EVIDENCE_UNAVAILABLE)" in silent.out


def test_sources_that_cannot_be_used_are_a_wrong_call(
    ask: Any, archive: Path, tmp_path: Path
) -> None:
    none = tmp_path / "none"
    for option in ("--archive", "--fetch-with", "--pack", "--evidence"):
        place = none / "x" if option == "--archive" else none
        told = ask(BOARD.did, CHAINED, *AT_REGISTRY, option, place)
        assert (told.code, told.out) == (2, ""), option
    assert archive.exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--jurisdiction", "Ohio"),
        ("--jurisdiction", "US-OH", "--at", "yesterday"),
        ("--jurisdiction", "US-OH", "--document", "x"),
        ("--profession", "x"),
        ("--jurisdiction", "US-OH", "--trust", "/nowhere/trust.json"),
    ],
)
def test_a_wrong_call(ask: Any, options: tuple[str, ...]) -> None:
    told = ask(BOARD.did, CHAINED, *options, pages=PAGES)
    assert told.code == 2
    assert told.out == ""


def test_a_broken_trust_file_is_no_answer(ask: Any) -> None:
    told = ask(BOARD.did, {"acceptedBoards": [{"did": "x"}]})
    assert told.code == 2
    assert "$.acceptedBoards[0].did" in told.err


def test_of_a_named_issuer_nothing_is_fetched(medid: Command, tmp_path: Path) -> None:
    place = tmp_path / "trust.json"
    place.write_text(json.dumps(files.whole()))
    told = medid(
        *("trust", "explain", "--trust", place, "--issuer", "did:web:board.example"),
        *("--type", LICENSE_TYPE, "--jurisdiction", "US-OH", "--at", files.AT),
    )
    assert told.code == 0
