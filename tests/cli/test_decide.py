from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.cli.demo_world import PRACTITIONER
from medid.core.json import dumps
from medid.keys import KeyKind
from tests.access.world import World, as_doc, controller, fhir_consent

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command


@pytest.fixture
def call(folder: Path) -> list[str]:
    """A call that permits."""
    return [
        "decide",
        *("--presentation", str(folder / "presentation.json")),
        *("--request", str(folder / "request.json")),
        *("--trust", str(folder / "trust.json")),
        *("--evidence", str(folder / "evidence.json")),
        "--offline",
    ]


def changed(call: list[str], flag: str, value: str | Path) -> list[str]:
    index = call.index(flag) + 1
    return [*call[:index], str(value), *call[index + 1 :]]


def test_the_answer_is_the_authzen_response(medid: Command, call: list[str]) -> None:
    told = medid(*call)
    found = told.json()

    assert (told.code, told.err) == (0, "")
    assert found["decision"] is True
    assert found["context"]["outcome"] == "permit"
    assert found["context"]["time"] == "2026-06-15T12:01:00Z"
    assert [one["code"] for one in found["context"]["reasons"]] == [
        "LICENSE_OK",
        "CONSENT_PERMIT",
    ]
    assert told.out.count("\n") > 10
    assert medid(*call, "--json").out.count("\n") == 1


def test_an_outage_is_neither_yes_nor_no(medid: Command, call: list[str]) -> None:
    """Nothing is at hand and nothing is fetched: no key, and no status list."""
    where = call.index("--evidence")
    told = medid(*call[:where], *call[where + 2 :])

    assert told.code == 3
    assert told.json()["decision"] is False
    assert told.json()["context"]["outcome"] == "indeterminate"
    codes = {one["code"] for one in told.json()["context"]["reasons"]}
    assert {"PROOF_UNKNOWN", "STATUS_UNKNOWN"} <= codes
    assert "PROOF_INVALID" not in codes


def test_the_presentation_is_given_in_one_place(
    medid: Command, call: list[str], folder: Path, tmp_path: Path
) -> None:
    request = json.loads((folder / "request.json").read_text())
    request["subject"]["properties"]["presentation"] = "x"
    twice = tmp_path / "twice.json"
    twice.write_text(dumps(request))
    told = medid(*changed(call, "--request", twice))

    assert told.code == 2
    assert "$.subject.properties.presentation" in told.err


def test_what_stands_beside_the_parts_of_a_request_is_ignored(
    medid: Command, call: list[str], folder: Path, tmp_path: Path
) -> None:
    request = json.loads((folder / "request.json").read_text())
    later = tmp_path / "later.json"
    strange: tuple[tuple[dict[str, Any], int], ...] = (
        ({"futureField": {"nested": True}, "foo": None}, 0),
        ({"action": {**request["action"], "foo": None}}, 2),
    )
    for changes, code in strange:
        later.write_text(dumps({**request, **changes}))
        assert medid(*changed(call, "--request", later)).code == code


@pytest.mark.parametrize(
    ("supported", "code"), [(["custom"], 0), ([], 0), (["custom", 1], 2), ("x", 2)]
)
def test_what_the_caller_supports_is_read(
    medid: Command,
    call: list[str],
    folder: Path,
    tmp_path: Path,
    supported: Any,
    code: int,
) -> None:
    request = json.loads((folder / "request.json").read_text())
    request["context"]["supported_obligations"] = supported
    asked = tmp_path / "asked.json"
    asked.write_text(dumps(request))

    assert medid(*changed(call, "--request", asked)).code == code


def test_outsiders_are_told_no_reasons(medid: Command, call: list[str]) -> None:
    found = medid(*call, "--public").json()

    assert found["decision"] is True
    assert set(found["context"]) == {"expires"}


def test_every_denial_is_the_same_to_outsiders(
    medid: Command, call: list[str], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    told = {
        medid(*asked, "--public").out
        for asked in (
            [*call, "--challenge", "other"],
            [*call, "--consent", str(broken)],
            changed(call, "--presentation", broken),
        )
    }

    assert [json.loads(one) for one in told] == [{"decision": False, "context": {}}]


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--challenge", "challenge-1"], 0),
        (["--challenge", "other"], 1),
        (["--domain", "https://gateway.hospital.example"], 0),
        (["--domain", "https://other.example"], 1),
        (["--now", "2026-06-15T12:02:00Z"], 0),
        (["--now", "2036-06-15T12:02:00Z"], 1),
        (["--now", "soon"], 2),
        (["--document", "nothing"], 2),
        (["--evidence", "/nowhere"], 2),
        (["--consent", "/nowhere"], 2),
    ],
)
def test_flags_decide(
    medid: Command, call: list[str], flags: list[str], code: int
) -> None:
    assert medid(*call, *flags).code == code


