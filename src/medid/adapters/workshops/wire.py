"""What a workshop and its processes say to each other: messages, each after its length.

The first message tells who signs, for whom and how; each one after it is a part of the
work. An answer is a message as well. Both ends are this very Python with this very
medid, and nobody else has their pipes: so the messages are in Python's own form, which
is read without a look at each character of the texts in it.

Spec: https://docs.python.org/3/library/marshal.html
"""

from __future__ import annotations

import marshal
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from medid.board.licensing import Statement
from medid.board.records import BoardRecord
from medid.errors import ProofGenerationError, SignerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from medid.errors import MedidError

#: Of one message. A statement has 64 kB of claims at most, as a rule some 500 bytes.
MAX_MESSAGE: Final = 67_108_864  # bytes
_LENGTH: Final = 8  # bytes that say how many follow
_FAILED: Final = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """For whom a process signs, and with which key.

    Attributes:
        key: The file of the key.
        password: What opens it.
        public_key: Multikey of the key that must be in it.
    """

    board: BoardRecord
    key: str
    password: bytes = field(repr=False)
    public_key: str
    verification_method: str
    securing: str

    def message(self) -> bytes:
        """The first message."""
        return _message(asdict(self))

    @classmethod
    def read(cls, message: bytes) -> Order:
        """The order of a first message."""
        given = marshal.loads(message)  # noqa: S302 - from the process that started it
        return cls(**{**given, "board": BoardRecord(**given["board"])})


def received(pipe: BinaryIO) -> bytes:
    """The next message, without its length.

    Empty where the other end has ended, or says what is none.
    """
    length = int.from_bytes(pipe.read(_LENGTH))
    found = pipe.read(length) if length <= MAX_MESSAGE else b""
    return found if len(found) == length else b""


def work_message(statements: Sequence[Statement]) -> bytes:
    """A part of the work."""
    return _message([tuple(one) for one in statements])


def read_work(message: bytes) -> list[Statement]:
    """The statements of a part."""
    given = marshal.loads(message)  # noqa: S302 - from the process that started it
    return [Statement(*one) for one in given]


def answer_message(answers: Sequence[bytes | ProofGenerationError]) -> bytes:
    """What became of a part."""
    return _message([_answer(one) for one in answers])


def read_answers(message: bytes) -> list[bytes | ProofGenerationError]:
    """What became of a part.

    Raises:
        SignerError: The process says that it failed, or says nothing.
    """
    try:
        found = marshal.loads(message)  # noqa: S302 - from a process of one's own
    except (EOFError, ValueError, TypeError):
        text = "a process that signs has ended"
        fix = "run it again: what is recorded is not repeated"
        raise SignerError(text, fix=fix) from None
    if isinstance(found, dict):
        raise SignerError(found[_FAILED], fix=found["fix"])
    return [_read(one) for one in found]


def failure_message(error: MedidError) -> bytes:
    """That nothing can be signed."""
    return _message({_FAILED: f"{error.message} ({error.code})", "fix": error.fix})


def _answer(one: bytes | ProofGenerationError) -> object:
    if isinstance(one, ProofGenerationError):
        return (one.message, one.path, one.fix)
    return one


def _read(answer: bytes | tuple[str, str, str | None]) -> bytes | ProofGenerationError:
    if isinstance(answer, bytes):
        return answer
    message, path, fix = answer
    return ProofGenerationError(message, path=path, fix=fix)


def _message(value: object) -> bytes:
    made = marshal.dumps(cast("Any", value))
    return len(made).to_bytes(_LENGTH) + made
