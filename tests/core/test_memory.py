"""What is remembered is bounded, exact, and holds no failure."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from medid.core.memory import FORGETFUL, MAX_KNOWN, TEXT_WEIGHT, Known, Memory
from medid.errors import ConfigurationError, MalformedValue

if TYPE_CHECKING:
    from collections.abc import Callable


def counted(value: object) -> tuple[list[int], Callable[[], object]]:
    """A function that returns ``value``, and the list that grows with each call."""
    calls: list[int] = []

    def make() -> object:
        calls.append(1)
        return value

    return calls, make


def test_once_makes_each_name_once() -> None:
    known, (calls, make) = Known(), counted(None)
    assert known.once("a", make) is None
    assert known.once("a", make) is None
    assert len(calls) == 1
    known.once("b", make)
    assert len(calls) == 2


def test_once_keeps_no_failure() -> None:
    known = Known()
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise MalformedValue("no")

    for _ in range(2):
        with pytest.raises(MalformedValue):
            known.once("a", fail)
    assert len(calls) == 2
    assert known.once("a", lambda: "now") == "now"


def test_known_is_bounded() -> None:
    known, (calls, make) = Known(), counted(1)
    for number in range(MAX_KNOWN + 1):
        known.once(number, make)
    known.once(0, make)
    assert len(calls) == MAX_KNOWN + 2  # the first one had made room


def test_read_goes_by_kind_and_exact_text() -> None:
    memory, (calls, make) = Memory(), counted("made")
    for kind, text in (("a", b"x"), ("b", b"x"), ("a", b"x "), ("a", b"x")):
        assert memory.read(kind, text, make) == "made"
    assert len(calls) == 3


def test_the_least_recently_used_goes_first() -> None:
    memory = Memory(max_bytes=4 * TEXT_WEIGHT)
    calls, make = counted(1)
    for text in (b"a", b"b", b"c", b"d", b"a", b"e"):
        memory.read("k", text, make)
    assert len(calls) == 5
    memory.read("k", b"a", make)
    assert len(calls) == 5
    memory.read("k", b"b", make)
    assert len(calls) == 6


def test_what_is_too_large_is_not_kept() -> None:
    memory = Memory(max_bytes=4 * TEXT_WEIGHT)
    calls, make = counted(1)
    memory.read("k", b"a", make)
    for _ in range(2):
        memory.read("k", b"xx", make)
    memory.read("k", b"a", make)
    assert len(calls) == 3


def test_the_size_of_what_was_made_counts() -> None:
    memory = Memory(max_bytes=400)
    calls, make = counted(b"x" * 100)
    for key in "abcda":
        memory.recall(key, make, size=lambda made: len(bytes(str(made), "ascii")) - 3)
    assert len(calls) == 4
    memory.recall("e", make, size=lambda _: 100)
    memory.recall("b", make, size=lambda _: 100)
    assert len(calls) == 6


def test_one_key_counts_once() -> None:
    memory, started = Memory(max_bytes=400), threading.Barrier(2)

    def make() -> int:
        started.wait(5)
        return 1

    def ask() -> None:
        memory.recall("same", make, size=lambda _: 100)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Both made it, and it takes the room of one: three more fit beside it.
    calls, other = counted(2)
    for key in ("x", "y", "z"):
        memory.recall(key, other, size=lambda _: 100)
    assert memory.recall("same", other, size=lambda _: 100) == 1
    assert len(calls) == 3


@pytest.mark.parametrize("memory", [FORGETFUL, Memory(max_bytes=0)])
def test_a_forgetful_memory_keeps_nothing(memory: Memory) -> None:
    calls, make = counted(1)
    for _ in range(2):
        memory.read("k", b"", make)
        memory.read("k", b"a", make)
    assert len(calls) == 4


def test_less_than_nothing_is_no_size() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Memory(max_bytes=-1)
    assert caught.value.path == "$.max_bytes"


def test_threads_share_one_memory() -> None:
    memory = Memory(max_bytes=40 * TEXT_WEIGHT)
    wrong: list[object] = []

    def work(seed: int) -> None:
        for number in range(2_000):
            text = b"%d" % ((number * seed) % 60)
            found = memory.read("k", text, partial(bytes, text))
            if found != text:
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 7, 11, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
