"""The ``medid`` command: its subcommands, and the one place that turns errors to exits.

No traceback ever reaches the user. What medid raises is one line with a code, a path
and a fix; what it did not foresee is one line too, and exit code 2.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TextIO

from medid.cli.output import Exit, complain
from medid.errors import ConfigurationError, MedidError

if TYPE_CHECKING:
    from collections.abc import Sequence


# As shells count a command that was stopped with Ctrl-C.
STOPPED: Final = 130
# What stands in the way of an answer that is written to a file or a pipe.
_NO_ROOM: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EPIPE}
)


def run(argv: Sequence[str]) -> int:
    """Run one command and give its exit code; everything else goes to the streams."""
    try:
        try:
            import typer  # noqa: F401 - asked for here so that the answer is friendly
        except ModuleNotFoundError:
            told = "error: the command line needs: pip install 'medid[cli]'\n"
            sys.stderr.write(told)
            return int(Exit.USAGE)
        return _run(list(argv))
    except KeyboardInterrupt:
        # Also while modules are loaded, which is most of what a short command does.
        return STOPPED
    except OSError as error:
        return _unwritten(error)


def _run(argv: list[str]) -> int:
    import typer

    from medid.cli.commands import tree

    as_json = "--json" in argv
    try:
        code = tree(argv)(args=argv, prog_name="medid", standalone_mode=False)
    except (SystemExit, typer.Abort):
        return int(Exit.USAGE)
    except MedidError as error:
        return int(complain(error, as_json=as_json))
    except UnicodeEncodeError as error:
        return _unwritable(error, argv, as_json=as_json)
    except Exception as error:
        if hasattr(error, "format_message"):
            return _wrong_call(error, as_json=as_json)
        if _is_of_a_stream(error):
            raise
        return _unforeseen(error)
    return code if isinstance(code, int) else int(Exit.YES)


def _unwritable(error: UnicodeError, argv: list[str], *, as_json: bool) -> int:
    """An argument with bytes that are no UTF-8, told where it cannot be written down.

    It reaches Python as text that names a file, and that neither a database nor a
    document can hold.
    """
    for place, argument in enumerate(argv, start=1):
        if not _encodes(argument):
            message = f"argument {place} is not text in UTF-8"
            wrong = ConfigurationError(message, fix="write it, or name the file, anew")
            return int(complain(wrong, as_json=as_json))
    return _unforeseen(error)


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _wrong_call(error: Exception, *, as_json: bool) -> int:
    """What typer refuses, told like everything else. No call at all gets the help."""
    told = error.format_message()  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(f"{told}\n")
        return int(Exit.USAGE)
    command = getattr(context, "command_path", "medid")
    wrong = ConfigurationError(" ".join(told.split()), fix=f"see {command} --help")
    return int(complain(wrong, as_json=as_json))


def _is_of_a_stream(error: Exception) -> bool:
    """Whether it is about no file that has a name, so about standard output."""
    is_of_system = isinstance(error, OSError) and error.filename is None
    return is_of_system and getattr(error, "errno", None) in _NO_ROOM


def _unwritten(error: OSError) -> int:
    """The answer could not be written, so none was given.

    A reader that has gone away need not be told. What is left for a stream that takes
    nothing leads nowhere, or the interpreter would try again at its end, and end with a
    code of its own.
    """
    _lead_nowhere(sys.stdout)
    if error.errno != errno.EPIPE:
        message = f"the answer cannot be written: {error.strerror or 'no reason told'}"
        wrong = ConfigurationError(message, fix="look at what was done, and make room")
        with suppress(OSError):
            complain(wrong)
    return int(Exit.USAGE)


def _lead_nowhere(stream: TextIO) -> None:
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


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
    _open_streams()
    try:
        code = run(sys.argv[1:])
        _hear_no_more()
    except KeyboardInterrupt:
        _hear_no_more()
        code = STOPPED
    try:
        sys.stdout.flush()
    except OSError as error:
        code = _unwritten(error)
    try:
        sys.stderr.flush()
    except OSError:
        _lead_nowhere(sys.stderr)
    sys.exit(code)


def _hear_no_more() -> None:
    """Pass over Ctrl-C, which would end what is left of the process in a traceback.

    What the command had to do is done, and its exit code says what that was.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _open_streams() -> None:
    """Have every standard stream, as if one that is closed led nowhere.

    A file that is opened later would otherwise take its place, and get what was meant
    for the reader.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # The lowest number that is free is given out, which is this one.
            opened = os.open(os.devnull, os.O_RDWR)
            mode = "w" if number else "r"
            setattr(sys, name, os.fdopen(opened, mode, encoding="utf-8"))


if __name__ == "__main__":
    main()
