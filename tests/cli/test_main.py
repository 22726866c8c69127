"""The door of the command: exit codes, help, and no traceback, whatever happens."""

from __future__ import annotations

import errno
import importlib
import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from medid.cli import board, dids, main, trust
from medid.cli.output import Exit, exit_of, worst
from medid.core.version import VERSION
from medid.errors import ConfigurationError, EvidenceUnavailable, Expired

if TYPE_CHECKING:
    from medid.cli.groups import Group
    from tests.cli.conftest import Command

COMMANDS = [
    "verify",
    "decide",
    "issue",
    "present",
    "demo",
    "consent evaluate",
    "consent test",
    "consent init-scenario",
    "license evaluate",
    "license test",
    "did resolve",
    "did create",
    "did update",
    "did rotate",
    "did deactivate",
    "did log",
    "did witness",
    "key generate",
    "status create",
    "status set",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(medid: Command, command: str) -> None:
    told = medid(*command.split(), "--help")
    lines = told.out.splitlines()

    assert told.code == 0
    example = lines[lines.index("  Example:") + 1]
    assert example.startswith(f"      medid {command}")


@pytest.mark.parametrize("group", ["", "consent", "license", "did", "key", "status"])
def test_without_a_command_there_is_help(medid: Command, group: str) -> None:
    assert medid(*group.split(), "--help").code == 0
    assert medid(*group.split()).code == 2


def test_the_version_is_told(medid: Command) -> None:
    told = medid("--version")

    assert (told.code, told.out) == (0, f"medid {VERSION}\n")


@pytest.mark.parametrize(
    "argv", [["verfy"], ["did"], ["did", "destroy"], ["verify"], ["verify", "--x", "y"]]
)
def test_a_wrong_call_is_exit_2(medid: Command, argv: list[str]) -> None:
    told = medid(*argv)

    assert (told.code, told.out) == (2, "")
    assert told.err
    assert "Traceback" not in told.err


def test_exit_codes_rank_a_wrong_call_before_no_before_unknown() -> None:
    assert exit_of(ConfigurationError("x")) is Exit.USAGE
    assert exit_of(EvidenceUnavailable("x")) is Exit.UNKNOWN
    assert exit_of(Expired("x")) is Exit.NO
    assert worst([Exit.YES, Exit.UNKNOWN, Exit.NO, Exit.USAGE]) is Exit.USAGE
    assert worst([Exit.UNKNOWN, Exit.NO]) is Exit.NO
    assert worst([Exit.YES, Exit.UNKNOWN]) is Exit.UNKNOWN
    assert worst([Exit.YES]) is Exit.YES


def _broken(*_args: object, **_named: object) -> None:
    raise RuntimeError("secret-value-of-a-document")


@pytest.mark.parametrize("debug", [False, True])
def test_what_nobody_foresaw_is_one_line(
    medid: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    monkeypatch.setattr("medid.cli.files.evidence", _broken)
    if debug:
        monkeypatch.setenv("MEDID_DEBUG", "1")
    else:
        monkeypatch.delenv("MEDID_DEBUG", raising=False)
    told = medid("verify", folder / "license.json")

    assert (told.code, told.out) == (2, "")
    assert "error: INTERNAL_ERROR at $: RuntimeError inside medid" in told.err
    assert ("Traceback" in told.err) is debug
    assert ("secret-value" in told.err) is debug


@pytest.mark.parametrize("stop", [typer.Abort, SystemExit])
def test_an_interrupted_command_is_no_success(
    medid: Command, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    def stopped(*_args: object) -> None:
        raise stop

    monkeypatch.setattr("medid.cli.files.instant", stopped)

    assert medid("demo").code == 2


def test_without_typer_the_answer_says_what_to_install(
    medid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules: dict[str, Any] = {"typer": None}
    monkeypatch.setitem(sys.modules, "typer", modules["typer"])
    told = medid("verify", "x")

    assert told.code == 2
    assert "pip install 'medid[cli]'" in told.err


@pytest.mark.parametrize("letter", ["\x1b[2J", "\x9b2J", "\u202e", "\x7f", "\udcff"])
@pytest.mark.parametrize("flags", [[], ["--json"]])
@pytest.mark.parametrize("command", ["verify", "consent test", "license evaluate"])
def test_no_name_of_a_file_drives_the_terminal(
    medid: Command, command: str, letter: str, flags: list[str]
) -> None:
    told = medid(*command.split(), f"x{letter}y.json", *flags)

    assert told.code == 2
    for text in (told.out, told.err):
        assert all(one.isprintable() or one == "\n" for one in text)
    if flags:
        assert told.lines()[0]["file"] == f"x{letter}y.json"


def test_no_argument_drives_the_terminal(medid: Command) -> None:
    told = medid("verify", "--x\x1b[2J", "y")
    extra = medid("did", "resolve", "did:key:z", "x\x1b[2J")

    for text in (told.err, extra.err):
        assert text
        assert "\x1b" not in text


def _process(*argv: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "medid.cli.main", *argv]
    return subprocess.run(command, check=False, timeout=120, **options)


# What each may load of medid itself, in modules: some more than it does, and far
# fewer than all. Loading them is most of what a short command costs.
LOADED = {
    ("key", "generate"): (75, "medid.adapters.https", "medid.dids.resolver"),
    ("did", "log"): (185, "medid.cli.did_create", "medid.verifying"),
    ("board", "status"): (235, "medid.cli.board_publish", "medid.verifying"),
    ("verify",): (260, "medid.access", "medid.server", "medid.cli.decide"),
}


@pytest.mark.parametrize("argv", LOADED)
def test_a_command_loads_no_others_modules(argv: tuple[str, ...]) -> None:
    most, *others = LOADED[argv]
    asked = f"import sys; from medid.cli.main import run; run([*{argv}, '--help'])"
    told = "print(*(name for name in sys.modules if name.startswith('medid')))"
    command = [sys.executable, "-c", f"{asked}; {told}"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert f"Usage: medid {' '.join(argv)} " in done.stdout
    loaded = done.stdout.splitlines()[-1].split()
    assert len(loaded) <= int(most)
    assert not set(others) & set(loaded)


@pytest.mark.parametrize("group", [board.GROUP, dids.GROUP, trust.GROUP])
def test_each_file_of_a_group_adds_the_commands_that_are_listed(group: Group) -> None:
    every = typer.main.get_command(group.app())
    assert list(every.commands) == [  # type: ignore[attr-defined]
        name for names in group.files.values() for name in names
    ]
    for names in group.files.values():
        for name in names:
            one = typer.main.get_command(group.app(name))
            assert tuple(one.commands) == names  # type: ignore[attr-defined]
            assert one.help == every.help == group.text


def test_a_process_ends_with_the_exit_code(folder: Path) -> None:
    missing = _process("verify", "/nowhere", capture_output=True)
    denied = _process("verify", "-", "--offline", input=b"{}", capture_output=True)

    assert (missing.returncode, denied.returncode) == (2, 1)
    assert b"Traceback" not in missing.stderr + denied.stderr


def test_the_package_is_the_command_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    importlib.import_module("medid.__main__")  # which alone does nothing
    monkeypatch.delitem(sys.modules, "medid.__main__")
    monkeypatch.setattr("sys.argv", ["medid", "--version"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("medid", run_name="__main__")
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"medid {VERSION}\n"


def test_a_reader_who_left_is_no_traceback_and_no_yes() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    told = _process("--version", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)

    assert told.returncode == 2
    assert told.stderr == b""


def test_main_exits_with_the_code_of_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["medid", "--version"])
    with pytest.raises(SystemExit) as caught:
        main.main()

    assert caught.value.code == 0
    assert capsys.readouterr().out == f"medid {VERSION}\n"


@pytest.mark.skipif(
    not os.access("/dev/full", os.W_OK), reason="no full device here, or not for us"
)
@pytest.mark.parametrize(
    "argv", [["--version"], ["did", "--help"], ["verify", "/nowhere", "--json"]]
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_answer_that_has_no_room_is_told_and_is_no_yes(
    argv: list[str], unbuffered: str
) -> None:
    """Whether what is said goes out at once or at the end, when it is too late."""
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        told = _process(*argv, stdout=full, stderr=subprocess.PIPE, env=env)
        both = _process(*argv, stdout=full, stderr=full, env=env)

    assert (told.returncode, both.returncode) == (2, 2)
    assert told.stderr.startswith(
        b"error: CONFIGURATION_ERROR at $: the answer cannot be written: "
    )
    assert told.stderr.count(b"\n") == 1


@pytest.mark.skipif(
    not os.access("/dev/full", os.W_OK), reason="no full device here, or not for us"
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_error_that_has_no_room_is_no_yes(unbuffered: str) -> None:
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        error = _process("verify", "/nowhere", stdout=full, stderr=full, env=env)
    assert error.returncode == 2


def test_an_answer_without_room_is_told_where_it_was_kept_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A short one is written when the process ends."""

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sys.argv", ["medid", "--version"])
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout.flush", full)
        with pytest.raises(SystemExit) as caught:
            main.main()

    assert caught.value.code == 2
    assert "the answer cannot be written: No space left" in capsys.readouterr().err


def test_a_fault_with_a_file_is_no_matter_of_the_streams(
    medid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "x.db")

    monkeypatch.setattr("medid.cli.files.instant", failing)
    assert "INTERNAL_ERROR at $: OSError" in medid("demo").err


@pytest.mark.parametrize(
    ("closed", "code"), [("<&-", 1), (">&-", 1), ("2>&-", 1), ("<&- >&- 2>&-", 1)]
)
def test_a_stream_that_is_closed_is_one_that_leads_nowhere(
    closed: str, code: int
) -> None:
    call = f'exec "$0" -m medid.cli.main verify - --offline {closed}'
    told = subprocess.run(
        ["sh", "-c", call, sys.executable],
        check=False,
        timeout=120,
        capture_output=True,
        input=b"{}",
    )
    assert told.returncode == code
    assert told.stderr == b""


def test_ctrl_c_while_modules_are_loaded_is_no_traceback(
    medid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("medid.cli.commands.tree", stopped)
    told = medid("demo")
    assert (told.code, told.out, told.err) == (130, "", "")


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("atexit.register(stop)", 0),
        # When the command has ended, and before anything else is done.
        ("main.run = lambda _argv: stop()", 130),
        ("sys.stdout.flush = stop", 0),
    ],
)
def test_ctrl_c_at_the_end_of_a_command_is_no_traceback(when: str, code: int) -> None:
    lines = (
        "import atexit, io, signal, sys",
        "from medid.cli import main",
        # Whoever starts this in the background has it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)",
        "stop = lambda: signal.raise_signal(signal.SIGINT)",
        "sys.stdout = io.TextIOWrapper(io.BytesIO())",
        when,
        "main.main()",
    )
    told = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), "--version"],
        check=False,
        timeout=120,
        capture_output=True,
    )
    assert (told.returncode, told.stderr) == (code, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_locale_without_a_letter_gets_an_escape_or_a_mark(
    medid: Command, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """A name that is no file's is told, in words and in JSON."""
    name = "Núñez \U0001f600.json"
    for flags in ([], ["--json"]):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding)
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", stream)
            assert main.run(["verify", name, "--offline", *flags]) == 2
            stream.flush()
        told = raw.getvalue().decode(encoding)
        if flags:
            assert json.loads(told)["file"] == name
        else:
            assert told.startswith(name.encode(encoding, "replace").decode(encoding))
