"""``medid explain``: why a decision is as it is, in words, JSON, HTML or FHIR."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from medid.access.explain_reading import MAX_DECISION_BYTES
from medid.access.explaining import (
    as_html_page,
    as_json,
    as_operation_outcome,
    as_text,
    read_decision,
)
from medid.cli import files
from medid.cli.output import say, show_json
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from medid.access.explaining import Explanation, PublicAnswer


class Form(StrEnum):
    """How an explanation is written."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    FHIR = "fhir"


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="DECISION",
            help="What medid decide printed, without --public; - for stdin.",
        ),
    ],
    form: Annotated[
        Form | None,
        typer.Option("--format", help="Of the explanation; text by default."),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Tell no reasons, as for an outsider.")
    ] = False,
    as_line: Annotated[
        bool, typer.Option("--json", help="One line of JSON, or of FHIR JSON.")
    ] = False,
) -> None:
    """Tell why a decision is as it is, and what would have to change.

    Reads a decision and decides nothing: a refusal that is explained exits with 0.

    Exit codes: 0 explained, 2 wrong call or unreadable decision.

    Example:
        medid explain decision.json --format html > decision.html
    """
    chosen = _form(form, as_line=as_line)
    with files.argument(name):
        found = read_decision(files.read(name, limit=MAX_DECISION_BYTES + 1))
    _show(found.public() if public else found, chosen, as_line=as_line)


def _form(form: Form | None, *, as_line: bool) -> Form:
    if form is None:
        return Form.JSON if as_line else Form.TEXT
    if as_line and form in {Form.TEXT, Form.HTML}:
        message = "--json cannot be had of text or HTML"
        raise ConfigurationError(message, fix="leave --json or --format out")
    return form


def _show(shown: Explanation | PublicAnswer, form: Form, *, as_line: bool) -> None:
    indent = None if as_line else 2
    if form is Form.JSON:
        show_json(as_json(shown), indent=indent)
    elif form is Form.FHIR:
        show_json(as_operation_outcome(shown), indent=indent)
    elif form is Form.HTML:
        say(as_html_page(shown).rstrip("\n"))
    else:
        say(as_text(shown))
