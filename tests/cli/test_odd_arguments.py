"""No argument of any command ends in something that medid did not foresee.

Each option of each command is given each odd value once, beside values that a careless
caller would give for the rest. Servers are left out: they would run.
"""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest
import typer

from medid.cli.commands import tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Command

RUN_ON: Final = {"serve", "signer serve", "demo"}
FOLDERS: Final = {"", "folder"}  # that there are, so that a board could be served
FLAGS_THAT_RUN_ON: Final = {"--watch", "--follow"}
FILES: Final[dict[str, bytes]] = {
    "empty": b"",
    "binary": bytes(range(256)) * 8,
    "object.json": b"{}",
    "array.json": b"[]",
    "deep.json": b"[" * 5_000,
    "number.json": b"1e400",
    "lone.json": b'{"a": "\\ud800"}',
    "null.json": b"null",
    "table.csv": b"a,b\n1,2\n",
    "text": b"hello\n",
    "open.yaml": b"a: [1, 2\n",
}
DID: Final = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
ODD: Final = (
    *FILES,
    *("", "-", "a\nb", "\udcff", "\ud800", "é", "folder", "missing", "folder/missing"),
    *("9" * 400, "1", "-1", "nan", "inf", "1e400", "=", "a=b", "a=object.json"),
    *("2026-13-01", "2026-01-01T00:00:00Z", "9999-12-31T23:59:60Z"),
    *(DID, "did:web:board.example", "did:web:x", "did:web:board.example=object.json"),
    *("https://board.example/", "https://[", "http://127.0.0.1:1/", "pkcs11:x"),
    *("sqlite:///register.db", "sqlite:///folder", "postgresql://[", "none://"),
    *("arn:aws:kms:x", "postgresql+psycopg://127.0.0.1:1/x"),
)
CHOSEN: Final[dict[str, str]] = {
    "password_file": "text",
    "register": "sqlite:///register.db",
    "board": DID,
    "now": "2026-01-01T00:00:00Z",
}


def leaves(group: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each command of ``group`` with its whole name."""
    for word, one in group.commands.items():
        full = f"{name} {word}".strip()
        if hasattr(one, "commands"):
            yield from leaves(one, full)
        else:
            yield full, one


COMMANDS: Final = dict(leaves(typer.main.get_command(tree())))


def calls(command: Any, chance: random.Random) -> Iterator[list[str]]:
    """Calls of ``command``: each value for each parameter, the others by chance."""
    for odd in command.params:
        for value in ODD:
            args: list[str] = []
            for one in command.params:
                given = chance.choice(ODD)
                if one.name in CHOSEN and chance.random() < 0.9:
                    given = CHOSEN[one.name]
                given = value if one is odd else given
                if one.param_type_name == "argument":
                    args.append(given)
                elif one.name == "help" or FLAGS_THAT_RUN_ON & {*one.opts}:
                    continue
                elif one is odd or one.required or chance.random() < 0.2:
                    args += [one.opts[0]] if one.is_flag else [one.opts[0], given]
            yield args


@pytest.mark.campaign
@pytest.mark.parametrize("name", sorted({*COMMANDS} - RUN_ON))
def test_an_odd_argument_is_told_and_no_fault(
    name: str,
    medid: Command,
    stdin: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    chance = random.Random(name)
    wanted = [*calls(COMMANDS[name], chance)]
    if not os.environ.get("MEDID_SOAK"):
        wanted = chance.sample(wanted, min(8, len(wanted)))
    for args in wanted:
        if name == "board serve" and not FOLDERS.isdisjoint(args):
            continue
        for file, content in FILES.items():
            (tmp_path / file).write_bytes(content)
        (tmp_path / "folder").mkdir(exist_ok=True)
        stdin(b"hello\n")
        told = medid(*name.split(), *args)
        assert told.code in {0, 1, 2, 3}, args
        assert "INTERNAL_ERROR" not in told.err, args
        assert "Traceback" not in told.err, args
        shutil.rmtree(tmp_path / "folder")


@pytest.mark.parametrize("argument", ["\ud800", "a\udcffb"])
def test_an_argument_that_is_no_text_is_named_by_its_place(
    argument: str, medid: Command, tmp_path: Path
) -> None:
    register = f"sqlite:///{tmp_path / 'register.db'}"
    made = ("--name", "B", "--site", "https://b.example", "--jurisdiction", "US-OH")
    done = medid("board", "init", "--register", register, "--board", DID, *made)
    assert done.code == 0
    told = medid("board", "find", "1", "--register", register, "--board", argument)
    assert told.code == 2
    assert "argument 7 is not text in UTF-8" in told.err
    assert "udcff" not in ascii(told.err)


def test_a_fault_that_is_not_the_arguments_is_one_of_medid(
    medid: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        "\ud800".encode()

    monkeypatch.setattr("medid.cli.files.read", failing)
    told = medid("verify", "--offline", "credential.json")
    assert told.code == 2
    assert "INTERNAL_ERROR" in told.err
