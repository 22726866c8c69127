"""``medid trust check``: what a trust file says, what is wrong in it, what is odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from medid.access.facts import consent_settings
from medid.cli import files
from medid.cli.output import Exit, printable, say, show_json
from medid.errors import ConfigurationError, MedidError
from medid.trust.documents import as_configuration, decoded, read_trust_file
from medid.trust.doubts import doubts
from medid.trust.mistakes import mistakes
from medid.trust.registry import TrustRegistry
from medid.trust.saying import said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.trust.doubts import Doubtful
    from medid.trust.saying import Said


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(check)


def check(
    name: Annotated[
        str, typer.Argument(metavar="FILE", help="A trust file, in JSON or YAML.")
    ],
    at: Annotated[str | None, typer.Option(help="As of this instant.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read a trust file as a verifier does, and tell what it says.

    Every mistake is told with its path and what would mend it; then what is legal and
    looks like a slip: entries and certificates that have ended or soon will,
    recognitions and compacts without a board or with too few members, registries that
    can say nothing, names that differ in spelling alone.

    Exit codes: 0 a verifier can use it, whatever looks odd; 2 it cannot, or wrong call.

    Example:
        medid trust check trust.json --at 2026-06-15T12:00:00Z
    """
    when = files.instant(at)
    content = read_trust_file(name)
    with as_configuration():
        wrong = mistakes(decoded(content, name))
    if wrong:
        _refuse(name, wrong, as_json=as_json)
        raise typer.Exit(Exit.USAGE)
    trust = TrustRegistry.from_content(content, name)
    consent_settings(trust)  # an overlay that is not there stops a verifier, too
    odd, sentences = doubts(trust, at=when), said(trust.settings)
    if as_json:
        show_json(_told(name, trust, when, odd, sentences))
    else:
        _tell(name, odd, sentences)


def _refuse(name: str, wrong: Sequence[MedidError], *, as_json: bool) -> None:
    errors = [
        ConfigurationError(one.message, path=one.path, fix=one.fix) for one in wrong
    ]
    if as_json:
        shown: JsonObject = {
            "file": name,
            "usable": False,
            "errors": [dict(one.as_json()) for one in errors],
        }
        show_json(shown)
        return
    say(f"{printable(name)}: {len(errors)} mistakes; no verifier starts with it")
    for one in errors:
        say(printable(f"  error: {one}"))


def _told(
    name: str,
    trust: TrustRegistry,
    at: Instant,
    odd: Sequence[Doubtful],
    sentences: Sequence[Said],
) -> JsonObject:
    return {
        "file": name,
        "usable": True,
        "errors": [],
        "sha256": trust.digest(),
        "time": str(at),
        "warnings": [one.as_json() for one in odd],
        "says": [{"path": one.path, "text": one.text} for one in sentences],
    }


def _tell(name: str, odd: Sequence[Doubtful], sentences: Sequence[Said]) -> None:
    say(f"{printable(name)}: a verifier can use it")
    for one in sentences:
        say(printable(f"  {one.path}: {one.text}"))
    for doubt in odd:
        text = f"{doubt.doubt} at {doubt.path}: {doubt.message} (fix: {doubt.fix})"
        say(printable(f"  warning: {text}"))
