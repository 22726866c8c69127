"""Histories of a did:ethr, made by hand: logs encoded without medid's own code."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.dids.ethr.events import ATTRIBUTE_CHANGED, DELEGATE_CHANGED, OWNER_CHANGED
from medid.dids.ethr.identifier import Identifier, parse
from medid.dids.methods import ethr
from medid.dids.resolution import LATEST, Resolution, ResolutionOptions
from tests.dids.builders import SECP256K1

if TYPE_CHECKING:
    from medid.dids.syntax import Did

LIFE: Final = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors/ethr/life.json").read_text("utf-8")
)
CHAIN_ID: Final = 31_337
REGISTRY: Final = "0x" + "5f" * 20
DID: Final = ethr.create(SECP256K1, CHAIN_ID)
IDENTITY: Final = parse(DID).address
START: Final = 1_750_000_000  # seconds since 1970, at block 0
BLOCK: Final = 10  # seconds
FOREVER: Final = 2**256 - 1
OTHER: Final = bytes.fromhex("11" * 20)


def word(value: int | bytes | str) -> bytes:
    """A word: numbers and addresses at its right, text at its left."""
    if isinstance(value, str):
        return value.encode().ljust(32, b"\0")
    if isinstance(value, bytes):
        return value.rjust(32, b"\0")
    return value.to_bytes(32, "big")


def time_of(number: int) -> int:
    return START + BLOCK * number


def at(number: int, seconds: float = 0) -> Instant:
    """So many seconds after the block ``number``."""
    return Instant.from_seconds(time_of(number)).plus(seconds)


@dataclass
class Told:
    """A history in the making: each event takes a block, or stays in the last one."""

    logs: list[dict[str, Any]] = field(default_factory=list)
    changed: int = 0

    def owner(self, account: bytes, **more: Any) -> Told:
        return self._log(OWNER_CHANGED, [word(account)], **more)

    def delegate(
        self,
        account: bytes = OTHER,
        kind: str | bytes = "veriKey",
        *,
        valid_to: int = FOREVER,
        **more: Any,
    ) -> Told:
        words = [word(kind), word(account), word(valid_to)]
        return self._log(DELEGATE_CHANGED, words, **more)

    def attribute(
        self, name: str | bytes, value: bytes, *, valid_to: int = FOREVER, **more: Any
    ) -> Told:
        words = [word(name), word(160 - 32), word(valid_to)]
        tail = word(len(value)) + value + bytes(-len(value) % 32)
        return self._log(ATTRIBUTE_CHANGED, words, tail=tail, **more)

    def _log(
        self, topic: str, words: list[bytes], *, tail: bytes = b"", block: int = 0
    ) -> Told:
        number = block or self.changed + 1
        data = b"".join(words) + word(self.changed) + tail
        self.logs.append(
            {
                "address": REGISTRY,
                "topics": [topic, "0x" + word(IDENTITY).hex()],
                "data": "0x" + data.hex(),
                "blockNumber": number,
                "logIndex": len(self.logs),
                "timestamp": time_of(number),
            }
        )
        self.changed = number
        return self

    def document(self, *, latest: int | None = None, **members: Any) -> dict[str, Any]:
        number = self.changed if latest is None else latest
        return {
            "format": "medid ERC-1056 history 1",
            "chainId": CHAIN_ID,
            "registry": REGISTRY,
            "identity": "0x" + IDENTITY.hex(),
            "latest": {"number": number, "timestamp": time_of(number)},
            "changed": self.changed,
            "logs": self.logs,
            **members,
        }


def evidence(
    document: dict[str, Any], did: Did = DID, seen: Instant | None = None
) -> Evidence:
    """Evidence that holds ``document``, seen just after its latest block."""
    url = parse(did).url
    latest = document["latest"]["timestamp"]
    when = seen if seen is not None else Instant.from_seconds(latest).plus(1)
    content = json.dumps(document).encode()
    return Evidence().with_answers(
        [
            (
                url,
                Fetched.of(
                    url, content, fetched_at=when, media_type="application/json"
                ),
            )
        ]
    )


def resolved(
    told: Told | dict[str, Any],
    options: ResolutionOptions = LATEST,
    did: Did = DID,
    **more: Any,
) -> Resolution:
    document = told.document() if isinstance(told, Told) else told
    return ethr.resolve(did, evidence(document, did, **more), options)


def as_of(**asked: Any) -> ResolutionOptions:
    return ResolutionOptions(**asked)


IDENTIFIER: Final[Identifier] = parse(DID)
