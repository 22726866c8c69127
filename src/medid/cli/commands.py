"""The tree of commands."""

from __future__ import annotations

from inspect import cleandoc
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Annotated, Final

import typer

from medid.cli.groups import Group
from medid.cli.output import say
from medid.core.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Where the commands and groups of commands are, in the order of the help.
BRANCHES: Final = {
    "verify": "medid.cli.verify:verify",
    "decide": "medid.cli.decide:decide",
    "explain": "medid.cli.explain:explain",
    "issue": "medid.cli.issue:issue_command",
    "add-proof": "medid.cli.issue:add_proof_command",
    "present": "medid.cli.issue:present_command",
    "derive": "medid.cli.derive:derive_command",
    "serve": "medid.cli.serve:serve",
    "demo": "medid.cli.demo:demo",
    "consent": "medid.cli.consents:app",
    "license": "medid.cli.scenarios:license_app",
    "did": "medid.cli.dids:GROUP",
    "key": "medid.cli.keys:app",
    "signer": "medid.cli.signers:app",
    "status": "medid.cli.status:app",
    "audit": "medid.cli.audit:app",
    "board": "medid.cli.board:GROUP",
    "evidence": "medid.cli.evidence:app",
    "fhir": "medid.cli.fhir:app",
    "trust": "medid.cli.trust:GROUP",
}

_VERSION: Final = "--version"


def tree(argv: Sequence[str] = ()) -> typer.Typer:
    """The commands that ``argv`` can mean: the one it begins with, or all.

    Most of what a command costs is the loading of modules, so one that is named loads
    no other's.
    """
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(root)
    alone = argv and (argv[0] in BRANCHES or argv[0] == _VERSION)
    named = [one for one in BRANCHES if not alone or one == argv[0]]
    for name in named:
        branch = resolve_name(BRANCHES[name])
        if isinstance(branch, Group):
            branch = branch.app(argv[1] if alone and len(argv) > 1 else None)
        if isinstance(branch, typer.Typer):
            app.add_typer(branch, name=name)
        else:
            app.command(name)(branch)
    _keep_examples(app)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        say(f"medid {VERSION}")
        raise typer.Exit


def root(
    version: Annotated[
        bool,
        typer.Option(
            _VERSION, help="Print the version.", callback=_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Licenses, consents and access decisions from verifiable credentials.

    Try it: medid demo shows the main job and leaves its files for you to play with.
    """
    del version  # its callback has told it


def _keep_examples(app: typer.Typer) -> None:
    """Have the help print examples as they are written, line by line."""
    for command in app.registered_commands:
        text = cleandoc(getattr(command.callback, "__doc__", None) or "")
        # A backspace tells the help's wrapper to leave a paragraph alone.
        command.help = text.replace("Example:\n", "\b\nExample:\n")
    for group in app.registered_groups:
        if group.typer_instance is not None:
            _keep_examples(group.typer_instance)
