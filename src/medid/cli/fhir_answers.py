"""What ``medid fhir`` answers: results, one a line, and what got lost on the way."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medid.cli import files
from medid.cli.output import printable, show_json
from medid.core import json as strict_json
from medid.errors import DataLoss

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.health.fhir_losses import Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a file.

    Attributes:
        file: The file that was named.
        results: What was made of it, by kind: drafts, records, summaries, resources.
        losses: What of it is in no result, each with the other file that it is from.
        unsaid: What a record of medid's own says, and its events do not.
    """

    file: str
    results: Mapping[str, Sequence[JsonObject]]
    losses: Sequence[tuple[str | None, Loss]]
    unsaid: Sequence[Loss] = ()

    @property
    def lines(self) -> list[JsonObject]:
        """Every result."""
        return [one for kind in self.results.values() for one in kind]


def give(answer: Answer, *, strict: bool, out: str | None, as_json: bool) -> None:
    """Print ``answer``, or write it; refuse it where nothing may be lost.

    Raises:
        DataLoss: With ``strict``, something was lost.
        ConfigurationError: The file cannot be written.
    """
    if strict and answer.losses:
        place, loss = answer.losses[0]
        where = printable(place or answer.file)
        message = f"lost in {where}, one of {len(answer.losses)}: {loss.reason}"
        fix = "remove it from the input, or call without --strict"
        raise DataLoss(message, path=loss.path, fix=fix)
    if out is not None:
        lines = [strict_json.dumps(one) + "\n" for one in answer.lines]
        files.write(out, "".join(lines), private=True)
    if as_json:
        show_json(_whole(answer))
        return
    for name, loss in answer.losses:
        where = loss.path if name is None else f"{name} {loss.path}"
        sys.stderr.write(f"lost: {printable(where)}: {loss.reason}\n")
    for loss in answer.unsaid:
        sys.stderr.write(f"not said: {printable(loss.path)}: {loss.reason}\n")
    if out is None:
        for one in answer.lines:
            show_json(one)


def _whole(answer: Answer) -> JsonObject:
    told: list[JsonValue] = [
        loss.as_json() if name is None else {"file": name, **loss.as_json()}
        for name, loss in answer.losses
    ]
    found: JsonObject = {name: [*some] for name, some in answer.results.items() if some}
    whole: JsonObject = {"file": answer.file, **found, "losses": told}
    if answer.unsaid:
        whole["unsaid"] = [one.as_json() for one in answer.unsaid]
    return whole
