"""``medid trust``: what a trust file says, and why an issuer is believed or not."""

from __future__ import annotations

import typer

from medid.cli.trust_check import check
from medid.cli.trust_explain import explain_command

app = typer.Typer(help="Check a trust file; explain why an issuer is believed or not.")


@app.callback()
def _group() -> None:
    """Check a trust file; explain why an issuer is believed or not."""


app.command("check")(check)
app.command("explain")(explain_command)
