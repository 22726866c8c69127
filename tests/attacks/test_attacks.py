"""Every attack is refused and every valid document accepted by ``medid verify``."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid import errors
from medid.cli.main import run
from tests.attacks.case import NOW, as_bytes
from tests.attacks.corpus import cases
from tests.attacks.documents import BOARD, license_draft, plain, presented
from tests.attacks.honest import signed, signed_rdfc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.attacks.case import Case

pytestmark = pytest.mark.campaign

EXIT: Final = {
    "verified": {0},
    "refused": {1},
    "undecided": {3},
    "not-verified": {1, 3},
}
# An upper bound against endless work, in processor time; not a benchmark.
SECONDS: Final = 2.0
TOGETHER: Final = 20  # cases of one class in one test
MINIMUM_ATTACKS: Final = 450
MINIMUM_VALID: Final = 120


class TookTooLongError(Exception):
    """A case ran past its bound."""


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise when the block works for longer than ``seconds``."""

    def expire(_number: int, _frame: object) -> None:
        message = f"more than {seconds} s"
        raise TookTooLongError(message)

    if not hasattr(signal, "SIGPROF"):
        yield
        return
    before = signal.signal(signal.SIGPROF, expire)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def write(case: Case, folder: Path) -> None:
    """Put the files of ``case`` into ``folder``."""
    for name, content in case.files.items():
        (folder / name).write_bytes(content)


def answers(text: str) -> list[dict[str, Any]]:
    """Every JSON object of standard output; nothing else may be there."""
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    rest = text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        found.extend(value if isinstance(value, list) else [value])
        rest = rest[end:].strip()
    return found


def check(case: Case, code: int, out: str, err: str) -> None:
    """Compare one run with what ``case`` demands."""
    assert "Traceback" not in out + err, f"{case.id}: a traceback was shown"
    for canary in case.canaries:
        assert canary not in out + err, f"{case.id}: a claim's value was shown"
    assert code in EXIT[case.expect], f"{case.id}: exit {code}: {case.why}\n{out}{err}"
    (answer,) = answers(out)
    if case.argv[0] == "did":
        check_resolution(case, answer)
    else:
        check_answer(case, code, answer)


def check_resolution(case: Case, answer: dict[str, Any]) -> None:
    """A refused resolution names its error and shows no document."""
    assert not answer.get("didDocument"), f"{case.id}: a document was shown"
    assert answer["didResolutionMetadata"]["error"], f"{case.id}: no error named"


def check_answer(case: Case, code: int, answer: dict[str, Any]) -> None:
    """The JSON answer agrees with the exit code and explains itself."""
    outcome = {0: "verified", 1: "refused", 3: "undecided"}[code]
    assert answer["outcome"] == outcome, case.id
    assert answer["verified"] is (code == 0), case.id
    if code == 0:
        assert answer["errors"] == [], case.id
        return
    assert answer["errors"], f"{case.id}: refused without an error"
    for error in answer["errors"]:
        assert error["code"] in errors.codes(), f"{case.id}: {error['code']}"
        assert error["fix"], f"{case.id}: no fix for {error['code']}"
        assert error["message"], f"{case.id}: no message for {error['code']}"
        assert error["path"].startswith("$"), f"{case.id}: path {error['path']}"
    if case.codes:
        found = {error["code"] for error in answer["errors"]}
        assert found & case.codes, (
            f"{case.id}: {sorted(found)}, not {sorted(case.codes)}"
        )


def test_the_corpus_is_as_large_as_promised() -> None:
    """A generator that lost a class would otherwise pass unseen."""
    valid = sum(case.expect == "verified" for case in cases())
    assert valid >= MINIMUM_VALID
    assert len(cases()) - valid >= MINIMUM_ATTACKS


def batches() -> list[tuple[Case, ...]]:
    """The cases of each class, some at a time: each test costs by itself."""
    classes: dict[str, list[Case]] = {}
    for case in cases():
        classes.setdefault(case.group, []).append(case)
    return [
        tuple(batch) for found in classes.values() for batch in batched(found, TOGETHER)
    ]


def batched(found: list[Case], size: int) -> Iterator[list[Case]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]


