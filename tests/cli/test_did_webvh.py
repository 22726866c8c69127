"""A board runs did:webvh from the command line, and so do its witnesses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.instant import system_clock
from medid.dids.webvh import hashing
from medid.keys import KeyKind, PrivateKey, keyfile
from tests.cli.conftest import CHEAP, PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command, Told

NAMES = ("update-1", "update-2", "update-3", "witness-a", "witness-b", "stranger")


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files, and beside each its public key and its did:key."""
    place = tmp_path_factory.mktemp("safe")
    (place / "password").write_text(PASSWORD)
    for name in (*NAMES, "licenses", "licenses-2"):
        key = PrivateKey.generate(KeyKind.ED25519)
        keyfile.save(
            place / f"{name}.key", key, password=PASSWORD.encode(), protection=CHEAP
        )
        multikey = key.public_key.to_multikey()
        (place / f"{name}.pub").write_text(multikey)
        (place / f"{name}.did").write_text(f"did:key:{multikey}")
    return place


class Office:
    """Runs the commands of a board whose web site is in ``site``."""

    def __init__(self, medid: Command, safe: Path, site: Path) -> None:
        self.medid = medid
        self.safe = safe
        self.site = site
        self.folder = site / ".well-known"

    def __call__(self, command: str, *argv: object) -> Told:
        password = self.safe / "password"
        return self.medid("did", command, *argv, "--password-file", password)

    def create(self, *argv: object, **named: object) -> Told:
        call: dict[str, object] = {
            "--method": "webvh",
            "--host": "board.example",
            "--key": self.safe / "licenses.pub",
            "--update-key": self.safe / "update-1.key",
            "--out": self.site,
            "--now": "2026-01-05T09:00:00Z",
        }
        call |= {f"--{name.replace('_', '-')}": value for name, value in named.items()}
        flat = [word for pair in call.items() for word in pair if pair[1] is not None]
        return self("create", *flat, *argv)

    def witnessed(self, *, threshold: int = 2) -> list[object]:
        names = ("witness-a", "witness-b")
        found: list[object] = ["--threshold", threshold]
        for name in names:
            found += ["--witness", (self.safe / f"{name}.did").read_text()]
        return found

    @property
    def log(self) -> Path:
        return self.folder / "did.jsonl"

    @property
    def draft(self) -> Path:
        return self.folder / "did.draft.jsonl"

    def approve(self, name: str, *, seen: bool = True) -> Path:
        out = self.site / f"{name}.json"
        given = ["--seen", self.log] if seen else []
        told = self(
            "witness",
            self.draft,
            *("--key", self.safe / f"{name}.key"),
            *("--out", out),
            *given,
        )
        assert told.code == 0, told.err
        return out

    def add(self, *approvals: Path) -> Told:
        named = [word for one in approvals for word in ("--approval", one)]
        return self.medid("did", "witness", self.draft, *named, "--json")

    def published(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def history(self) -> Any:
        return self.medid("did", "log", self.log, "--json").json()["versions"]

    def resolved(self, did: str) -> Any:
        given = ["--document", f"{did}={self.log}"]
        witnesses = self.folder / "did-witness.json"
        if witnesses.exists():
            url = "https://board.example/.well-known/did-witness.json"
            given += ["--document", f"{url}={witnesses}"]
        told = self.medid("did", "resolve", did, "--offline", *given)
        return told.code, told.json()


@pytest.fixture
def office(medid: Command, safe: Path, tmp_path: Path) -> Office:
    return Office(medid, safe, tmp_path / "site")


def entries(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


# From the first day to the last.


def test_a_board_runs_its_did_from_its_first_day_to_its_last(office: Office) -> None:
    safe = office.safe
    told = office.create(
        "--web", "--portable", *office.witnessed(), next_key=safe / "update-2.pub"
    )
    made = told.json()
    did = made["did"]

    assert told.code == 0
    assert made["publishAt"] == "https://board.example/.well-known/did.jsonl"
    assert made["missing"] == 2
    assert made["files"] == [str(office.draft)]
    assert set(office.published()) == {"did.draft.jsonl"}

    one = office.add(office.approve("witness-a", seen=False))
    assert one.json()["missing"] == 1
    assert set(office.published()) == {"did.draft.jsonl", "did-witness.json"}
    both = office.add(office.approve("witness-b", seen=False))
    assert both.json()["missing"] == 0
    assert set(office.published()) == {"did.jsonl", "did-witness.json", "did.json"}
    code, result = office.resolved(did)
    assert code == 0
    assert result["didDocument"] == made["didDocument"]

    told = office(
        "rotate",
        office.log,
        *("--key", safe / "licenses-2.pub"),
        *("--update-key", safe / "update-2.key"),
        *("--next-key", safe / "update-3.pub"),
    )
    assert told.code == 0
    assert "it waits for its witnesses" in told.out
    office.add(office.approve("witness-a"), office.approve("witness-b"))
    assert [one["keys"] for one in office.history()] == [["key-1"], ["key-2"]]
    web = json.loads(office.published()["did.json"])
    assert web["assertionMethod"] == ["did:web:board.example#key-2"]

    told = office("deactivate", office.log, "--update-key", safe / "update-3.key")
    assert told.code == 0
    office.add(office.approve("witness-a"), office.approve("witness-b"))
    assert set(office.published()) == {"did.jsonl", "did-witness.json"}
    code, result = office.resolved(did)
    assert code == 1
    assert result["didDocumentMetadata"]["deactivated"] is True
    assert [one["changed"] for one in office.history()] == [
        ["created"],
        ["state", "updateKeys", "nextKeyHashes"],
        ["updateKeys", "nextKeyHashes", "deactivated"],
    ]


def test_without_witnesses_a_version_is_published_at_once(office: Office) -> None:
    assert office.create().code == 0
    assert set(office.published()) == {"did.jsonl"}
    before = office.log.read_bytes()
    told = office(
        "update",
        office.log,
        *("--update-key", office.safe / "update-1.key"),
        *("--key", office.safe / "licenses-2.pub"),
        *("--ttl", 60, "--watcher", "https://watcher.example/"),
    )

    assert told.code == 0
    assert told.out.splitlines()[1:] == [
        f"  wrote {office.log}",
        "  publish it at https://board.example/.well-known/did.jsonl",
    ]
    assert office.log.read_bytes().startswith(before)
    assert entries(office.log)[1]["parameters"] == {
        "watchers": ["https://watcher.example/"],
        "ttl": 60,
    }
    assert office.history()[1]["keys"] == ["key-1", "key-2"]


def test_a_key_is_committed_to_by_its_file_or_by_its_hash(office: Office) -> None:
    by_hash = hashing.key_hash((office.safe / "update-2.pub").read_text())
    told = office.create("--next-key", by_hash, next_key=office.safe / "update-3.key")
    assert told.code == 0
    (entry,) = entries(office.log)
    third = hashing.key_hash((office.safe / "update-3.pub").read_text())

    assert set(entry["parameters"]["nextKeyHashes"]) == {by_hash, third}


def test_pre_rotation_and_witnesses_can_end(office: Office) -> None:
    assert office.create(next_key=office.safe / "update-2.pub").code == 0
    told = office(
        "update",
        office.log,
        *("--update-key", office.safe / "update-2.key", "--no-next-key"),
        *office.witnessed(threshold=1),
        *("--now", "2026-01-06T09:00:00Z"),
    )
    assert told.code == 0
    assert office.add(office.approve("witness-b")).code == 0
    update = ("update", office.log, "--update-key", office.safe / "update-2.key")
    assert office(*update, "--no-witness", "--now", "2026-01-07T09:00:00Z").code == 0
    assert office.add(office.approve("witness-a")).code == 0
    told = office(*update, "--json")

    assert told.json()["missing"] == 0
    assert [one["witness"] != {} for one in office.history()] == [
        False,
        True,
        True,
        False,
    ]


def test_a_rotation_names_who_may_change_the_did_from_now_on(office: Office) -> None:
    office.create()
    told = office(
        "rotate",
        office.log,
        *("--update-key", office.safe / "update-1.key"),
        *("--to", office.safe / "update-2.pub"),
        *("--now", "2026-01-06T09:00:00Z"),
    )
    assert told.code == 0
    again = office(
        "update", office.log, "--update-key", office.safe / "update-1.key", "--ttl", 1
    )

    assert again.code == 2
    assert "not authorized" in again.err
    assert len(entries(office.log)) == 2


def test_a_document_takes_the_place_of_the_one_before(
    office: Office, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.json"
    service = {"id": "#x", "type": "X", "serviceEndpoint": "https://x.example/"}
    template = {"id": "did:webvh:{SCID}:board.example", "service": [service]}
    draft.write_text(json.dumps(template))
    made = office.create(document=draft).json()["didDocument"]
    assert made["service"] == [service]
    assert made["assertionMethod"] == [f"{made['id']}#key-1"]

    draft.write_text(json.dumps({**made, "service": []}))
    told = office(
        "update",
        office.log,
        *("--update-key", office.safe / "update-1.key", "--document", draft),
    )
    assert told.code == 0
    assert entries(office.log)[1]["state"]["service"] == []
    draft.write_text(json.dumps({**made, "id": "did:webvh:x:other.example"}))
    told = office(
        "update",
        office.log,
        *("--update-key", office.safe / "update-1.key", "--document", draft),
    )
    assert told.code == 2


def test_a_new_document_may_have_numbered_keys_of_its_own(
    office: Office, tmp_path: Path
) -> None:
    made = office.create().json()["didDocument"]
    public = (office.safe / "stranger.pub").read_text()
    second = {
        "id": f"{made['id']}#key-2",
        "type": "Multikey",
        "controller": made["id"],
        "publicKeyMultibase": public,
    }
    methods = [*made["verificationMethod"], second]
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps({**made, "verificationMethod": methods}))
    told = office(
        "update",
        office.log,
        *("--update-key", office.safe / "update-1.key", "--document", draft),
        *("--key", office.safe / "licenses-2.pub"),
    )

    assert told.code == 0, told.err
    listed = entries(office.log)[1]["state"]["verificationMethod"]
    names = [one["id"].partition("#")[2] for one in listed]
    assert names == ["key-1", "key-2", "key-3"]


# Moving.


def test_a_portable_did_is_written_for_another_web_site(
    office: Office, tmp_path: Path
) -> None:
    old = office.create("--portable", "--web").json()["did"]
    move = [
        *("update", office.log, "--update-key", office.safe / "update-1.key"),
        *("--host", "new.example", "--path", "boards/oh"),
    ]
    assert office(*map(str, move)).code == 2
    told = office(*map(str, move), "--out", tmp_path / "new", "--json")
    made = told.json()
    folder = tmp_path / "new" / "boards" / "oh"

    assert told.code == 0
    assert made["publishAt"] == "https://new.example/boards/oh/did.jsonl"
    assert made["didDocument"]["alsoKnownAs"] == [
        "did:web:new.example:boards:oh",
        old,
    ]
    assert {path.name for path in folder.iterdir()} == {"did.jsonl", "did.json"}
    assert len(entries(office.log)) == 1
    again = office(*map(str, move), "--out", tmp_path / "new")
    assert again.code == 2
    assert "exists already" in again.err


def test_a_did_that_is_not_portable_stays_where_it_is(
    office: Office, tmp_path: Path
) -> None:
    office.create("--portable")
    update = ("update", office.log, "--update-key", office.safe / "update-1.key")
    now = ("--now", "2026-01-06T09:00:00Z")
    assert office(*update, "--not-portable", *now).code == 0
    elsewhere = ("--host", "new.example", "--out", tmp_path / "new")
    told = office(*update, *elsewhere, "--now", "2026-01-07T09:00:00Z")

    assert told.code == 2
    assert "not portable" in told.err
    assert not list((tmp_path / "new").rglob("did*"))


# What is refused, and leaves everything as it was.


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--threshold", "1"], "a threshold is a number of witnesses"),
        (["--witness", "did:key:z6Mk", "--threshold", "1"], "--witness"),
        (["--witness", "did:web:a.example", "--threshold", "1"], "--witness"),
        (["--next-key", "no such file"], "key"),
        (["--ttl", "-1"], "ttl"),
    ],
)
def test_options_that_make_no_version_make_no_file(
    office: Office, argv: list[str], told: str
) -> None:
    answer = office.create(*argv)

    assert answer.code == 2
    assert told in answer.err
    assert not office.site.exists() or not list(office.site.rglob("did*"))


