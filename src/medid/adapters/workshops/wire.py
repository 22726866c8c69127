"""What a workshop and its processes say to each other: a line of JSON each.

The first line tells who signs, for whom and how; each line after it is a part of the
work. An answer is a line as well.

Spec: https://jsonlines.org/
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from medid.board.licensing import Statement
from medid.board.records import BoardRecord
from medid.core import base64
from medid.core import json as strict_json
from medid.core.fields import as_list, as_object
from medid.errors import ProofGenerationError, SignerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.errors import MedidError

#: Of one line. A statement has 64 kB of claims at most, and some 500 bytes as a rule.
LIMITS: Final = strict_json.JsonLimits(
    max_bytes=67_108_864, max_members=1_000_000, max_depth=16
)
_FAILED: Final = "failed"
_TEXT: Final = "text"
_BYTES: Final = "bytes"


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

    def line(self) -> bytes:
        """The first line."""
        stated: JsonObject = {
            "board": asdict(self.board),
            "key": self.key,
            "password": base64.encode(self.password),
            "publicKey": self.public_key,
            "verificationMethod": self.verification_method,
            "securing": self.securing,
        }
        return _line(stated)

    @classmethod
    def read(cls, line: bytes) -> Order:
        """The order of a first line."""
        given = strict_json.load_object(line)
        board = as_object(given["board"], "$.board")
        return cls(
            board=BoardRecord(**{name: str(one) for name, one in board.items()}),
            key=str(given["key"]),
            password=base64.decode(str(given["password"])),
            public_key=str(given["publicKey"]),
            verification_method=str(given["verificationMethod"]),
            securing=str(given["securing"]),
        )


def work_line(statements: Sequence[Statement]) -> bytes:
    """A part of the work."""
    return _line(cast("JsonValue", statements))


def read_work(line: bytes) -> list[Statement]:
    """The statements of a part."""
    found: list[Statement] = []
    for one in cast("list[Any]", strict_json.loads(line, limits=LIMITS)):
        stated = Statement(*one)
        pairs = tuple((system, value) for system, value in stated.identifiers)
        found.append(stated._replace(identifiers=pairs))
    return found


def answer_line(answers: Sequence[bytes | ProofGenerationError]) -> bytes:
    """What became of a part."""
    return _line([_answer(one) for one in answers])


def read_answers(line: bytes) -> list[bytes | ProofGenerationError]:
    """What became of a part.

    Raises:
        SignerError: The process says that it failed, or says nothing.
    """
    if not line.endswith(b"\n"):
        message = "a process that signs has ended"
        raise SignerError(message, fix="run it again: what is recorded is not repeated")
    found = strict_json.loads(line, limits=LIMITS)
    if isinstance(found, dict):
        raise SignerError(str(found[_FAILED]), fix=_text(found.get("fix")))
    return [_read(as_object(one, "$")) for one in as_list(found)]


def failure_line(error: MedidError) -> bytes:
    """That nothing can be signed."""
    return _line({_FAILED: f"{error.message} ({error.code})", "fix": error.fix})


def _answer(one: bytes | ProofGenerationError) -> JsonObject:
    if isinstance(one, ProofGenerationError):
        return {"message": one.message, "path": one.path, "fix": one.fix}
    try:
        return {_TEXT: one.decode()}
    except UnicodeDecodeError:
        return {_BYTES: base64.encode(one)}


def _read(answer: JsonObject) -> bytes | ProofGenerationError:
    if _TEXT in answer:
        return str(answer[_TEXT]).encode()
    if _BYTES in answer:
        return base64.decode(str(answer[_BYTES]))
    message, path, fix = (_text(answer.get(one)) for one in ("message", "path", "fix"))
    return ProofGenerationError(message or "", path=path or "$", fix=fix)


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)


def _line(value: JsonValue) -> bytes:
    return strict_json.dumps(value).encode() + b"\n"
