"""Processes and threads sign what a bench signs, and end when they have to."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from medid.adapters.workshops import (
    process,
    signing_processes,
    signing_threads,
    wire,
)
from medid.adapters.workshops.processes import Process
from medid.board.acts import Issuing
from medid.board.workshop import Bench
from medid.errors import ProofGenerationError, SignerError
from medid.keys import keyfile
from tests.board.test_forms import BOARD, GOOD, NPI, WHO

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSWORD = b"a password for the tests"
WRONG = GOOD._replace(identifiers=((NPI, "1234567892"),))
SOME = [GOOD._replace(number=f"35.{one}") for one in range(5)]
JWT = Issuing(controller=WHO, securing="vc+jwt")
COSE = Issuing(controller=WHO, securing="vc+cose")


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> wire.Order:
    file = tmp_path_factory.mktemp("keys") / "board.key"
    quick = keyfile.Protection(cost=keyfile.MIN_COST)
    keyfile.save(file, WHO.signer, password=PASSWORD, protection=quick)  # type: ignore[arg-type]
    return wire.Order(
        board=BOARD,
        key=str(file),
        password=PASSWORD,
        public_key=WHO.signer.public_key.to_multikey(),
        verification_method=WHO.verification_method,
        securing="vc+jwt",
    )


def served(order: wire.Order, *messages: bytes) -> list[bytes]:
    """What a process answers, without the process."""
    answers = io.BytesIO()
    process.serve(io.BytesIO(b"".join([order.message(), *messages])), answers)
    return messages_of(answers.getvalue())


def messages_of(told: bytes) -> list[bytes]:
    pipe = io.BytesIO(told)
    return list(iter(lambda: wire.received(pipe), b""))


def same(
    found: Sequence[bytes | ProofGenerationError],
    expected: Sequence[bytes | ProofGenerationError],
) -> bool:
    return list(map(str, found)) == list(map(str, expected))


def test_processes_sign_what_a_bench_signs_and_in_its_order(order: wire.Order) -> None:
    bench = Bench(BOARD, JWT)
    with signing_processes(order, count=2) as workshop:
        assert workshop.securing == bench.securing
        assert workshop.verification_method == bench.verification_method
        # More parts than there is room for, each with one that is refused.
        parts = [[*SOME[:at], WRONG] for at in range(5)] * 2
        for begun, part in [(workshop.begin(one), one) for one in parts]:
            assert same(begun(), bench.begin(part)())
    # The password is nowhere but in the pipe.
    assert PASSWORD.decode() not in repr(order)


def opened(order: wire.Order) -> Process:
    one = Process()
    one.open(order)
    return one


def test_a_process_that_is_killed_fails_its_part_and_all_after_it(
    order: wire.Order,
) -> None:
    one = opened(order)
    assert len(one.sign(SOME)) == 5
    os.kill(one._process.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(SignerError, match="has ended"):
            one.sign(SOME)
    one.close()


def test_a_process_that_answers_for_others_is_not_believed(order: wire.Order) -> None:
    one = opened(order)
    answers = one._answers
    one._answers = io.BytesIO(wire.answer_message([b"x"]))
    with pytest.raises(SignerError, match="lost its place"):
        one.sign(SOME)
    answers.close()
    one.close()


def test_a_process_that_does_not_end_is_ended(order: wire.Order) -> None:
    one = opened(order)
    os.kill(one._process.pid, signal.SIGSTOP)
    one.close(patience=0.05)
    assert one._process.returncode == -signal.SIGKILL


def test_a_process_ends_with_whoever_started_it(order: wire.Order) -> None:
    """Also with one that is killed, and can end nothing."""
    text = (
        "import sys, time\n"
        "from medid.adapters.workshops import wire\n"
        "from medid.adapters.workshops.processes import Process\n"
        "one = Process()\n"
        "one.open(wire.Order.read(wire.received(sys.stdin.buffer)))\n"
        "print(one._process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    argv = [sys.executable, "-c", text]
    parent = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    given, told = parent.stdin, parent.stdout
    assert given is not None
    assert told is not None
    given.write(order.message())
    given.flush()
    child = int(told.readline())
    parent.kill()
    parent.wait()
    # The pipe of the parent is open in the child as well, until that has ended.
    assert told.read() == b""
    stat = Path(f"/proc/{child}/stat")
    for _ in range(1_000):
        if not stat.exists() or ") Z " in stat.read_text():
            break
        signal.sigtimedwait([], 0.01)
    else:
        pytest.fail("the process is still there")
    given.close()
    told.close()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"password": b"another"}, "cannot be opened"),
        ({"key": "/nowhere/board.key"}, "cannot read"),
        ({"securing": "ecdsa-jcs-2019"}, "CONFIGURATION_ERROR"),
        ({"verification_method": "x"}, "INVALID_DID"),
    ],
)
def test_a_key_that_cannot_be_used_is_told_at_once(
    order: wire.Order, wrong: dict[str, str], says: str
) -> None:
    (message,) = served(replace(order, **wrong))  # type: ignore[arg-type]
    with pytest.raises(SignerError, match=says):
        wire.read_answers(message)


def test_processes_that_cannot_open_the_key_are_none(order: wire.Order) -> None:
    wrong = replace(order, password=b"another")
    with pytest.raises(SignerError), signing_processes(wrong, count=2):
        pytest.fail("there is no key")


def test_a_python_that_is_not_there_starts_nothing(
    order: wire.Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(SignerError, match="cannot start"):
        opened(order)


def test_a_process_reads_its_input_and_does_not_hear_of_ctrl_c(
    order: wire.Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGINT)
    answers = io.BytesIO()
    given = io.BytesIO(order.message() + wire.work_message(SOME))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=given))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=answers))
    try:
        process.main()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    found = wire.read_answers(messages_of(answers.getvalue())[-1])
    assert same(found, Bench(BOARD, JWT).begin(SOME)())


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"\0\0\0",
        (5).to_bytes(8) + b"abc",
        (wire.MAX_MESSAGE + 1).to_bytes(8) + b"abc",
        b"\xff" * 64,
        (3).to_bytes(8) + b"abc",
        (1).to_bytes(8) + b"[",
    ],
)
def test_what_is_no_message_is_the_end(told: bytes) -> None:
    with pytest.raises(SignerError, match="has ended"):
        wire.read_answers(wire.received(io.BytesIO(told)))


def test_a_message_carries_every_kind_of_answer(order: wire.Order) -> None:
    parts = [SOME[0], WRONG, SOME[1]._replace(issued_on=None, identifiers=())]
    ready, answer = served(replace(order, securing="vc+cose"), wire.work_message(parts))
    assert wire.read_answers(ready) == []
    found = wire.read_answers(answer)
    assert same(found, Bench(BOARD, COSE).begin(parts)())
    refused = found[1]
    assert isinstance(refused, ProofGenerationError)
    assert refused.path == "$.credentialSubject.practitionerIdentifier[0].value"


def test_a_signer_that_fails_later_fails_the_part(order: wire.Order) -> None:
    # The statement is not one that a process is ever given.
    lines = served(order, wire.work_message([GOOD._replace(valid_from="x")]))
    with pytest.raises(SignerError):
        wire.read_answers(lines[-1])


def test_threads_sign_what_a_bench_signs_and_ask_no_more_than_they_may() -> None:
    bench = Bench(BOARD, JWT)
    with signing_threads(bench, count=3) as workshop:
        assert (workshop.securing, workshop.width) == ("vc+jwt", 1)
        assert workshop.verification_method == bench.verification_method
        begun = [workshop.begin([*SOME, WRONG]) for _ in range(3)]
        for one in begun:
            assert same(one(), bench.begin([*SOME, WRONG])())