def test_there_are_next_keys_or_there_are_none(office: Office) -> None:
    office.create()
    told = office(
        "update",
        office.log,
        *("--update-key", office.safe / "update-1.key", "--no-next-key"),
        *("--next-key", office.safe / "update-2.pub"),
    )

    assert told.code == 2
    assert "--no-next-key" in told.err


def test_witnesses_need_a_threshold(office: Office) -> None:
    answer = office.create(*office.witnessed()[2:])

    assert answer.code == 2
    assert "how many of the witnesses" in answer.err


def test_a_log_needs_a_key_that_signs_and_a_place(office: Office) -> None:
    assert "--update-key" in office.create(update_key=None).err
    assert "--host" in office.create(host=None).err
    told = office.create(out=None)
    assert told.code == 2
    assert "--out" in told.err


def test_a_version_does_not_begin_in_the_future(office: Office) -> None:
    later = str(system_clock().plus(86_400))

    assert office.create(now=later).code == 2
    assert office.create().code == 0
    told = office(
        "update",
        office.log,
        *("--update-key", office.safe / "update-1.key", "--now", later),
    )
    assert told.code == 2
    assert "future" in told.err


def test_what_is_published_is_never_replaced_by_another_did(office: Office) -> None:
    office.create("--web")
    before = office.published()

    assert office.create().code == 2
    assert office.create("--overwrite").code == 2
    assert office.create("--overwrite", *office.witnessed()).code == 2
    assert office.published() == before


