from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.verificationresult import VerificationResult

from medid.access.audit_reading import read_record
from medid.adapters.audit import FileAuditLog
from medid.cli.files import MAX_KEY_FILE, audit_key
from medid.core.json import dumps
from medid.core.records import replace
from medid.health.codes import ACT_REASON, Coding
from tests.access.test_audit_fhir_in import balp
from tests.access.world import AT
from tests.adapters.audit_records import KEY, record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.access.world import World
    from tests.cli.conftest import Command

SITE = [
    *("--format", "fhir", "--observer", "Device/gateway", "--client", "Device/ehr"),
    *("--client-address", "10.0.0.7", "--organization", "Organization/hospital"),
]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "audit.key"
    file.write_bytes(KEY.hex().encode() + b"\n")
    return file


@pytest.fixture
def log(tmp_path: Path, key: Path) -> list[str]:
    """The arguments that name a log of one treatment, one denial and one research."""
    path = tmp_path / "audit.jsonl"
    made = FileAuditLog(path, key=key.read_bytes().rstrip())
    treatment = record("urn:uuid:1", patient="Patient/p-9")
    assert treatment.asked is not None
    asked = replace(treatment.asked, purposes=(Coding(ACT_REASON, "HRESCH"),))
    made.record(treatment)
    made.record(replace(record("urn:uuid:2"), outcome=_denied()))
    made.record(replace(treatment, id="urn:uuid:3", asked=asked))
    return [str(path), "--key-file", str(key)]


def _denied() -> Any:
    from medid.access.decision import Outcome

    return Outcome.DENY


@pytest.mark.parametrize(
    ("content", "key"),
    [
        # Drawn at random, and its last byte happens to be one that ends a line.
        (b"\x8f" * 31 + b"\n", b"\x8f" * 31 + b"\n"),
        (b"\x8f" * 30 + b"\r\n", b"\x8f" * 30 + b"\r\n"),
        (b"\x8f" * 32 + b"\n", b"\x8f" * 32),
        (b"7" * 32 + b"\r\n", b"7" * 32),
        # What is too short as a text is not made longer by the end of its line.
        (b"7" * 31 + b"\n", b"7" * 31),
    ],
)
def test_the_end_of_a_line_is_no_part_of_a_key_but_of_one_that_was_drawn(
    tmp_path: Path, content: bytes, key: bytes
) -> None:
    file = tmp_path / "drawn.key"
    file.write_bytes(content)
    assert audit_key(str(file)) == key


def test_a_whole_log_is_told_with_its_head(medid: Command, log: list[str]) -> None:
    found = medid("audit", "verify", *log, "--json")
    told = medid("audit", "verify", *log, "--head", found.json()["head"])

    assert found.code == 0
    assert found.json() == {
        "whole": True,
        "records": 3,
        "files": 1,
        "repairs": 0,
        "torn": 0,
        "head": found.json()["head"],
    }
    assert told.code == 0
    assert told.out.splitlines() == [
        "whole: records 3, files 1",
        f"head: {found.json()['head']}",
    ]


def test_an_altered_log_is_a_no(medid: Command, log: list[str]) -> None:
    head = medid("audit", "verify", *log, "--json").json()["head"]
    _change(log[0], b"Patient/p-9", b"Patient/p-8")
    for command in (
        ["verify", *log],
        ["export", *log],
        ["accounting", *log, "--patient", "Patient/p-9", "--from", "2020-01-01"],
        ["verify", *log, "--head", head],
    ):
        found = medid("audit", *command, "--json")
        assert found.code == 1
        assert found.json()["error"]["code"] == "AUDIT_LOG_ALTERED"
        assert found.json()["error"]["path"] == "$[1]"


def _change(name: str, old: bytes, new: bytes) -> None:
    with open(name, "r+b") as file:  # noqa: PTH123 - an argument of the command
        content = file.read()
        assert old in content
        file.seek(0)
        file.truncate()
        file.write(content.replace(old, new))


def test_a_log_that_was_cut_is_missed_with_a_head_only(
    medid: Command, log: list[str]
) -> None:
    head = medid("audit", "verify", *log, "--json").json()["head"]
    with open(log[0], "r+b") as file:  # noqa: PTH123 - an argument of the command
        lines = file.readlines()
        file.seek(0)
        file.truncate()
        file.writelines(lines[:-1])

    assert medid("audit", "verify", *log).code == 0
    for command in (
        ["verify", *log],
        ["export", *log],
        ["accounting", *log, "--patient", "Patient/p-9", "--from", "2020-01-01"],
    ):
        assert medid("audit", *command, "--head", head).code == 1


