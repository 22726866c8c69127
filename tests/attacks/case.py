"""What one attack, or one valid document, is: files, a command line, a verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Doc = dict[str, Any]
Expect = Literal["verified", "refused", "undecided", "not-verified"]

NOW: Final = "2026-06-15T12:00:00Z"
FILE: Final = "document.json"
NO_CODES: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One command line over a few files, and the only verdict that is right.

    ``not-verified`` is for what a verifier may either refuse or leave undecided.
    An empty ``codes`` accepts every stable code.
    """

    id: str
    group: str
    files: dict[str, bytes]
    argv: tuple[str, ...]
    expect: Expect
    codes: frozenset[str] = NO_CODES
    why: str = ""
    canaries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Builds the cases of one class of attack."""

    name: str
    args: tuple[str, ...] = ()
    canaries: tuple[str, ...] = ()
    made: list[Case] = field(default_factory=list)

    def add(
        self,
        name: str,
        content: Doc | bytes | str,
        *,
        expect: Expect = "refused",
        codes: str = "",
        why: str = "",
        args: tuple[str, ...] = (),
        documents: dict[str, Doc | bytes | str] | None = None,
        now: str = NOW,
    ) -> None:
        """Add one ``medid verify`` case; ``documents`` maps addresses to evidence."""
        files = {FILE: as_bytes(content)}
        supplied: list[str] = []
        for number, (url, document) in enumerate((documents or {}).items()):
            files[f"evidence-{number}.json"] = as_bytes(document)
            supplied += ["--document", f"{url}=evidence-{number}.json"]
        argv = ("verify", FILE, "--json", "--offline", "--now", now)
        self.made.append(
            Case(
                id=f"{self.name}/{name}",
                group=self.name,
                files=files,
                argv=(*argv, *supplied, *self.args, *args),
                expect=expect,
                codes=frozenset(codes.split()),
                why=why,
                canaries=self.canaries,
            )
        )


def as_bytes(content: Doc | bytes | str) -> bytes:
    """The bytes of a file: bytes as they are, text in UTF-8, an object as JSON."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    return json.dumps(content, ensure_ascii=False).encode()