def test_a_board_goes_from_did_web_to_did_webvh(office: Office) -> None:
    web = ["--method", "web", "--host", "board.example", "--out", office.site]
    assert office("create", *web, "--key", office.safe / "licenses.pub").code == 0
    refused = office.create("--web")
    assert refused.code == 2
    assert "exists already" in refused.err
    assert office.create("--web", "--overwrite").code == 0

    assert set(office.published()) == {"did.json", "did.jsonl"}
    told = office(
        "rotate", office.folder / "did.json", "--key", office.safe / "licenses-2.pub"
    )
    assert told.code == 2
    assert "made from the log" in told.err


def test_a_stolen_key_changes_nothing(office: Office) -> None:
    office.create(next_key=office.safe / "update-2.pub")
    before = office.published()
    for thief in ("update-1", "stranger"):
        for command in ("update", "rotate"):
            told = office(
                command,
                office.log,
                *("--update-key", office.safe / f"{thief}.key"),
                *("--next-key", office.safe / f"{thief}.pub"),
            )
            assert told.code == 2
        told = office(
            "deactivate", office.log, "--update-key", office.safe / f"{thief}.key"
        )
        assert told.code == 2

    assert office.published() == before


def test_one_version_waits_at_a_time(office: Office) -> None:
    office.create(*office.witnessed())
    office.add(
        office.approve("witness-a", seen=False), office.approve("witness-b", seen=False)
    )
    update = ("update", office.log, "--update-key", office.safe / "update-1.key")
    assert office(*update, "--ttl", 1).code == 0
    for command in (
        (*update, "--ttl", 2),
        ("deactivate", *update[1:]),
        (*update, "--host", "new.example", "--out", office.site / "new"),
    ):
        told = office(*command)
        assert told.code == 2
        assert "waits for its witnesses" in told.err
    office.draft.write_bytes(office.log.read_bytes())

    assert office(*update, "--ttl", 2).code == 0
    assert entries(office.draft)[1]["parameters"] == {"ttl": 2}


