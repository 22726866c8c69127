"""``medid consent evaluate|test`` and ``medid license``: rules on scenario files.

The engine is the one that decides real requests; only the verification is replaced by
what the scenario states.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from medid.access import consent_scenarios, license_scenarios
from medid.access.scenario_files import LIMITS, read
from medid.cli import files
from medid.cli.output import Exit, exit_of, printable, say, show_json, worst
from medid.core.fields import as_list
from medid.errors import MedidError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from medid.core.json import JsonObject, JsonValue

_Names = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="Scenarios: JSON object, array or JSON Lines; - for stdin.",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object a scenario.")]

consent_app = typer.Typer(help="Grant and withdraw consents; try the consent rules.")
license_app = typer.Typer(help="Try the license rules on scenario files.")


@consent_app.callback()
def _consents() -> None:
    """Grant and withdraw consents; try the consent rules on scenario files."""


@license_app.callback()
def _licenses() -> None:
    """Try the license rules on scenario files."""


@consent_app.command("evaluate")
def consent_evaluate(names: _Names, as_json: _Json = False) -> None:
    """Print the decision for each scenario, and what decided it.

    Example:
        medid consent evaluate my-scenarios.json
    """
    _evaluate(names, consent_scenarios, as_json=as_json)


@consent_app.command("test")
def consent_test(names: _Names, as_json: _Json = False) -> None:
    """Compare each decision with what its scenario expects; exit 1 if one differs.

    Example:
        medid consent test my-scenarios.json
    """
    _test(names, consent_scenarios, as_json=as_json)


@consent_app.command("init-scenario")
def consent_init() -> None:
    """Print a scenario to start from.

    Example:
        medid consent init-scenario > my-scenario.json
    """
    say(consent_scenarios.starter().rstrip("\n"))


@license_app.command("evaluate")
def license_evaluate(names: _Names, as_json: _Json = False) -> None:
    """Print the decision for each scenario, and its reasons.

    Example:
        medid license evaluate my-scenarios.json
    """
    _evaluate(names, license_scenarios, as_json=as_json)


@license_app.command("test")
def license_test(names: _Names, as_json: _Json = False) -> None:
    """Compare each decision with what its scenario expects; exit 1 if one differs.

    Example:
        medid license test my-scenarios.json
    """
    _test(names, license_scenarios, as_json=as_json)


def _evaluate(names: Sequence[str], rules: ModuleType, *, as_json: bool) -> None:
    codes = [Exit.YES]
    for name, scenario in _scenarios(names, codes, as_json=as_json):
        answer = _answer(name, scenario, rules.evaluate, codes, as_json=as_json)
        if answer is not None and not as_json:
            _tell(answer)
    raise typer.Exit(worst(codes))


def _test(names: Sequence[str], rules: ModuleType, *, as_json: bool) -> None:
    codes, passed, failed = [Exit.YES], 0, 0
    recall: Counter[tuple[JsonValue, bool]] = Counter()
    for name, scenario in _scenarios(names, codes, as_json=as_json):
        answer = _answer(name, scenario, rules.test, codes, as_json=as_json)
        if answer is None or answer.get("passed") is not True:
            failed += 1
            codes.append(Exit.NO)
        else:
            passed += 1
        recall[_recalled(scenario, answer)] += 1
        if answer is not None and not as_json and answer.get("passed") is not True:
            _tell(answer)
            say(f"  differs in: {_words(answer, 'differences')}")
    if not as_json:
        _tell_recall(recall)
        say(f"{passed} passed, {failed} failed")
    if passed + failed == 0:
        codes.append(Exit.USAGE)
    raise typer.Exit(worst(codes))


def _recalled(
    scenario: JsonObject, answer: JsonObject | None
) -> tuple[JsonValue, bool]:
    """The decision that a scenario expects, and whether it was the one."""
    stated = scenario.get("expected")
    expected = stated.get("decision") if isinstance(stated, dict) else None
    found = answer is not None and answer.get("decision") == expected
    return expected if isinstance(expected, str) else None, found


def _tell_recall(recall: Counter[tuple[JsonValue, bool]]) -> None:
    """How many of the permits and of the denials were found, each by itself.

    Rules that deny everything pass every denial. One figure for both hides that.
    """
    for decision in ("permit", "deny"):
        found, missed = recall[decision, True], recall[decision, False]
        if found + missed:
            say(f"{decision}: {found} of {found + missed} expected were decided")


def _scenarios(
    names: Sequence[str], codes: list[Exit], *, as_json: bool
) -> list[tuple[str, JsonObject]]:
    found: list[tuple[str, JsonObject]] = []
    for name in names:
        try:
            found += [
                (name, scenario)
                for scenario in read(files.read(name, limit=LIMITS.max_bytes + 1))
            ]
        except MedidError as error:
            _tell_wrong(name, "", error, as_json=as_json)
            codes.append(Exit.USAGE)
    return found


def _answer(
    name: str,
    scenario: JsonObject,
    question: Callable[[JsonObject], JsonObject],
    codes: list[Exit],
    *,
    as_json: bool,
) -> JsonObject | None:
    """The answer to one scenario; ``None``, with the reason told, if there is none."""
    try:
        answer = question(scenario)
    except MedidError as error:
        codes.append(max(exit_of(error), Exit.USAGE))
        _tell_wrong(name, scenario.get("id", ""), error, as_json=as_json)
        return None
    if as_json:
        show_json({"file": name, **answer})
    return answer


def _tell_wrong(
    name: str, title: JsonValue, error: MedidError, *, as_json: bool
) -> None:
    if as_json:
        show_json({"file": name, "id": title, "error": dict(error.as_json())})
        return
    places = (name, str(title)) if title else (name,)
    say(": ".join(map(printable, (*places, str(error)))))


def _tell(answer: JsonObject) -> None:
    title = printable(str(answer.get("id", "")))
    decided = printable(str(answer.get("decidedBy") or "nothing"))
    say(f"{title}: {answer.get('decision')} by {decided}")
    for name in ("reasons", "obligations"):
        words = _words(answer, name)
        if words:
            say(f"  {name}: {words}")


def _words(answer: JsonObject, name: str) -> str:
    """A member's codes in one line, whether it has strings or objects with a code."""
    found = []
    for item in as_list(answer.get(name, [])):
        word = item.get("code") if isinstance(item, dict) else item
        found.append(printable(str(word)))
    return ", ".join(found)
