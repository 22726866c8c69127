"""Hosted status lists: served, changed by their owners only, and kept."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import json as strict_json
from medid.credentials import parse_credential
from medid.errors import ConfigurationError
from medid.issuing import Controller, new_list, set_status
from medid.server import app
from medid.server.calls import Call
from medid.server.lists import MAX_AGE, MAX_LISTS, RENEW_AFTER, Lists, _files
from medid.server.problems import HttpProblem
from medid.server.service import Service
from medid.status import StatusList
from tests.server.support import BASE, OTHER, READER, SECRET, bearer, client, settings
from tests.server.test_signing import Broken
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    INDEX,
    MADE,
    NOW,
    PATIENT,
    STRANGER,
    WEB,
    as_object,
    plain,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.instant import Instant

URL = f"{BASE}/status/revoked"
PATH, UPDATE = "/status/revoked", "/credentials/status"


def keep(folder: Path, document: Any, name: str = "revoked") -> Path:
    file = folder / f"{name}.json"
    file.write_text(strict_json.dumps(document))
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the board's list and the patient's."""
    keep(tmp_path, new_list(URL, "revocation", BOARD, at=NOW))
    theirs = new_list(f"{BASE}/status/theirs", "suspension", PATIENT, at=NOW)
    keep(tmp_path, theirs, "theirs")
    return tmp_path


def change(
    folder: Path, *, token: str = SECRET, status: Any = True, **entry: Any
) -> tuple[int, Any]:
    body = {
        "credentialId": "urn:uuid:a",
        "credentialStatus": {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(INDEX),
            "statusListCredential": URL,
            **entry,
        },
        "status": status,
    }
    with client(status_lists=folder) as caller:
        answer = caller.post(UPDATE, json=body, headers=bearer(token))
        return answer.status_code, answer.json()


def bit(document: Any, index: int = INDEX) -> int:
    return StatusList.from_credential(parse_credential(document)).status(index)


def kept(folder: Path, name: str = "revoked") -> Any:
    return json.loads((folder / f"{name}.json").read_text())


def test_a_list_is_served_as_it_is_kept(folder: Path) -> None:
    with client(status_lists=folder) as caller:
        answer = caller.get(PATH)
    assert answer.status_code == 200
    assert answer.json() == kept(folder)
    assert answer.headers["content-type"] == "application/vc"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["vary"] == "Accept"
    digest = hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["etag"] == f'"{digest}"'
    assert "set-cookie" not in answer.headers


def test_whoever_has_it_gets_no_second_copy(folder: Path) -> None:
    with client(status_lists=folder) as caller:
        etag = caller.get(PATH).headers["etag"]
        same = caller.get(PATH, headers={"If-None-Match": etag})
        other = caller.get(PATH, headers={"If-None-Match": '"another"'})
        lines = [("If-None-Match", '"another"'), ("If-None-Match", f"W/{etag}")]
        one_of_two = caller.get(PATH, headers=lines)
        any_at_all = caller.get(PATH, headers={"If-None-Match": "*"})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == etag
    assert other.status_code == 200
    assert (one_of_two.status_code, any_at_all.status_code) == (304, 304)


