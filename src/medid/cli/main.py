"""The ``medid`` command: its subcommands, and the one place that turns errors to exits.

No traceback ever reaches the user. What medid raises is one line with a code, a path
and a fix; what it did not foresee is one line too, and exit code 2.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING

from medid.cli.output import Exit, complain
from medid.errors import MedidError

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run one command and give its exit code; everything else goes to the streams."""
    try:
        import typer  # noqa: F401 - asked for here so that the answer can be friendly
    except ModuleNotFoundError:
        sys.stderr.write("error: the command line needs: pip install 'medid[cli]'\n")
        return int(Exit.USAGE)
    return _run(list(argv))


def _run(argv: list[str]) -> int:
    from medid.cli.commands import app

    try:
        app(args=argv, prog_name="medid")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(Exit.USAGE)
    except MedidError as error:
        return int(complain(error, as_json="--json" in argv))
    except Exception as error:  # noqa: BLE001 - the last door before the user
        return _unforeseen(error)
    return int(Exit.YES)


def _unforeseen(error: Exception) -> int:
    if os.environ.get("MEDID_DEBUG"):
        traceback.print_exception(error)
    kind = type(error).__name__
    sys.stderr.write(
        f"error: INTERNAL_ERROR at $: {kind} inside medid "
        "(fix: please report it; MEDID_DEBUG=1 shows where)\n"
    )
    return int(Exit.USAGE)


def main() -> None:
    """The entry point of the installed command."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
