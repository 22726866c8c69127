"""The tree of commands."""

from __future__ import annotations

from inspect import cleandoc
from typing import Annotated

import typer

from medid.cli import dids, issue, keys, scenarios, status
from medid.cli.decide import decide
from medid.cli.demo import demo
from medid.cli.derive import derive_command
from medid.cli.output import say
from medid.cli.serve import serve
from medid.cli.verify import verify
from medid.core.version import VERSION

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"medid {VERSION}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Licenses, consents and access decisions from verifiable credentials.

    Try it: medid demo shows the main job and leaves its files for you to play with.
    """
    del version  # its callback has told it


app.command()(verify)
app.command()(decide)
app.command("issue")(issue.issue_command)
app.command("add-proof")(issue.add_proof_command)
app.command("present")(issue.present_command)
app.command("derive")(derive_command)
app.command()(serve)
app.command()(demo)
app.add_typer(scenarios.consent_app, name="consent")
app.add_typer(scenarios.license_app, name="license")
app.add_typer(dids.app, name="did")
app.add_typer(keys.app, name="key")
app.add_typer(status.app, name="status")


def _keep_examples(tree: typer.Typer) -> None:
    """Have the help print examples as they are written, line by line."""
    for command in tree.registered_commands:
        text = cleandoc(getattr(command.callback, "__doc__", None) or "")
        # A backspace tells the help's wrapper to leave a paragraph alone.
        command.help = text.replace("Example:\n", "\b\nExample:\n")
    for group in tree.registered_groups:
        if group.typer_instance is not None:
            _keep_examples(group.typer_instance)


_keep_examples(app)
