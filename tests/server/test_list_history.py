"""Hosted lists as of another time: what was published then, or not known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.historical import HistoricalFetch
from medid.core.fetch import Fetched
from medid.errors import ConfigurationError, FetchFailed
from medid.issuing import new_list, set_status
from medid.server import app
from medid.server.lists import RENEW_AFTER
from medid.verifying.checks import Outcome
from medid.verifying.verifier import Verifier
from tests.server.support import BASE, bearer, client, settings
from tests.server.test_status_lists import PATH, UPDATE, URL, bit, keep
from tests.verifying import world
from tests.verifying.world import BOARD, DAY, INDEX, MADE, NOW, as_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.testclient import TestClient

    from medid.core.fetch import FetchRequest
    from medid.core.instant import Instant
    from medid.errors import MedidError


@dataclass
class Site:
    """A server with a folder of lists, and a clock that is set by hand."""

    folder: Path
    now: Instant = NOW

    @property
    def history(self) -> Path:
        return self.folder.parent / "history"

    def served(self, **changes: Any) -> TestClient:
        kept = {"status_lists": self.folder, "status_history": self.history}
        return client(clock=lambda: self.now, **{**kept, **changes})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = tmp_path / "lists"
    folder.mkdir()
    keep(folder, new_list(URL, "revocation", BOARD, at=MADE))
    return Site(folder)


def revoke(caller: TestClient) -> int:
    body = {
        "credentialStatus": {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(INDEX),
            "statusListCredential": URL,
        },
        "status": True,
    }
    return int(caller.post(UPDATE, json=body, headers=bearer()).status_code)


def asked(caller: TestClient, at: Instant) -> Any:
    """The answer about that time, which both parameters give alike."""
    found = caller.get(PATH, params={"timestamp": str(at)})
    seconds = caller.get(PATH, params={"time": str(at.nanoseconds // 10**9)})
    assert (found.status_code, found.content) == (seconds.status_code, seconds.content)
    return found


def test_each_time_is_answered_with_what_was_published_then(site: Site) -> None:
    with site.served() as caller:
        first = caller.get(PATH).content
        site.now = NOW.plus(60)
        assert revoke(caller) == 200
        second = caller.get(PATH).content
        site.now = NOW.plus(RENEW_AFTER + 60)
        third = caller.get(PATH).content
        assert len({first, second, third}) == 3
        for content, seconds in (
            (first, -60),
            (first, 0),
            (first, 59),
            (second, 60),
            (second, RENEW_AFTER + 59),
            (third, RENEW_AFTER + 60),
        ):
            found = asked(caller, NOW.plus(seconds))
            assert (found.status_code, found.content) == (200, content)
            assert bit(found.json()) == (content != first)
    # Another server goes on with what the first one kept.
    with site.served() as caller:
        assert asked(caller, NOW).content == first
        assert asked(caller, NOW.plus(70)).content == second


def test_what_was_not_kept_or_has_not_come_is_not_told(site: Site) -> None:
    with site.served() as caller:
        for at in (MADE.plus(-1), NOW.plus(1), NOW.plus(400 * DAY)):
            assert asked(caller, at).status_code == 404
        # Nobody fetched it for so long that what was published had ended.
        site.now = NOW.plus(30 * DAY)
        assert caller.get(PATH).status_code == 200
        assert asked(caller, NOW.plus(20 * DAY)).status_code == 404
        assert asked(caller, NOW.plus(6 * DAY)).status_code == 200
        unknown = caller.get("/status/other", params={"timestamp": str(NOW)})
        assert unknown.status_code == 404


def test_a_server_that_keeps_no_history_says_so(site: Site) -> None:
    with site.served(status_history=None) as caller:
        found = asked(caller, NOW)
    assert (found.status_code, found.json()["code"]) == (501, "NOT_IMPLEMENTED")
    assert not site.history.exists()


@pytest.mark.parametrize(
    "query",
    [
        "timestamp=yesterday",
        "timestamp=",
        "timestamp=2026-06-15T12:00:00",
        "time=",
        "time=-1",
        "time=1e9",
        "time=01",
        "time=1.5",
        "time=\u0661",
        "time=999999999999",
        "time=1&time=1",
        "time=1&timestamp=2026-06-15T12:00:00Z",
    ],
)
def test_what_is_no_time_is_refused(site: Site, query: str) -> None:
    with site.served() as caller:
        found = caller.get(f"{PATH}?{query}")
    assert found.status_code == 400
    assert found.json()["path"].startswith("$.query")


def test_other_parameters_are_passed_over(site: Site) -> None:
    with site.served() as caller:
        assert caller.get(f"{PATH}?a=b").content == caller.get(PATH).content
        found = asked(caller, NOW)
        etag = {"If-None-Match": found.headers["etag"]}
        again = caller.get(PATH, params={"timestamp": str(NOW)}, headers=etag)
    assert (again.status_code, again.content) == (304, b"")


def test_what_could_not_be_published_was_never_said(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if Path(target).parent == site.folder:
            raise OSError(28, "No space left on device")
        return real(self, target)

    with site.served() as caller:
        first = caller.get(PATH).content
        site.now = NOW.plus(60)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", full)
            assert revoke(caller) == 500
        site.now = NOW.plus(120)
        assert asked(caller, NOW.plus(60)).content == first
        assert revoke(caller) == 200
        site.now = NOW.plus(180)
        assert asked(caller, NOW.plus(90)).content == first
        assert bit(asked(caller, NOW.plus(150)).json()) == 1
    assert len(list((site.history / "revoked").iterdir())) == 2


def test_what_could_not_be_kept_is_not_published(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.served() as caller:
        first = caller.get(PATH).content
        site.now = NOW.plus(60)
        with monkeypatch.context() as patch:

            def full(self: Path, target: Path) -> None:
                raise OSError(28, "No space left on device")

            patch.setattr(Path, "replace", full)
            assert revoke(caller) == 500
        assert caller.get(PATH).content == first
        assert json.loads((site.folder / "revoked.json").read_bytes()) == json.loads(
            first
        )


def test_a_version_of_a_server_that_stopped_too_early_is_taken_away(
    site: Site,
) -> None:
    with site.served() as caller:
        first = caller.get(PATH).content
    never = as_object(set_status(json.loads(first), INDEX, BOARD, at=NOW.plus(5)))
    place = site.history / "revoked" / f"{NOW.plus(5).nanoseconds}.json"
    place.write_text(json.dumps(never))
    (place.parent / "notes.json").write_text("{}")
    site.now = NOW.plus(60)
    with site.served() as caller:
        assert asked(caller, NOW.plus(10)).content == first
    assert not place.exists()


def test_a_list_that_was_put_back_is_not_served(site: Site) -> None:
    file = site.folder / "revoked.json"
    with site.served() as caller:
        before = file.read_bytes()
        site.now = NOW.plus(60)
        assert revoke(caller) == 200
        site.now = NOW.plus(RENEW_AFTER + 60)
        newest = caller.get(PATH).content
    file.write_bytes(before)
    with pytest.raises(ConfigurationError, match="older than what was published"):
        app(settings(status_lists=site.folder, status_history=site.history))
    # Nothing is lost, and it is served again as the fix says.
    versions = sorted((site.history / "revoked").iterdir(), key=lambda it: int(it.stem))
    assert len(versions) == 3
    file.write_bytes(versions[-1].read_bytes())
    with site.served() as caller:
        assert caller.get(PATH).content == newest
        assert bit(caller.get(PATH).json())


def test_a_list_that_was_put_back_and_says_no_less_is_served(site: Site) -> None:
    file = site.folder / "revoked.json"
    with site.served() as caller:
        before = file.read_bytes()
        for times in (1, 2):
            site.now = NOW.plus(times * (RENEW_AFTER + 60))
            caller.get(PATH)
    file.write_bytes(before)
    with site.served() as caller:
        assert caller.get(PATH).status_code == 200


@pytest.mark.parametrize("content", ["", "{}", "[]", "{", None])
def test_a_damaged_version_is_not_known(site: Site, content: str | None) -> None:
    with site.served() as caller:
        site.now = NOW.plus(60)
        revoke(caller)
        place = site.history / "revoked" / f"{MADE.nanoseconds}.json"
        if content is None:
            place.unlink()
        else:
            place.write_text(content)
        assert asked(caller, NOW).status_code == 404


def test_a_change_at_the_same_instant_takes_the_place_of_the_one_before(
    site: Site,
) -> None:
    site.now = MADE
    with site.served() as caller:
        assert revoke(caller) == 200
        assert bit(asked(caller, MADE).json()) == 1
    assert len(list((site.history / "revoked").iterdir())) == 1


def test_a_folder_that_cannot_be_used_stops_the_start(
    site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for place in (file, tmp_path / "no" / "history"):
        with pytest.raises(ConfigurationError) as told:
            app(settings(status_lists=site.folder, status_history=place))
        assert told.value.path == "--status-history"
    with pytest.raises(ConfigurationError, match="no lists"):
        settings(status_history=tmp_path)


def test_the_history_is_its_owners(site: Site) -> None:
    with site.served():
        pass
    for place in (site.history, site.history / "revoked"):
        assert place.stat().st_mode & 0o777 == 0o700


# A verifier that asks such a server.


class Street:
    """A ``Fetch`` that reaches the server of a site, and nothing else."""

    def __init__(self, caller: TestClient, site: Site) -> None:
        self._caller = caller
        self._site = site

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        assert seconds > 0
        return [self._one(one) for one in requests]

    def _one(self, request: FetchRequest) -> Fetched | MedidError:
        assert request.url.startswith(BASE)
        headers = {"Accept": request.accept}
        found = self._caller.get(request.url, headers=headers)
        if found.status_code != 200:
            return FetchFailed(f"the host answered {found.status_code}")
        return Fetched.of(request.url, found.content, fetched_at=self._site.now)


@pytest.mark.parametrize("kept", [True, False])
def test_a_verifier_is_told_of_then_where_the_server_kept_it(
    site: Site, *, kept: bool
) -> None:
    entry = world.entry(URL)
    license_ = world.signed(world.plain(credentialStatus=entry))
    changes = {} if kept else {"status_history": None}
    with site.served(**changes) as caller:
        site.now = NOW.plus(DAY)
        revoke(caller)
        site.now = NOW.plus(90 * DAY)
        fetch = HistoricalFetch(Street(caller, site), clock=lambda: site.now)
        verifier = Verifier(fetch=fetch, clock=lambda: site.now)
        told = [
            verifier.verify(license_, at=NOW.plus(days * DAY)).outcome
            for days in (0, 0.9, 1.1, 90)
        ]
    unknown = Outcome.UNDECIDED
    assert told == [
        Outcome.VERIFIED if kept else unknown,
        Outcome.VERIFIED if kept else unknown,
        Outcome.REFUSED if kept else unknown,
        Outcome.REFUSED,
    ]