def test_a_line_that_was_cut_short_is_told(medid: Command, log: list[str]) -> None:
    with open(log[0], "ab") as file:  # noqa: PTH123 - an argument of the command
        file.write(b'{"numb')
    found = medid("audit", "verify", *log)

    assert found.code == 0
    assert "never given: 1" in found.out


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (["--key-file", "/nowhere"], 2),
        (["--head", "x"], 2),
        (["--head", f"99:{'0' * 64}"], 1),
    ],
)
def test_what_is_wrong_with_a_call_is_told(
    medid: Command, log: list[str], change: list[str], code: int
) -> None:
    found = medid("audit", "verify", *log, *change)

    assert (found.code, found.out) == (code, "")
    assert found.err.count("\n") == 1


def test_another_key_or_none_is_a_wrong_call(
    medid: Command, log: list[str], tmp_path: Path
) -> None:
    other = tmp_path / "other.key"
    for content in (b"x" * 40, b"short", b"x" * (MAX_KEY_FILE + 1), b""):
        other.write_bytes(content)
        found = medid("audit", "verify", log[0], "--key-file", other)
        assert (found.code, found.out) == (2, "")


def test_a_file_that_is_not_there_is_a_wrong_call(
    medid: Command, key: Path, tmp_path: Path
) -> None:
    found = medid("audit", "verify", tmp_path / "x", "--key-file", key)

    assert found.code == 2
    assert list(tmp_path.iterdir()) == [key]


