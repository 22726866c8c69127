"""What became of everything that a key signed: a summary, and a report of each."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from medid.board.replacing import Fate, Record
from medid.cli import board_told
from medid.cli.output import Exit, printable, say, show_json
from medid.core import json as strict_json
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from medid.board.replacing import KeyChange, Replacement
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

_PRIVATE: Final = 0o600


class Told:
    """Counts what happens, and tells it, with what has to be done elsewhere."""

    def __init__(
        self,
        change: KeyChange,
        *,
        dry_run: bool,
        listed: bool,
        since: Instant | None = None,
    ) -> None:
        """Of a change of keys; ``since`` is set where the old one was stolen.

        Args:
            change: Which key takes the place of which.
            dry_run: Whether nothing is recorded.
            listed: Whether the old key is in the DID document still.
            since: Since when somebody else may have the old key.
        """
        self._change = change
        self._dry_run = dry_run
        self._listed = listed
        self._since = since
        self._found: list[tuple[str, Record]] = []
        self._fates: Counter[Fate] = Counter()
        self._now = self._in_window = 0

    def add(self, done: Replacement) -> None:
        """Count one credential."""
        self._fates[done.fate] += 1
        self._now += done.now
        self._in_window += self._is_in_window(done)

    def add_found(self, name: str, record: Record) -> None:
        """Note what the register knows of a credential that turned up."""
        self._found.append((name, record))

    def show_progress(self) -> None:
        """Tell a person who waits how far it is."""
        board_told.progress(f"credentials: {self._fates.total()}")

    def line(self, done: Replacement) -> JsonObject:
        """One credential, for the report."""
        stated: JsonObject = {
            "license": done.credential.license,
            "credential": done.credential.id,
            "issued": str(done.credential.issued),
            "fate": done.fate.value,
            "replacedBy": done.replaced_by,
            "effective": None if done.effective is None else str(done.effective),
        }
        if self._since is not None:
            stated["sinceStolen"] = self._is_in_window(done)
        if done.error is not None:
            stated["error"] = {**done.error.as_json()}
        return stated

    def summary(self) -> JsonObject:
        """All of it, in numbers, and what has to be done elsewhere."""
        steps: list[JsonValue] = [*self._steps()]
        stated: JsonObject = {
            "old": self._change.old,
            "new": self._new,
            "dryRun": self._dry_run,
            "credentials": self._fates.total(),
            **{fate.value: self._fates[fate] for fate in Fate},
            "inThisRun": self._now,
            "oldKeyListed": self._listed,
            "steps": steps,
        }
        if self._since is not None:
            found: list[JsonValue] = [
                {"file": name, "record": record.value} for name, record in self._found
            ]
            stated |= {
                "since": str(self._since),
                "signedSince": self._in_window,
                "found": found,
            }
        return stated

    def tell(self, *, as_json: bool) -> None:
        """Print the summary.

        Raises:
            Exit: Something that turned up is not what the board issued.
        """
        if as_json:
            show_json(self.summary())
        else:
            for text in self._lines():
                say(printable(text))
        if any(record is not Record.ISSUED for _, record in self._found):
            raise typer.Exit(int(Exit.NO))

    @property
    def _new(self) -> str:
        return self._change.issuing.controller.verification_method

    def _is_in_window(self, done: Replacement) -> bool:
        return self._since is not None and done.credential.issued >= self._since

    def _lines(self) -> Iterator[str]:
        counts = self._fates
        would = "would be " if self._dry_run else ""
        yield f"credentials of the old key: {counts.total()}, in this run {self._now}"
        yield f"{would}issued anew: {counts[Fate.REPLACED]}"
        yield (
            f"{would}taken back, with nothing in their place: {counts[Fate.WITHDRAWN]}"
        )
        yield f"revoked before: {counts[Fate.REVOKED]}"
        yield f"end by themselves before that: {counts[Fate.ENDS]}"
        if self._since is not None:
            yield f"signed since {self._since}, and on record: {self._in_window}"
        for name, record in self._found:
            yield f"{name}: {record.value}"
        yield "What is to be done now:"
        for step in self._steps():
            yield f"* {step}"

    def _steps(self) -> Iterator[str]:
        if self._fates[Fate.WITHDRAWN]:
            yield (
                "Where nothing stands in their place the license is not in force: run"
                " this again when it is."
            )
        if self._since is None:
            until = self._change.effective
            yield "Sign the lists with the new key: medid board publish --key NEW."
            yield (
                f"Leave the old key in the DID document until {until}, and take it out"
                " then: medid did rotate."
            )
            return
        if self._listed:
            yield (
                "Take the old key out of the DID document, first of all: medid did"
                " rotate, and publish what it writes."
            )
        yield (
            "Sign the lists with the new key: medid board publish --key NEW"
            " --former-document FILE."
        )
        yield (
            "Tell verifiers: what they keep of the DID document is not to be used any"
            " more, and no document that the old key signed is."
        )
        yield (
            "Who judges as of an earlier time refuses what the old key signed at"
            f" {self._since} or later, unless a time-stamp shows that it is older."
        )
        yield (
            "Where the board takes another DID, its entry in trust files ends:"
            f" validUntil {self._since}."
        )


@contextmanager
def writing(name: str | None, told: Told) -> Iterator[Callable[[Replacement], None]]:
    """Write a report: a line of JSON for each credential, and the summary as the last.

    It is its owner's alone, and gets its name when it is whole.

    Raises:
        ConfigurationError: It cannot be written.
    """
    if name is None:
        yield lambda _: None
        return
    path = Path(name)
    draft = path.with_name(f".{path.name}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(draft, flags, _PRIVATE), "w", encoding="utf-8") as file:

            def write(done: Replacement) -> None:
                file.write(strict_json.dumps(told.line(done)) + "\n")

            yield write
            file.write(strict_json.dumps(told.summary()) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, ValueError):
        message = "the report cannot be written"
        fix = "name a file in a folder that you may write to"
        raise ConfigurationError(message, path="--report", fix=fix) from None
    finally:
        with suppress(OSError, ValueError):
            draft.unlink()
