"""``--archive``: what commands fetch is kept, and answers about other times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from medid.adapters.archives import SqliteArchive
from medid.cli import serve as serving
from medid.core.archive import ArchivedFetch
from medid.core.fetch import Fetched
from medid.core.json import dumps
from tests.access.world import AT

if TYPE_CHECKING:
    from pathlib import Path

    from medid.access.judge import Case
    from tests.access.world import World
    from tests.cli.conftest import Command

THEN = str(AT)


@pytest.fixture
def archive(world: World, tmp_path: Path) -> Path:
    """An archive of what a gateway fetched as of ``AT``."""
    file = tmp_path / "archive.db"
    fetch = ArchivedFetch(world.net, SqliteArchive(file), clock=lambda: AT)
    case: Case = world.verifier(fetch=fetch).prepare(world.shown(), world.asks())
    found = case.judgement.evidence.answers.values()
    assert len([one for one in found if isinstance(one, Fetched)]) == 4
    return file


def test_a_document_is_verified_as_of_then(
    medid: Command, folder: Path, archive: Path
) -> None:
    call = ["verify", folder / "license.json", "--now", THEN, "--offline"]
    assert medid(*call).code == 3
    assert medid(*call, "--archive", archive).code == 0
    later = str(AT.plus(3 * 86_400))
    told = medid(*call[:2], "--now", later, "--offline", "--archive", archive)
    assert told.code == 3
    assert "HISTORY_UNKNOWN" in told.out


def test_a_request_is_decided_as_of_its_own_time(
    medid: Command, folder: Path, archive: Path
) -> None:
    call = ["decide", "--offline"]
    for name in ("presentation", "request", "trust"):
        call += [f"--{name}", str(folder / f"{name}.json")]
    assert medid(*call).code == 3
    told = medid(*call, "--archive", archive)
    assert (told.code, told.json()["decision"]) == (0, True)
    late = medid(*call, "--archive", archive, "--now", str(AT.plus(2 * 86_400)))
    assert late.code == 3
    assert "HISTORY_UNKNOWN" in late.out


def test_a_file_that_is_no_archive_is_a_wrong_call(
    medid: Command, folder: Path, tmp_path: Path
) -> None:
    file = folder / "license.json"
    for name in (file, tmp_path / "no" / "archive.db"):
        told = medid("verify", file, "--offline", "--archive", name)
        assert told.code == 2
        assert "--archive" in told.err


def test_a_server_keeps_what_it_fetches(
    medid: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Any] = []
    url = "http://127.0.0.1:8080"
    monkeypatch.setattr(
        serving, "run", lambda made, *_args, **_named: served.append(made(url))
    )
    file = tmp_path / "archive.db"
    assert medid("serve", "--offline", "--archive", file).code == 0
    assert isinstance(served[0].fetch, ArchivedFetch)
    assert file.exists()


def test_what_is_asked_about_no_other_time_may_come_from_the_cache(
    medid: Command,
    folder: Path,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Two files of one issuer: its documents are fetched once, or once for each."""
    from medid.adapters import https
    from medid.core.instant import system_clock

    class Host:
        asked: ClassVar[list[str]] = []

        def fetch_all(self, requests: Any, *, seconds: float) -> list[Fetched]:
            assert seconds > 0
            self.asked.extend(one.url for one in requests)
            return [
                Fetched.of(
                    one.url,
                    dumps(world.web.documents[one.url.partition("?")[0]]).encode(),
                    fetched_at=system_clock(),
                    media_type="application/json",
                )
                for one in requests
            ]

    monkeypatch.setattr(https, "HttpsFetch", Host)
    two = ("verify", folder / "license.json", folder / "license.json")
    medid(*two)
    once = list(Host.asked)
    assert len(once) == len(set(once)) > 0
    Host.asked.clear()
    medid(*two, "--now", str(system_clock()))
    assert sorted(Host.asked) == sorted(once)
    Host.asked.clear()
    medid(*two, "--now", str(system_clock().plus(-3_600)))
    assert [Host.asked.count(one) for one in once] == [2] * len(once)


def test_a_server_keeps_the_versions_of_its_lists(
    medid: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Any] = []
    url = "http://127.0.0.1:8080"
    monkeypatch.setattr(
        serving, "run", lambda made, *_args, **_named: served.append(made(url))
    )
    kept = ("--status-lists", tmp_path, "--status-history", tmp_path / "history")
    assert medid("serve", *kept).code == 0
    assert served[0].status_history == tmp_path / "history"
    assert medid("serve", *kept[2:]).code == 2
    assert medid("serve", "--profile", "conformance", *kept[2:]).code == 2