def test_an_empty_file_could_not_be_checked(
    medid: Command, key: Path, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(b"")

    assert medid("audit", "verify", tmp_path / "x", "--key-file", key).code == 3


def test_the_records_are_exported_as_they_are(medid: Command, log: list[str]) -> None:
    found = medid("audit", "export", *log)
    records = [read_record(line) for line in found.lines()]

    assert found.code == 0
    assert [one.id for one in records] == [f"urn:uuid:{n}" for n in (1, 2, 3)]
    assert medid("audit", "export", *log, "--json").out == found.out


def test_what_a_terminal_would_obey_is_exported_as_an_escape(
    medid: Command, log: list[str], key: Path
) -> None:
    made = FileAuditLog(log[0], key=key.read_bytes().rstrip())
    made.record(record("x\x1b[2J\u202e\n"))
    found = medid("audit", "export", *log)

    assert found.lines()[-1]["id"] == "x\x1b[2J\u202e\n"
    assert found.out.isascii()
    assert "\x1b" not in found.out


def test_events_are_exported_as_fhir(medid: Command, log: list[str]) -> None:
    found = medid("audit", "export", *log, *SITE, "--site", "gateway 1")

    assert found.code == 0
    for line, outcome in zip(found.lines(), "080", strict=True):
        assert AuditEvent.model_validate(line).outcome == outcome
        assert line["source"]["site"] == "gateway 1"
        assert line["agent"][0]["network"]["address"] == "10.0.0.7"


def test_a_compilation_that_waits_is_no_event_and_its_license_was_checked(
    medid: Command, key: Path, tmp_path: Path, world: World
) -> None:
    made = FileAuditLog(tmp_path / "log", key=key.read_bytes().rstrip())
    compiled = world.verifier(audit=made).compile(world.shown(), world.asks())
    compiled.record([world.asks()["resource"]])
    export = ["audit", "export", tmp_path / "log", "--key-file", key, *SITE]
    with_results = medid(*export, "--validator", "Organization/hospital")

    assert [one["resourceType"] for one in medid(*export).lines()] == ["AuditEvent"]
    assert [one["resourceType"] for one in with_results.lines()] == [
        "VerificationResult",
        "AuditEvent",
        "VerificationResult",
    ]
    waiting, _, checked = with_results.lines()
    assert waiting["status"] == "validated"
    assert checked["status"] == "validated"


@pytest.mark.parametrize("member", ["--observer", "--client-address", "--client"])
def test_an_event_needs_to_know_who_took_part(
    medid: Command, log: list[str], member: str
) -> None:
    at = SITE.index(member)
    found = medid("audit", "export", *log, *SITE[:at], *SITE[at + 2 :])

    assert (found.code, found.out) == (2, "")
    assert "--organization" in found.err


def test_there_are_two_formats(medid: Command, log: list[str]) -> None:
    assert medid("audit", "export", *log, "--format", "xml").code == 2


def account(medid: Command, log: list[str], *flags: str) -> Any:
    flags = ("--patient", "Patient/p-9", *flags)
    return medid("audit", "accounting", *log, *flags)


def test_the_disclosures_that_count_are_told(medid: Command, log: list[str]) -> None:
    found = account(medid, log, "--from", "2026-06-01", "--to", "2026-06-01")
    in_json = account(
        medid, log, "--from", "2026-06-01T12:00:00Z", "--to", "2026-07-01", "--json"
    )

    assert found.code == in_json.code == 0
    assert found.out.splitlines() == [
        "2026-06-01T12:00:00Z  did:example:dr  Observation 1  for HRESCH",
        "disclosures that count: 1",
    ]
    assert in_json.json() == {
        "patient": "Patient/p-9",
        "from": "2026-06-01T12:00:00Z",
        "to": "2026-07-02T00:00:00Z",
        "disclosures": [
            {
                "date": "2026-06-01T12:00:00Z",
                "recipient": "did:example:dr",
                "resources": [{"type": "Observation", "id": "1"}],
                "purposeOfUse": [{"system": ACT_REASON, "code": "HRESCH"}],
                "record": "urn:uuid:3",
            }
        ],
    }


@pytest.mark.parametrize(
    ("flags", "count"),
    [
        (["--from", "2026-06-02", "--to", "2026-06-30"], 0),
        (["--from", "2026-05-01", "--to", "2026-05-31"], 0),
        (["--from", "2026-06-01"], 1),
        (["--from", "2026-06-01", "--to", "2026-06-01T12:00:00Z"], 0),
    ],
)
def test_a_period_is_of_days_or_instants(
    medid: Command, log: list[str], flags: list[str], count: int
) -> None:
    found = account(medid, log, *flags, "--json")

    assert len(found.json()["disclosures"]) == count


@pytest.mark.parametrize(
    "flags",
    [
        ["--from", "yesterday"],
        ["--from", "2026-06-01", "--to", "2026-02-30"],
        ["--from", "2026-06-02", "--to", "2026-06-01"],
        ["--from", "2026-06-01", "--patient", ""],
    ],
)
def test_a_period_that_is_none_is_a_wrong_call(
    medid: Command, log: list[str], flags: list[str]
) -> None:
    found = account(medid, log, *flags)

    assert (found.code, found.out) == (2, "")


# medid decide --audit


@pytest.fixture
def call(folder: Path) -> list[str]:
    return [
        *("decide", "--presentation", str(folder / "presentation.json")),
        *("--request", str(folder / "request.json")),
        *("--trust", str(folder / "trust.json")),
        *("--evidence", str(folder / "evidence.json"), "--offline", "--json"),
    ]


def test_a_decision_is_recorded_before_it_is_printed(
    medid: Command, call: list[str], tmp_path: Path, key: Path, world: World
) -> None:
    path = tmp_path / "new.jsonl"
    audit = ["--audit", str(path), "--audit-key-file", str(key)]
    found = medid(*call, *audit)
    bad = tmp_path / "bad"
    bad.write_text("x")
    refused = medid(*call, *audit, "--presentation", bad)
    events = medid(
        *("audit", "export", path, "--key-file", key, *SITE),
        *("--validator", "Organization/hospital"),
    )

    assert (found.code, refused.code) == (0, 1)
    assert found.json()["decision"] is True
    event, result, denial = events.lines()
    assert f"urn:uuid:{event['id']}" == found.json()["context"]["id"]
    assert f"urn:uuid:{denial['id']}" == refused.json()["context"]["id"]
    assert event["entity"][0]["what"] == {"reference": "Patient/p-9"}
    assert event["subtype"][0]["code"] == "AuthZ-Consent"
    assert VerificationResult.model_validate(result).status == "validated"
    record_ = medid("audit", "export", path, "--key-file", key).lines()[0]
    assert record_["time"] == str(AT)
    assert record_["requester"] == world.practitioner.did


def test_a_log_that_cannot_be_written_gives_no_decision(
    medid: Command, call: list[str], tmp_path: Path, key: Path
) -> None:
    away = tmp_path / "away" / "log"
    found = medid(*call, "--audit", away, "--audit-key-file", key)

    assert found.code == 3
    assert found.json()["error"]["code"] == "AUDIT_UNAVAILABLE"
    assert "away" not in dumps(found.json())


@pytest.mark.parametrize("flag", ["--audit", "--audit-key-file"])
def test_a_log_needs_its_key(
    medid: Command, call: list[str], tmp_path: Path, flag: str
) -> None:
    found = medid(*call, flag, tmp_path / "x")

    assert found.code == 2
    assert list(tmp_path.iterdir()) == []


def test_without_a_log_a_dry_run_names_no_decision(
    medid: Command, call: list[str]
) -> None:
    assert "id" not in medid(*call).json()["context"]


# AuditEvents of others.


def _event(number: int, purpose: str) -> dict[str, Any]:
    event = balp(id=f"e{number}")
    event["agent"][1]["purposeOfUse"] = [
        {"coding": [{"system": ACT_REASON, "code": purpose}]}
    ]
    return event


ASKED = ["--patient", "Patient/ex-patient", "--from", "2021-01-01", "--format", "fhir"]


def test_events_of_others_are_accounted_for(medid: Command, tmp_path: Path) -> None:
    login = balp(id="login", subtype=[{"code": "110122"}])
    events = [_event(1, "TREAT"), _event(2, "HMARKT"), login]
    whole: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": one} for one in events],
    }
    lines = "".join(dumps(one) + "\n" for one in [*events, whole])
    (tmp_path / "events.ndjson").write_text(lines)
    (tmp_path / "pretty.json").write_text(dumps(whole, indent=2))
    found = medid("audit", "accounting", tmp_path / "events.ndjson", *ASKED)
    told = medid("audit", "accounting", tmp_path / "pretty.json", *ASKED, "--json")

    assert found.code == 0
    assert found.out.splitlines()[0].startswith(
        "2021-12-27T09:49:00Z  Practitioner/ex-practitioner  resources not said  for"
    )
    assert "disclosures that count: 2" in found.out
    assert "no decisions about access: 2" in found.out
    assert [one["record"] for one in told.json()["disclosures"]] == ["e2"]
    assert told.json()["noDecisions"] == 1


