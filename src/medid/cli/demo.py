"""``medid demo``: the main job, on realistic data, with everything kept for trying.

A board issues a license, a patient grants consent, a hospital's gateway asks. The
patient withdraws; the board suspends. Each decision is made by the library's own
``AccessVerifier``, from presentations that answer its challenges.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medid.access.judge import judge
from medid.access.verifier import AccessVerifier
from medid.adapters.challenges import MemoryChallenges
from medid.cli import files
from medid.cli.demo_world import AUDIENCE, World, data
from medid.cli.output import printable, say, show_json
from medid.core import json as strict_json
from medid.errors import ConfigurationError
from medid.trust import TrustRegistry

if TYPE_CHECKING:
    from medid.access.decision import Decision
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

_STEP = 60  # seconds between the stages of the story


@dataclass(frozen=True, slots=True)
class _Told:
    """One line of the table."""

    request: JsonObject
    wanted: JsonObject
    decision: Decision


def demo(
    out: Annotated[
        str, typer.Option(help="Folder for everything that is made.")
    ] = "demo-output",
    now: Annotated[str | None, typer.Option(help="When the story begins.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, not a table.")
    ] = False,
) -> None:
    """Show the main job: license, consent and purpose become decisions.

    Example:
        medid demo --out demo-output
    """
    story = _Story(World(files.instant(now)), Path(out))
    told = story.tell()
    if as_json:
        rows: list[JsonValue] = [_row_json(one) for one in told]
        show_json({"folder": out, "decisions": rows}, indent=2)
        return
    _print_table(told)
    _print_next(out)


class _Story:
    """The three stages, told once into one folder."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self._verifier = AccessVerifier(
            trust=TrustRegistry.from_json(world.trust()),
            audience=AUDIENCE,
            challenges=MemoryChallenges(),
            fetch=world.web,
            clock=lambda: self._at(1),
        )

    def _at(self, stage: int) -> Instant:
        return self._world.start.plus(_STEP * stage)

    def tell(self) -> list[_Told]:
        """Every request, in order, with its decision; all artefacts are written."""
        self._write("trust.json", self._world.trust())
        self._write("license.json", self._world.license)
        self._write("consent.json", self._world.consent)
        told = self._ask(stage=1)
        self._world.withdraw(self._at(2))
        told += self._ask(stage=2)
        self._world.suspend(self._at(3))
        return [*told, *self._ask(stage=3)]

    def _ask(self, *, stage: int) -> list[_Told]:
        at = self._at(stage)
        self._world.web.at = at
        self._publish(stage)
        wanted = data("requests")
        return [
            self._decide(item, at)
            for item in (wanted if isinstance(wanted, list) else [])
            if isinstance(item, dict) and item["stage"] == stage
        ]

    def _decide(self, wanted: JsonObject, at: Instant) -> _Told:
        request = self._world.request(wanted, at)
        challenge = self._verifier.challenge()
        presentation = self._world.present(challenge, at)
        case = self._verifier.prepare(presentation, request, at=at)
        decision = judge(case)
        name = str(wanted["name"])
        self._write(f"{name}/request.json", request)
        self._write(f"{name}/presentation.json", presentation)
        self._write(f"{name}/evidence.json", case.judgement.evidence.as_json())
        self._write(f"{name}/decision.json", decision.as_json())
        return _Told(request=request, wanted=wanted, decision=decision)

    def _publish(self, stage: int) -> None:
        """Write what the parties' web sites hold at this stage."""
        for url, document in self._world.web.documents.items():
            place = url.removeprefix("https://")
            self._write(f"web-{stage}/{place}", document)

    def _write(self, name: str, document: JsonObject) -> None:
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"cannot write to {printable(str(self._folder))}"
            raise ConfigurationError(message, path="--out") from error
        files.write(str(path), strict_json.dumps(document, indent=2) + "\n")


_WHO = "Dr. Chen"
_PURPOSES = {
    "TREAT": "treatment",
    "HPAYMT": "payment",
    "HRESCH": "research",
    "BTG": "break the glass",
}


def _row_json(told: _Told) -> JsonObject:
    return {
        "name": told.wanted["name"],
        "resource": told.wanted["resource"],
        "purpose": told.wanted["purpose"],
        "decision": told.decision.outcome.value,
        "reasons": list(told.decision.codes),
        "obligations": [one.code for one in told.decision.obligations],
    }


def _cells(told: _Told) -> tuple[str, str, str, str, str]:
    decision = told.decision
    words = ", ".join(dict.fromkeys(decision.codes))
    if decision.obligations:
        duties = ", ".join(one.code for one in decision.obligations)
        words = f"{words}; must: {duties}"
    purpose = _PURPOSES[str(told.wanted["purpose"])]
    what = str(told.wanted["resource"]).removeprefix("Observation/")
    return _WHO, what, purpose, "permit" if decision else "deny", words


_STAGES = {
    1: "The board licensed Dr. Chen; the patient consented to treatment and payment.",
    2: "The patient withdrew the consent.",
    3: "The board suspended the license, too.",
}


def _print_table(told: list[_Told]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for stage, title in _STAGES.items():
        table = Table(title=title, title_justify="left", title_style="bold")
        for heading in ("who", "what", "purpose", "decision", "reason"):
            table.add_column(heading, overflow="fold")
        for one in told:
            if one.wanted["stage"] == stage:
                who, what, purpose, outcome, words = _cells(one)
                color = "green" if one.decision else "red"
                mark = f"[{color}]{outcome}[/{color}]"
                table.add_row(who, what, purpose, mark, words)
        console.print(table)


def _print_next(out: str) -> None:
    folder = printable(out)
    say(f"Everything is in {folder}/. Try it by hand, without network:")
    say()
    say(f"  medid verify {folder}/license.json --offline \\")
    say(f"    --evidence {folder}/treatment/evidence.json")
    say(f"  medid decide --presentation {folder}/treatment/presentation.json \\")
    say(f"    --request {folder}/treatment/request.json \\")
    say(f"    --trust {folder}/trust.json --offline \\")
    say(f"    --evidence {folder}/treatment/evidence.json")