def test_a_consent_on_file_may_refuse(
    medid: Command, call: list[str], tmp_path: Path
) -> None:
    refusal, broken = tmp_path / "refusal.json", tmp_path / "broken.json"
    refusal.write_text(dumps(fhir_consent("deny")))
    broken.write_text("{")
    told = medid(*call, "--consent", refusal, "--json")

    assert told.code == 1
    assert told.json()["context"]["reasons"][1]["credential"] == "on-file-1"
    assert medid(*call, "--consent", broken).code == 3


def test_without_evidence_it_is_not_known_and_not_permitted(
    medid: Command, call: list[str], folder: Path
) -> None:
    index = call.index("--evidence")
    told = medid(*call[:index], *call[index + 2 :])

    assert told.code in {1, 3}
    assert told.json()["decision"] is False


def test_documents_stand_for_the_web(
    medid: Command, call: list[str], web: list[str]
) -> None:
    index = call.index("--evidence")

    assert medid(*call[:index], *call[index + 2 :], *web).code == 0


def test_used_evidence_can_be_sealed_and_decides_again(
    medid: Command, call: list[str], web: list[str], tmp_path: Path
) -> None:
    seal = tmp_path / "seal.json"
    index = call.index("--evidence")
    bare = [*call[:index], *call[index + 2 :]]
    first = medid(*bare, *web, "--seal", seal)
    second = medid(*bare, "--evidence", seal)

    assert json.loads(seal.read_text())["documents"]
    assert first.json() == second.json()
    assert medid(*bare, *web, "--seal", tmp_path / "no" / "such").code == 2


@pytest.mark.parametrize("content", ["", "{", "{}", '{"type": "x"}'])
def test_a_presentation_that_cannot_be_read_is_denied(
    medid: Command, call: list[str], tmp_path: Path, content: str
) -> None:
    file = tmp_path / "vp.json"
    file.write_text(content)
    told = medid(*changed(call, "--presentation", file))

    assert told.code == 1
    assert told.json()["decision"] is False


@pytest.mark.parametrize("flag", ["--presentation", "--request", "--trust"])
def test_a_file_that_is_not_there_is_a_wrong_call(
    medid: Command, call: list[str], flag: str
) -> None:
    told = medid(*changed(call, flag, "/nowhere"))

    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("error: CONFIGURATION_ERROR")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"acceptedBoards": []}'])
@pytest.mark.parametrize("flag", ["--request", "--trust"])
def test_a_file_of_the_wrong_form_is_a_wrong_call(
    medid: Command, call: list[str], tmp_path: Path, flag: str, content: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    told = medid(*changed(call, flag, file))

    assert (told.code, told.out) == (2, "")
    assert told.err.count("\n") == 1


def test_the_request_may_come_from_standard_input(
    medid: Command, call: list[str], folder: Path, stdin: Any
) -> None:
    stdin((folder / "request.json").read_bytes())

    assert medid(*changed(call, "--request", "-")).code == 0


def test_a_yaml_registry_decides_alike(
    medid: Command, call: list[str], folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "trust.yaml"
    file.write_text((folder / "trust.json").read_text())

    assert medid(*changed(call, "--trust", file)).code == 0


@pytest.mark.parametrize("member", ["subject", "action", "resource"])
def test_a_malformed_request_is_told_by_its_path(
    medid: Command, call: list[str], world: World, tmp_path: Path, member: str
) -> None:
    request = as_doc(world.asks())
    request[member] = 5
    file = tmp_path / "request.json"
    file.write_text(dumps(request))
    told = medid(*changed(call, "--request", file), "--json")

    assert told.code == 2
    assert told.json()["error"]["path"] == f"$.{member}"


def test_a_presentation_with_ml_dsa_decides_where_it_is_allowed(
    medid: Command, call: list[str], world: World, tmp_path: Path
) -> None:
    holder = controller(KeyKind.ML_DSA_65)
    license_ = world.license_of(holder.did)
    actor: dict[str, Any] = {
        "type": "ActorBinding",
        "reference": PRACTITIONER,
        "did": holder.did,
    }
    consent = world.consent_of(terms={"actorBinding": [actor]})
    shown = world.shown(
        license_, consent, by=holder, securing="vp+jwt", allow_ml_dsa=True
    )
    asked = world.asks()
    asked["subject"]["id"] = holder.did
    (tmp_path / "request.json").write_text(json.dumps(asked))
    (tmp_path / "shown.jwt").write_text(shown)
    argv = changed(call, "--presentation", tmp_path / "shown.jwt")
    argv = changed(argv, "--request", tmp_path / "request.json")
    told = medid(*argv)
    assert told.code == 1
    assert "CRYPTOGRAPHIC_SECURITY_ERROR" in told.out
    assert medid(*argv, "--allow-ml-dsa").code == 0
