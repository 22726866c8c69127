"""``medid board map``: a first mapping for the file of another register."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated

import typer

from medid.board import proposing
from medid.board.mapping import Mapping
from medid.board.sources import Source
from medid.cli import files
from medid.cli.board_given import AsJson
from medid.cli.output import printable, say, show_json
from medid.core import json as strict_json
from medid.core.json import JsonLimits
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.board.proposing import Proposal
    from medid.core.json import JsonObject, JsonValue

LIMITS = JsonLimits()
Format = Annotated[
    str | None,
    typer.Option("--format", help="csv, tsv, jsonl or xlsx; else by its ending."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("map")(propose_mapping)


def read_mapping(name: str) -> Mapping:
    """The mapping in a file: YAML where it is called so, else JSON.

    Raises:
        ConfigurationError: It cannot be read, or is no mapping.
        MissingExtra: It is YAML, and PyYAML is not installed.
    """
    from medid.trust.yaml_text import load_yaml

    raw = files.read(name)
    with files.argument("--mapping"):
        if name.lower().endswith((".yaml", ".yml")):
            return Mapping.from_json(load_yaml(raw, limits=LIMITS))
        return Mapping.from_json(strict_json.loads(raw))


def propose_mapping(
    file: Annotated[str, typer.Argument(help="The file of the other register.")],
    kind: Format = None,
    encoding: Annotated[
        str, typer.Option(help="utf-8, utf-8-sig or windows-1252.")
    ] = "utf-8",
    delimiter: Annotated[
        str | None, typer.Option(help="Between the fields of CSV, if no comma.")
    ] = None,
    out: Annotated[
        str | None, typer.Option(help="Write the mapping (YAML) into this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Propose a mapping from the header of a file and its first rows.

    Each column is said to be taken for something, or for nothing. What has to be
    decided by somebody who knows the register is left empty, and says so.

    Example:
        medid board map export.csv --out mapping.yaml
    """
    source = _source(file, kind, encoding, delimiter)
    with files.argument("--format"):
        read = Source.from_json(source)
    found = _proposed(file, read)
    whole: JsonObject = {"source": source, "fields": found.fields}
    if out is not None:
        files.write(out, "\n".join(yaml_lines(whole)) + "\n")
    if as_json:
        remarks: list[JsonValue] = [
            {"column": one.column, "text": one.text, "open": one.open}
            for one in found.remarks
        ]
        show_json({"mapping": whole, "remarks": remarks, "open": found.open})
        return
    for one in found.remarks:
        name = f"{one.column}: " if one.column else ""
        say(printable(f"{name}{one.text}{' (decide)' if one.open else ''}"))
    say(f"to be decided: {found.open}")
    if out is not None:
        say(printable(f"wrote {out}"))


def _proposed(file: str, source: Source) -> Proposal:
    from medid.adapters.tables import open_table

    with open_table(file, source) as table:
        first = itertools.islice(table.rows, proposing.MAX_ROWS)
        rows = [one.cells for one in first if one.error is None]
    named = dict.fromkeys(name for one in rows for name in one)
    return proposing.propose(table.columns or list(named), rows)


def _source(
    file: str, kind: str | None, encoding: str, delimiter: str | None
) -> JsonObject:
    ending = file.lower().rpartition(".")[2]
    found = kind or {"ndjson": "jsonl"}.get(ending, ending)
    if found not in {"csv", "tsv", "jsonl", "xlsx"}:
        message = "the form of the file is not known by its ending"
        fix = "state --format; fixed width and fhir need a mapping by hand"
        raise ConfigurationError(message, path="--format", fix=fix)
    source: JsonObject = {"format": found}
    if encoding != "utf-8":
        source["encoding"] = encoding
    if delimiter is not None:
        source["delimiter"] = delimiter
    return source


def yaml_lines(value: JsonObject, depth: int = 0) -> Iterator[str]:
    """``value`` as plain YAML; texts are in quotes, as JSON writes them."""
    for name, inner in value.items():
        key = f"{'  ' * depth}{strict_json.dumps(name)}:"
        if isinstance(inner, dict):
            yield key
            yield from yaml_lines(inner, depth + 1)
        elif isinstance(inner, list) and any(isinstance(one, dict) for one in inner):
            yield key
            for one in inner:
                yield from _item(one, depth + 1)
        else:
            yield f"{key} {strict_json.dumps(inner)}"


def _item(value: JsonValue, depth: int) -> Iterator[str]:
    if isinstance(value, dict):
        first, *others = yaml_lines(value, depth + 1)
        yield f"{'  ' * depth}- {first.strip()}"
        yield from others