@pytest.mark.parametrize("batch", batches(), ids=lambda batch: batch[0].id)
def test_verdicts(
    batch: tuple[Case, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run each case in this process; all that are wrong are told."""
    wrong = []
    for number, case in enumerate(batch):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(case, folder)
        monkeypatch.chdir(folder)
        text = case.files.get("stdin", b"")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text), "utf-8"))
        try:
            with bounded(SECONDS):
                code = run_here(*case.argv)
            shown = capsys.readouterr()
            check(case, code, shown.out, shown.err)
        except (AssertionError, TookTooLongError) as error:
            wrong.append(f"{case.id}: {error}")
    assert not wrong, "\n".join(wrong)


def run_here(*argv: str) -> int:
    """Run one command in this process; what it prints stays with the caller."""
    return run(list(argv))


@pytest.mark.parametrize("flag", ["--challenge", "--domain", "--nonce", "--audience"])
@pytest.mark.parametrize("name", ["challenge", "domain"])
def test_an_empty_expectation_is_no_leave_to_skip_it(
    flag: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent: dict[str, Any] = {name: None}
    document = presented(signed(plain(), BOARD), **silent)
    file = tmp_path / "presentation.json"
    file.write_bytes(as_bytes(document))
    about = {
        "challenge": ("--challenge", "--nonce"),
        "domain": ("--domain", "--audience"),
    }
    code = run_here("verify", str(file), "--offline", "--now", NOW, flag, "")
    shown = capsys.readouterr()
    assert "Traceback" not in shown.out + shown.err
    assert (code != 0) or flag not in about[name]


@pytest.mark.parametrize("name", ["condition", "adverseAction", "compact"])
def test_what_a_signature_does_not_cover_is_told(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """RDF has no empty arrays: one that is added later changes no signature."""
    document = signed_rdfc(license_draft(), BOARD)
    document["credentialSubject"]["license"][name] = []
    file = tmp_path / "license.json"
    file.write_bytes(as_bytes(document))
    code = run_here("verify", str(file), "--offline", "--now", NOW, "--json")
    (answer,) = answers(capsys.readouterr().out)
    told = [w for w in answer["warnings"] if f"license.{name}" in w]
    assert code == 1 or told


@pytest.mark.parametrize("order", [("good", "bad"), ("bad", "good"), ("bad", "bad")])
def test_one_bad_file_among_several_is_refused(
    order: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = signed(plain(), BOARD)
    (tmp_path / "good").write_bytes(as_bytes(good))
    (tmp_path / "bad").write_bytes(as_bytes({**good, "id": "urn:uuid:other"}))
    names = [str(tmp_path / name) for name in order]
    code = run_here("verify", *names, "--offline", "--now", NOW, "--json")
    found = answers(capsys.readouterr().out)
    assert code == 1
    assert [answer["verified"] for answer in found] == [n == "good" for n in order]
    assert [answer["file"] for answer in found] == names


def sample() -> list[Case]:
    """One case of each command and verdict; in a soak, of each class as well."""
    first: dict[tuple[str, ...], Case] = {}
    for case in cases():
        group = case.group if os.environ.get("MEDID_SOAK") else ""
        first.setdefault((case.argv[0], case.expect, group), case)
    return list(first.values())


@pytest.mark.parametrize("case", sample(), ids=lambda case: case.id)
def test_verdict_of_the_real_command(case: Case, tmp_path: Path) -> None:
    """The same answer through a process of its own."""
    write(case, tmp_path)
    command = [sys.executable, "-m", "medid.cli.main", *case.argv]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        input=case.files.get("stdin", b""),
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    check(case, done.returncode, done.stdout.decode(), done.stderr.decode())


LIMITED: Final = """
import resource, sys
from medid.cli.main import run
half = 512 * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (half, half))
sys.exit(run(sys.argv[1:]))
"""
BOMBS: Final = (
    "status/encoding-bomb-64-mib",
    "status/encoding-bomb-many-members",
    "json/limit-depth-200000",
    "json/limit-string-over-limit",
    "json-ld/poison-clique-14",
    "proof-shape/two-thousand",
    "sd-jwt/text-many-disclosures",
    "cose/size-bytes-2-60",
    "cose/size-deep-maps",
    "token-status/list-bomb-64-mib",
    "token-status/list-bomb-64-mib-cwt",
)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_fits_into_half_a_gibibyte(name: str, tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="limits of memory are a matter of Unix")
    (case,) = [case for case in cases() if case.id == name]
    write(case, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *case.argv],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    check(case, done.returncode, done.stdout.decode(), done.stderr.decode())
