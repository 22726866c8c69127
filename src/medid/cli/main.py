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
    import click

    from medid.cli.commands import app

    as_json = "--json" in argv
    try:
        code = app(args=argv, prog_name="medid", standalone_mode=False)
    except MedidError as error:
        return int(complain(error, as_json=as_json))
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return int(Exit.USAGE)
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("stopped\n")
        return int(Exit.USAGE)
    except BrokenPipeError:
        # The reader of our output went away; that is no fault of anybody's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.YES)
    except Exception as error:  # noqa: BLE001 - the last door before the user
        return _unforeseen(error)
    return code if isinstance(code, int) else int(Exit.YES)


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