@pytest.mark.parametrize(
    ("accept", "status", "media_type"),
    [
        ("application/vc", 200, "application/vc"),
        ("application/ld+json, application/json", 200, "application/ld+json"),
        ("application/json", 200, "application/json"),
        ("text/html", 406, "application/problem+json"),
    ],
)
def test_a_list_comes_in_the_form_that_is_accepted(
    folder: Path, accept: str, status: int, media_type: str
) -> None:
    with client(status_lists=folder) as caller:
        answer = caller.get(PATH, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (status, media_type)


@pytest.mark.parametrize("name", ["none", "..", "%2e%2e", "revoked.json", ".lock"])
def test_nothing_else_of_the_folder_is_served(folder: Path, name: str) -> None:
    with client(status_lists=folder) as caller:
        answer = caller.get(f"/status/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_its_owner_sets_a_bit_and_the_list_is_published_anew(folder: Path) -> None:
    before = kept(folder)
    assert change(folder) == (200, {"status": True})
    after = kept(folder)
    assert (bit(before), bit(after)) == (0, 1)
    revoked = signed(plain(credentialStatus=world.entry(URL)))
    body = {"verifiableCredential": revoked}
    with client(status_lists=folder) as caller:
        assert caller.get(PATH).json() == after
        found = caller.post("/credentials/verify", json=body, headers=bearer(READER))
    assert [error["code"] for error in found.json()["errors"]] == ["REVOKED"]


def test_a_revocation_is_not_taken_back(folder: Path) -> None:
    change(folder)
    status, body = change(folder, status=False)
    assert (status, body["code"]) == (400, "CONFIGURATION_ERROR")
    assert bit(kept(folder)) == 1


@pytest.mark.parametrize(
    ("token", "entry", "status", "code"),
    [
        (OTHER, {}, 403, "FORBIDDEN"),
        (READER, {}, 403, "FORBIDDEN"),
        ("x" * 40, {}, 401, "UNAUTHENTICATED"),
        (SECRET, {"statusListCredential": f"{BASE}/status/theirs"}, 403, "FORBIDDEN"),
        (SECRET, {"statusListCredential": f"{BASE}/status/none"}, 404, "NOT_FOUND"),
        (SECRET, {"statusListCredential": "revoked"}, 404, "NOT_FOUND"),
        (SECRET, {"statusPurpose": "suspension"}, 400, "MALFORMED_VALUE_ERROR"),
        (SECRET, {"statusListIndex": "131072"}, 400, "RANGE_ERROR"),
    ],
)
def test_nobody_else_changes_it(
    folder: Path, token: str, entry: Any, status: int, code: str
) -> None:
    before = {name: kept(folder, name) for name in ("revoked", "theirs")}
    found, body = change(folder, token=token, **entry)
    assert (found, body["code"]) == (status, code)
    assert {name: kept(folder, name) for name in before} == before


class Clock:
    def __init__(self, at: Instant) -> None:
        self.at = at

    def __call__(self) -> Instant:
        return self.at


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_that_was_put_there_leads_no_list_elsewhere(
    folder: Path, link: Callable[[Path, Path], None]
) -> None:
    other = folder.parent / "tokens.json"
    other.write_text("precious")
    link(other, folder / ".revoked.tmp")
    assert change(folder)[0] == 200
    assert other.read_text() == "precious"
    assert bit(kept(folder)) == 1
    assert not (folder / "revoked.json").is_symlink()


def test_a_list_of_a_clock_that_was_ahead_is_signed_anew(folder: Path) -> None:
    clock = Clock(NOW.plus(30 * 86_400))
    with client(status_lists=folder, clock=clock) as caller:
        assert caller.get(PATH).json()["validFrom"] == str(clock.at)
        clock.at = NOW.plus(60)
        assert caller.get(PATH).json()["validFrom"] == str(clock.at)
    assert kept(folder)["validFrom"] == str(clock.at)


def test_a_list_that_has_grown_old_is_signed_anew(folder: Path) -> None:
    clock = Clock(NOW.plus(RENEW_AFTER - 1))
    with client(status_lists=folder, clock=clock) as caller:
        young = caller.get(PATH)
        clock.at = NOW.plus(RENEW_AFTER)
        old = caller.get(PATH)
        again = caller.get(PATH)
    assert young.json()["validFrom"] == str(NOW)
    assert old.json()["validFrom"] == str(clock.at)
    assert old.content == again.content
    assert old.headers["etag"] != young.headers["etag"]
    assert kept(folder) == old.json()


def no_room(self: Path, target: Path) -> None:
    raise OSError(28, "No space left on device")


def test_a_list_that_cannot_be_kept_anew_is_served_as_it_was_for_a_day(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(NOW)
    with client(status_lists=folder, clock=clock) as caller:
        before = caller.get(PATH)
        monkeypatch.setattr(Path, "replace", no_room)
        clock.at = NOW.plus(MAX_AGE - 1)
        same = caller.get(PATH)
        clock.at = NOW.plus(MAX_AGE)
        old = caller.get(PATH)
    assert (same.status_code, same.content) == (200, before.content)
    assert (old.status_code, old.json()["code"]) == (500, "INTERNAL_ERROR")


@pytest.mark.parametrize("broken", ["disk", "key store"])
@pytest.mark.parametrize("age", [RENEW_AFTER, MAX_AGE])
def test_what_keeps_a_list_from_being_renewed_ends_no_verification(
    folder: Path, monkeypatch: pytest.MonkeyPatch, age: int, broken: str
) -> None:
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(INDEX),
        "statusListCredential": URL,
    }
    body = {"verifiableCredential": signed(plain(credentialStatus=entry))}
    clock, board = Clock(NOW.plus(age)), BOARD
    if broken == "key store":
        board = Controller.did_key(Broken())
    controllers = (board, PATIENT)
    with client(status_lists=folder, clock=clock, controllers=controllers) as caller:
        if broken == "disk":
            monkeypatch.setattr(Path, "replace", no_room)
        answer = caller.post("/credentials/verify", json=body, headers=bearer(READER))
    if age < MAX_AGE:
        assert (answer.status_code, answer.json()["verified"]) == (200, True)
        return
    assert (answer.status_code, answer.json()["outcome"]) == (400, "undecided")
    assert answer.json()["errors"][0]["code"] == "STATUS_RETRIEVAL_ERROR"
    assert not any(word in answer.text for word in ("space", "slot"))


def test_a_list_whose_time_is_over_comes_back_when_the_server_does(
    folder: Path,
) -> None:
    later = NOW.plus(400 * 86_400)
    with client(status_lists=folder, clock=lambda: later) as caller:
        assert caller.get(PATH).json()["validFrom"] == str(later)


def test_changes_at_the_same_time_are_all_kept(folder: Path) -> None:
    service = Service(settings(status_lists=folder))
    indexes = list(range(40))

    def revoke(index: int) -> None:
        service.lists.change("revoked", index, value=True, at=NOW)

    threads = [threading.Thread(target=revoke, args=(one,)) for one in indexes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    service.lists.close()
    assert [bit(kept(folder), index) for index in indexes] == [1] * len(indexes)


def test_what_cannot_be_kept_is_not_published(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(status_lists=folder) as caller:
        before = caller.get(PATH).content
        monkeypatch.setattr(Path, "replace", no_room)
        body = {
            "credentialStatus": {
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "7",
                "statusListCredential": URL,
            },
            "status": True,
        }
        answer = caller.post(UPDATE, json=body, headers=bearer())
        assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
        assert "space" not in answer.text
        assert caller.get(PATH).content == before
    left = {one.name for one in folder.iterdir()}
    assert left == {".lock", "revoked.json", "theirs.json"}


# What the server starts with.


def refused(folder: Path, **changes: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as told:
        app(settings(status_lists=folder, **changes))
    return told.value


def test_a_list_that_somebody_changed_on_the_disk_is_not_signed_anew(
    folder: Path,
) -> None:
    changed = kept(folder)
    other = as_object(set_status(changed, INDEX, BOARD, at=NOW))
    changed["credentialSubject"] = other["credentialSubject"]
    keep(folder, changed)
    error = refused(folder)
    assert "PROOF_VERIFICATION_ERROR" in error.message


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"a":1,"a":1}', "\ufeff{}"])
def test_a_file_that_is_no_list_stops_the_start(folder: Path, text: str) -> None:
    (folder / "revoked.json").write_text(text)
    assert "the status list revoked" in refused(folder).message


def test_a_license_is_no_status_list(folder: Path) -> None:
    keep(folder, signed(plain()))
    refused(folder)


def test_a_list_of_somebody_elses_key_stops_the_start(folder: Path) -> None:
    keep(folder, new_list(URL, "revocation", STRANGER, at=MADE))
    assert refused(folder).path == "$.issuer"


def test_a_list_for_another_address_stops_the_start(folder: Path) -> None:
    elsewhere = new_list("https://else.example/status/x", "revocation", BOARD, at=MADE)
    keep(folder, elsewhere)
    error = refused(folder)
    assert error.path == "$.id"
    assert URL in error.fix


def test_the_key_of_a_list_may_have_to_be_fetched(tmp_path: Path) -> None:
    keep(tmp_path, new_list(URL, "revocation", WEB, at=NOW))
    web = world.Web({world.WEB_URL: world.web_document(WEB)})
    hosts: dict[str, Any] = {"base_url": BASE, "folder": tmp_path}
    lists = Lists((WEB,), fetch=web, **hosts)
    assert lists.at_url(URL) is not None
    lists.close()
    with pytest.raises(ConfigurationError, match="the status list revoked"):
        Lists((WEB,), **hosts)


def test_a_list_has_one_address(folder: Path) -> None:
    lists = Lists((BOARD, PATIENT), base_url=BASE, folder=folder)
    assert lists.at_url(URL) is not None
    assert lists.at_url("revoked") is None
    lists.close()


def test_a_list_with_an_odd_name_stops_the_start(folder: Path) -> None:
    keep(folder, kept(folder), "a b")
    assert refused(folder).path == "--status-lists"


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent").path == "--status-lists"


def test_too_many_lists_stop_the_start(tmp_path: Path) -> None:
    for number in range(MAX_LISTS + 1):
        (tmp_path / f"{number}.json").touch()
    assert "more than" in refused(tmp_path).message


def test_a_folder_may_be_full(tmp_path: Path) -> None:
    for number in range(MAX_LISTS):
        (tmp_path / f"{number}.json").touch()
    assert len(_files(tmp_path)) == MAX_LISTS


def test_a_list_that_cannot_be_read_stops_the_start(folder: Path) -> None:
    (folder / "folder.json").mkdir()
    assert "the status list folder: cannot be read" in refused(folder).message


def test_a_list_that_says_no_beginning_is_as_old_as_can_be(tmp_path: Path) -> None:
    made = as_object(new_list(URL, "revocation", BOARD, at=NOW))
    draft = {k: v for k, v in made.items() if k not in {"proof", "validFrom"}}
    keep(tmp_path, world.with_proof(draft, BOARD, created=None))
    lists = Lists((BOARD,), base_url=BASE, folder=tmp_path)
    found = lists.get("revoked", at=NOW)
    lists.close()
    assert found is not None
    assert found.signed_at == NOW


def test_two_servers_do_not_share_a_folder(folder: Path) -> None:
    pytest.importorskip("fcntl", reason="locks of this kind are a matter of Unix")
    first = Service(settings(status_lists=folder))
    assert "another server" in refused(folder).message
    first.lists.close()
    first.lists.close()
    Service(settings(status_lists=folder)).lists.close()


def test_an_index_is_given_away_once() -> None:
    # Entropy that is always zero takes the first index that is free.
    lists = Lists((BOARD,), base_url=BASE, entropy=bytes)
    entries = [
        lists.entry(BOARD, "revocation", securing="eddsa-rdfc-2022", at=NOW)
        for _ in range(3)
    ]
    assert [entry["statusListIndex"] for entry in entries] == ["0", "1", "2"]


def test_a_token_cannot_be_hosted(tmp_path: Path) -> None:
    lists = Lists((BOARD,), base_url=BASE)
    with pytest.raises(ConfigurationError, match="Data Integrity"):
        lists.entry(BOARD, "revocation", securing="vc+jwt", at=NOW)


def test_without_a_folder_nothing_is_hosted() -> None:
    service = Service(settings())
    assert service.lists.get("revoked", at=NOW) is None
    assert service.lists.at_url(URL) is None


def test_a_list_that_disappears_answers_as_one_that_never_was() -> None:
    with pytest.raises(HttpProblem) as told:
        Service(settings()).status_list(Call(name="revoked"))
    assert told.value.problem.status == 404