def test_a_search_is_accounted_for_to_its_last_page(
    medid: Command, tmp_path: Path
) -> None:
    """What stands on a page that is not there would be left out unseen."""
    pages: list[dict[str, Any]] = [
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "link": [{"relation": one, "url": f"https://x.example/{n}"}],
            "entry": [{"resource": _event(n, "HMARKT")}],
        }
        for n, one in enumerate(("next", "next", "self"), start=1)
    ]
    single = _event(4, "HMARKT")
    for number, (found, whole) in enumerate(
        [(pages, True), (pages[:2], False), ([*pages[:2], single], False)]
    ):
        name = tmp_path / f"{number}.ndjson"
        name.write_text("".join(dumps(one) + "\n" for one in found))
        told = medid("audit", "accounting", name, *ASKED)
        assert (told.code, "$.link" in told.err) == ((0, False) if whole else (2, True))
        assert ("disclosures that count: 3" in told.out) is whole
    (tmp_path / "pretty").write_text(dumps(pages[0], indent=1))
    assert medid("audit", "accounting", tmp_path / "pretty", *ASKED).code == 2


def test_events_that_cannot_be_read_are_refused(
    medid: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = _event(2, "HMARKT")
    broken.pop("recorded")
    files = {
        "broken": dumps(_event(1, "TREAT")) + "\n" + dumps(broken),
        "empty": "\n",
        "text": "no event",
        "list": "[]",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        found = medid("audit", "accounting", tmp_path / name, *ASKED)
        assert found.code == 2, name
        assert found.out == ""
        assert ("there is no event in it" in found.err) is (name == "empty")
    for wrong in (["--key-file", tmp_path / "k"], ["--head", "3:aa"]):
        assert (
            medid("audit", "accounting", tmp_path / "broken", *ASKED, *wrong).code == 2
        )
    call = ["audit", "accounting", tmp_path / "broken", *ASKED[:4]]
    assert medid(*call).code == 2
    assert medid(*call, "--format", "xml").code == 2
    monkeypatch.setattr("medid.cli.audit_events.MAX_EVENTS_FILE", 100)
    found = medid("audit", "accounting", tmp_path / "broken", *ASKED)
    assert "more than 100 bytes" in found.err
