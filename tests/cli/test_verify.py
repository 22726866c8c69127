from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.json import dumps
from medid.health import contexts
from medid.issuing import issue
from tests.access.world import AT, START, World, controller

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

NOW = ["--now", str(AT), "--offline"]
MEMBERS = ["file", "kind", "verified", "outcome", "errors", "warnings", "checks"]


def test_a_license_verifies_from_documents_at_hand(
    medid: Command, folder: Path, web: list[str]
) -> None:
    file = folder / "license.json"
    told = medid("verify", file, *NOW, *web)

    assert (told.code, told.err) == (0, "")
    lines = told.out.splitlines()
    assert lines[0] == f"{file}: verified (credential)"
    assert "  ok proof        $" in lines
    assert lines[-1].startswith("  warning: no trust registry was given")


def test_json_has_the_members_of_the_contract(
    medid: Command, folder: Path, web: list[str]
) -> None:
    found = medid("verify", folder / "license.json", *NOW, *web, "--json").json()

    assert list(found) == MEMBERS
    assert found["file"] == str(folder / "license.json")
    assert (found["kind"], found["verified"], found["outcome"]) == (
        "credential",
        True,
        "verified",
    )
    assert found["errors"] == []
    assert {tuple(check) for check in found["checks"]} == {
        ("check", "result", "code", "path")
    }
    assert {
        check["result"] for check in found["checks"] if check["check"] == "trust"
    } == {"not-asked"}


def test_sealed_evidence_stands_for_the_web(medid: Command, folder: Path) -> None:
    told = medid(
        "verify",
        folder / "license.json",
        *NOW,
        "--evidence",
        folder / "evidence.json",
    )

    assert told.code == 0


def test_a_did_stands_for_the_place_of_its_document(
    medid: Command, folder: Path, web: list[str]
) -> None:
    named = list(web)
    index = next(i for i, one in enumerate(named) if "did.json" in one)
    named[index] = f"did:web:board.example={folder / 'did.json'}"

    assert medid("verify", folder / "license.json", *NOW, *named).code == 0


def test_a_did_key_has_no_document_to_hand_in(
    medid: Command, folder: Path, world: World, web: list[str]
) -> None:
    given = f"{world.patient.did}={folder / 'did.json'}"
    told = medid("verify", folder / "license.json", *NOW, *web, "--document", given)

    assert told.code == 0


def test_without_evidence_it_could_not_be_checked(medid: Command, folder: Path) -> None:
    told = medid("verify", folder / "license.json", *NOW)
    found = medid("verify", folder / "license.json", *NOW, "--json").json()

    assert told.code == 3
    assert ": undecided (credential)" in told.out
    assert "  ?? proof" in told.out
    assert "EVIDENCE_UNAVAILABLE" in told.out
    assert (found["verified"], found["outcome"]) == (False, "undecided")
    assert list(found["errors"][0]) == ["code", "message", "path", "fix"]


def test_the_worst_of_several_files_decides(
    medid: Command, folder: Path, web: list[str], tmp_path: Path
) -> None:
    forged = tmp_path / "forged.json"
    document = json.loads((folder / "consent.json").read_text())
    document["validUntil"] = "2036-01-01T00:00:00Z"
    forged.write_text(json.dumps(document))
    missing = tmp_path / "missing.json"
    good = folder / "consent.json"

    told = medid("verify", good, forged, *NOW, *web, "--json")
    assert told.code == 1
    assert [one["outcome"] for one in told.lines()] == ["verified", "refused"]
    assert told.lines()[1]["errors"][0]["code"] == "PROOF_VERIFICATION_ERROR"

    told = medid("verify", good, missing, forged, *NOW, *web, "--json")
    assert told.code == 2
    assert [one["outcome"] for one in told.lines()] == [
        "verified",
        "undecided",
        "refused",
    ]
    unread = told.lines()[1]
    assert list(unread) == MEMBERS
    assert unread["kind"] == "unknown"
    assert (unread["errors"][0]["code"], unread["checks"]) == (
        "CONFIGURATION_ERROR",
        [],
    )
    told = medid("verify", missing, *NOW)
    assert told.code == 2
    assert f"cannot read {missing}: No such file or directory" in told.out


def test_standard_input_is_a_file_too(
    medid: Command, folder: Path, web: list[str], stdin: Any
) -> None:
    stdin((folder / "license.json").read_bytes())
    found = medid("verify", "-", *NOW, *web, "--json").json()

    assert (found["file"], found["outcome"]) == ("-", "verified")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"hello"])
