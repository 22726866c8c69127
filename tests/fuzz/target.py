"""What a target is, and what has to hold for whatever it is given."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.errors import MedidError, codes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fuzz.trees import Chance

# Changes an input as its format allows, so that the next gate is reached.
Form: TypeAlias = "Callable[[bytes, Chance], bytes]"

# What stands in for personal data in the seeds, and among what is put into them. The
# first word of it may be no name that a path shows.
CANARY: Final = "canary feather\u2603"
_SPELLED: Final = (CANARY, "Amelia Canaryfeather", "35.CANARY.98231", "canary-nonce")
_CANARY: Final = "canary"

MAX_MESSAGE: Final = 400  # characters; a message is one line for people
MAX_PATH: Final = 8_192  # characters; 64 levels of 66 characters, and "[0]" between


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader.

    Attributes:
        name: As the command line knows it.
        read: Reads one input. It raises ``MedidError`` for a bad one, and
            ``AssertionError`` where an invariant of its own does not hold.
        seeds: Makes inputs that are accepted.
        change: Makes another input of one.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]
    change: Form


def hold(target: Target, data: bytes) -> bool:
    """Whether ``target`` accepts ``data``; only ``MedidError`` says that it does not.

    Raises:
        AssertionError: An invariant does not hold.
        Exception: Whatever else escaped from the reader.
    """
    try:
        # What is warned of would be written to a server's standard error.
        with warnings.catch_warnings(action="error"):
            target.read(data)
    except MedidError as error:
        check_error(error)
        return False
    return True


def check_error(error: MedidError) -> None:
    """An error is short, has a stable code and a path, and shows no data."""
    assert error.code in codes()
    assert 0 < len(error.message) <= MAX_MESSAGE
    assert 0 < len(error.fix) <= MAX_MESSAGE
    assert error.path.startswith("$")
    assert len(error.path) <= MAX_PATH
    assert _CANARY not in (error.message + error.fix).lower(), "a value was shown"
    check_secrecy(error.path)
    shown = str(error)
    assert shown.isprintable(), "a message that no terminal can be given"
    shown.encode()


def check_secrecy(text: str) -> None:
    """``text`` is for everybody, and holds nothing that stands for personal data."""
    assert not any(one in text for one in _SPELLED), "personal data was shown"


def check_growth(made: bytes | str, data: bytes, times: int = 16) -> None:
    """What was made of ``data`` is not much more than it."""
    assert len(made) <= times * len(data) + 4_096