def test_a_witness_approves_and_a_controller_adds(office: Office) -> None:
    office.create(*office.witnessed())
    both = ("--key", office.safe / "witness-a.key", "--approval", "a.json")
    assert office("witness", office.draft, *both).code == 2
    assert office("witness", office.draft).code == 2
    stranger = office("witness", office.draft, "--key", office.safe / "stranger.key")
    assert stranger.code == 2
    assert "not of a witness" in stranger.err
    key = ("--key", office.safe / "witness-a.key")
    shown = office("witness", office.draft, *key).json()
    assert set(shown) == {"versionId", "proof"}
    told = office("witness", office.draft, *key, "--out", office.site / "a", "--json")
    assert told.json()["approval"]["versionId"] == shown["versionId"]


def test_the_log_that_is_published_is_no_draft(office: Office) -> None:
    office.create()
    for argv in (["--key", office.safe / "witness-a.key"], ["--approval", "a.json"]):
        told = office("witness", office.log, *argv)
        assert told.code == 2


@pytest.mark.parametrize("command", ["update", "rotate", "deactivate"])
def test_a_copy_of_a_log_is_not_changed_into_the_log(
    office: Office, command: str
) -> None:
    # The versions that the copy does not have would be lost.
    update_key = ("--update-key", office.safe / "update-1.key")
    office.create()
    copy = office.folder / "did-2026-01-05.jsonl"
    copy.write_bytes(office.log.read_bytes())
    assert office("update", office.log, *update_key, "--ttl", 60).code == 0
    before = office.published()
    next_key = ("--next-key", office.safe / "update-2.pub")
    more = () if command == "deactivate" else next_key
    told = office(command, copy, *update_key, *more)

    assert told.code == 2
    assert "name the did.jsonl" in told.err
    assert office.published() == before