def test_what_is_no_document_is_refused(
    medid: Command, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    told = medid("verify", file, *NOW, "--json")

    assert told.code == 1
    assert told.json()["outcome"] == "refused"
    assert told.err == ""


def test_a_folder_is_no_file(medid: Command, tmp_path: Path) -> None:
    told = medid("verify", tmp_path, *NOW)

    assert told.code == 2
    assert "Is a directory" in told.out


def test_a_file_beyond_all_limits_is_refused_and_not_read_whole(
    medid: Command, tmp_path: Path
) -> None:
    file = tmp_path / "huge.json"
    with file.open("wb") as stream:
        stream.truncate(64 * 1024 * 1024)
    found = medid("verify", file, *NOW, "--json")

    assert found.code == 1
    assert found.json()["errors"][0]["code"] == "TOO_LARGE"


def test_a_jwt_and_a_did_document_are_recognised(
    medid: Command, folder: Path, web: list[str]
) -> None:
    token = medid("verify", folder / "license.jwt", *NOW, *web, "--json")
    did = medid("verify", folder / "did.json", *NOW, *web, "--json")

    assert (token.code, token.json()["kind"]) == (0, "credential")
    assert (did.code, did.json()["kind"]) == (0, "did-document")


@pytest.mark.parametrize(
    ("flags", "code", "error"),
    [
        (["--challenge", "challenge-1"], 0, None),
        (["--nonce", "challenge-1"], 0, None),
        (["--challenge", "challenge-1", "--nonce", "challenge-1"], 0, None),
        (["--domain", "https://gateway.hospital.example"], 0, None),
        (["--audience", "https://gateway.hospital.example"], 0, None),
        (["--challenge", "other"], 1, "INVALID_CHALLENGE_ERROR"),
        (["--nonce", "other"], 1, "INVALID_CHALLENGE_ERROR"),
        (["--domain", "https://other.example"], 1, "INVALID_DOMAIN_ERROR"),
        (["--audience", "https://other.example"], 1, "INVALID_DOMAIN_ERROR"),
        (["--require-holder-binding"], 1, "HOLDER_BINDING_ERROR"),
    ],
)
def test_what_is_expected_of_a_presentation(
    medid: Command,
    folder: Path,
    web: list[str],
    flags: list[str],
    code: int,
    error: str | None,
) -> None:
    told = medid("verify", folder / "presentation.json", *NOW, *web, *flags, "--json")
    codes = {one["code"] for one in told.json()["errors"]}

    assert told.code == code
    assert codes == ({error} if error else set())


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--challenge", "a", "--nonce", "b"], "--challenge and --nonce"),
        (["--domain", "a", "--audience", "b"], "--domain and --audience"),
        (["--now", "yesterday"], "--now"),
        (["--now", "2026-06-15T12:00:00"], "--now"),
        (["--document", "x.json"], "--document takes URL=FILE"),
        (["--document", "=x.json"], "--document takes URL=FILE"),
        (["--document", "https://x.example="], "--document takes URL=FILE"),
        (["--document", "https://x.example=/nowhere"], "cannot read /nowhere"),
        (["--document", "did:WEB:x=/dev/null"], "--document"),
        (["--context", "x.json"], "--context takes URL=FILE"),
        (["--context", "https://x.example=/dev/null"], "--context"),
        (["--evidence", "/nowhere"], "cannot read /nowhere"),
        (["--evidence", "/dev/null"], "/dev/null"),
        (["--trust", "/nowhere"], "trust file"),
        (["--trust", "/dev/null"], ""),
        (["--skew", "nan"], "length of time"),
        (["--skew", "-1"], "length of time"),
        (["--skew", "soon"], "--skew"),
        (["--status", "maybe"], "--status"),
        (["--unknown"], "--unknown"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    medid: Command, folder: Path, flags: list[str], words: str
) -> None:
    plain = medid("verify", folder / "license.json", "--offline", *flags)
    found = medid("verify", folder / "license.json", "--offline", *flags, "--json")

    assert (plain.code, found.code) == (2, 2)
    assert plain.out == ""
    assert plain.err.startswith("error: CONFIGURATION_ERROR at ")
    assert plain.err.count("\n") == 1
    assert words in plain.err
    assert found.json()["error"]["code"] == "CONFIGURATION_ERROR"


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_trust_file_is_json_or_yaml(
    medid: Command, folder: Path, web: list[str], tmp_path: Path, form: str
) -> None:
    # JSON is YAML: the name says how to read it.
    file = tmp_path / f"trust.{form}"
    file.write_text((folder / "trust.json").read_text())
    told = medid("verify", folder / "license.json", *NOW, *web, "--trust", file)

    assert told.code == 0
    assert "ok trust" in told.out
    assert "warning" not in told.out


def test_a_stranger_is_refused_where_trust_is_asked(
    medid: Command, folder: Path, web: list[str], tmp_path: Path, world: World
) -> None:
    file = tmp_path / "strange.json"
    file.write_text(dumps(world.license_of(issuer=controller())))
    told = medid("verify", file, *NOW, *web, "--trust", folder / "trust.json", "--json")

    assert told.code == 1
    assert "ISSUER_NOT_TRUSTED" in {one["code"] for one in told.json()["errors"]}


@pytest.mark.parametrize(("policy", "code"), [("off", 0), ("required", 3)])
def test_status_may_be_left_out_only_on_demand(
    medid: Command, folder: Path, policy: str, code: int
) -> None:
    did = f"did:web:board.example={folder / 'did.json'}"
    told = medid(
        "verify", folder / "license.json", *NOW, "--document", did, "--status", policy
    )

    assert told.code == code


def test_skew_bridges_clocks(medid: Command, folder: Path, web: list[str]) -> None:
    early = ["--now", str(START.plus(-61)), "--offline", "--status", "off"]
    file = folder / "license.json"

    assert medid("verify", file, *early, *web).code == 1
    assert medid("verify", file, *early, *web, "--skew", "120").code == 0


def test_a_context_has_to_be_trusted_by_hand(
    medid: Command, tmp_path: Path, world: World
) -> None:
    url = "https://terms.example/v1"
    context: dict[str, Any] = {"@context": {"motto": "https://terms.example/#motto"}}
    store = contexts().register_context(url, context)
    draft: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2", url],
        "type": ["VerifiableCredential"],
        "issuer": world.patient.did,
        "credentialSubject": {"motto": "first, do no harm"},
    }
    file, terms = tmp_path / "motto.json", tmp_path / "terms.json"
    signed = issue(draft, world.patient, at=START, contexts=store)
    assert isinstance(signed, dict)
    file.write_text(dumps(signed))
    terms.write_text(json.dumps(context))

    assert medid("verify", file, *NOW).code == 1
    assert medid("verify", file, *NOW, "--context", f"{url}={terms}").code == 0


def test_online_is_the_default_and_guarded(medid: Command, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("{}")

    assert medid("verify", file).code == 1
