"""``medid board``: the register of a licensing board, and all that it decides."""

from __future__ import annotations

import typer

from medid.cli import (
    board_applications,
    board_credentials,
    board_import,
    board_keys,
    board_lookup,
    board_map,
    board_orders,
    board_publish,
    board_register,
    board_serve,
)

app = typer.Typer(help="Keep a licensing board's register, and issue its licenses.")


@app.callback()
def _group() -> None:
    """Keep a licensing board's register, and issue its licenses."""


board_register.add_to(app)
board_map.add_to(app)
board_import.add_to(app)
board_applications.add_to(app)
board_orders.add_to(app)
board_credentials.add_to(app)
board_keys.add_to(app)
board_lookup.add_to(app)
board_publish.add_to(app)
board_serve.add_to(app)