def test_a_draft_that_waits_is_not_changed_and_stays(office: Office) -> None:
    office.create(*office.witnessed())
    before = office.published()
    told = office(
        "deactivate", office.draft, "--update-key", office.safe / "update-1.key"
    )

    assert told.code == 2
    assert office.published() == before


def test_approvals_are_added_to_the_draft_that_waits_alone(
    office: Office, tmp_path: Path
) -> None:
    # Another draft would take its place, and cost it the approvals that it has.
    office.create(*office.witnessed())
    names = ("witness-a", "witness-b")
    office.add(*(office.approve(name, seen=False) for name in names))
    update = ("update", office.log, "--update-key", office.safe / "update-1.key")
    assert office(*update, "--ttl", 60).code == 0
    other = office.folder / "did.other.jsonl"
    office.draft.rename(other)
    assert office(*update, "--ttl", 90).code == 0
    assert office.add(office.approve("witness-a")).json()["missing"] == 1
    before = office.published()
    approval = tmp_path / "other.json"
    given = ("--key", office.safe / "witness-a.key", "--out", approval)
    assert office("witness", other, *given, "--seen", office.log).code == 0
    told = office.medid("did", "witness", other, "--approval", approval)

    assert told.code == 2
    assert "name the did.draft.jsonl" in told.err
    assert office.published() == before


def test_a_draft_that_rewrites_history_is_not_approved(office: Office) -> None:
    office.create(*office.witnessed())
    seen = office.site / "seen.jsonl"
    seen.write_bytes(office.draft.read_bytes())
    office.draft.unlink()
    office.create(*office.witnessed(), now="2026-01-06T09:00:00Z")
    told = office(
        "witness",
        office.draft,
        *("--key", office.safe / "witness-a.key", "--seen", seen),
    )

    assert told.code == 1
    assert "DID_LOG_ALTERED" in told.err


def test_an_altered_log_is_neither_shown_nor_continued(office: Office) -> None:
    office.create()
    text = office.log.read_text().replace("key-1", "key-2")
    office.log.write_text(text)
    shown = office.medid("did", "log", office.log)

    assert (shown.code, shown.out) == (1, "")
    assert "INVALID_DID_LOG" in shown.err
    told = office("update", office.log, "--update-key", office.safe / "update-1.key")
    assert told.code == 1
    assert office.log.read_text() == text


def test_a_log_has_lines_where_every_reader_sees_them(office: Office) -> None:
    # A carriage return is white space of JSON, and ends no line of JSON Lines.
    office.create()
    content = office.log.read_bytes().replace(b',"', b',\r"')
    office.log.write_bytes(content.replace(b"\n", b"\r\n"))
    told = office.medid("did", "log", office.log, "--json")
    assert told.code == 0, told.out
    assert len(told.json()["versions"]) == 1
    told = office(
        "update", office.log, "--update-key", office.safe / "update-1.key", "--ttl", 60
    )
    assert told.code == 0, told.err
    assert len(office.history()) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"no JSON"])
def test_what_is_no_log_cannot_be_read(
    medid: Command, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "did.jsonl"
    file.write_bytes(content)
    told = medid("did", "log", file)

    assert (told.code, told.out) == (2, "")
    assert told.err.count("\n") == 1


def test_the_history_is_told_in_lines(office: Office) -> None:
    office.create(*office.witnessed(), next_key=office.safe / "update-2.pub")
    office.add(
        office.approve("witness-a", seen=False), office.approve("witness-b", seen=False)
    )
    office(
        "update",
        office.log,
        *("--update-key", office.safe / "update-2.key"),
        *("--next-key", office.safe / "update-3.pub"),
    )
    office.add(office.approve("witness-a"), office.approve("witness-b"))
    lines = office.medid("did", "log", office.log).out.splitlines()

    assert lines[0].startswith("did:webvh:Qm")
    assert lines[1].endswith(" 2026-01-05T09:00:00Z")
    assert lines[2:4] == [
        "  created",
        "  keys key-1, update keys 1, next keys 1, witnesses 2 of 2",
    ]
    assert lines[5] == "  updateKeys, nextKeyHashes"


def test_versions_of_one_second_are_told_apart(office: Office) -> None:
    office.create(now=None)
    update = ("update", office.log, "--update-key", office.safe / "update-1.key")

    assert office(*update, "--ttl", 5).code == 0
    first, second = entries(office.log)
    assert first["versionTime"] < second["versionTime"]
