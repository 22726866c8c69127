"""Files in, files out: bounded reads, and errors that say which argument to mend."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.cli.output import printable
from medid.core import json as strict_json
from medid.core.entropy import system_entropy
from medid.core.evidence import NO_EVIDENCE, Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant, system_clock
from medid.core.json import JsonLimits
from medid.errors import ConfigurationError, MedidError, Misuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.access.audit import AuditLog
    from medid.adapters.signing_log import SigningLog
    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore

# Twice the limit of a document: enough for every file, and for the limit to be named.
MAX_FILE: Final = 2_097_152  # bytes
# Sealed evidence holds every document that a decision stood on.
MAX_EVIDENCE: Final = 67_108_864  # bytes
# The longest that is fetched, the log of a did:webvh: what is supplied may be as long.
MAX_SUPPLIED: Final = 16_777_216  # bytes
MAX_KEY_FILE: Final = 4_096  # bytes, of an audit key; it has 32 and more
# Of a new file: what everybody may read is the affair of whoever calls (umask), what is
# of a person its owner alone may.
_ANYBODY: Final = 0o666
_OWNER: Final = 0o600


def read(name: str, *, limit: int = MAX_FILE) -> bytes:
    """The bytes of a file, or of standard input where ``name`` is ``-``.

    Raises:
        ConfigurationError: It cannot be read.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read(limit)
        with Path(name).open("rb") as file:
            return file.read(limit)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        message = f"cannot read {printable(name)}: {reason}"
        raise ConfigurationError(message, fix="name a file that you may read") from None


def supplied(name: str) -> bytes:
    """The whole of a file that stands for what is published; see ``read``.

    Raises:
        ConfigurationError: It cannot be read, or is longer than whatever is fetched.
    """
    content = read(name, limit=MAX_SUPPLIED + 1)
    if len(content) > MAX_SUPPLIED:
        # A part of it would be another document, such as an earlier state of a log.
        message = f"{printable(name)} has more than {MAX_SUPPLIED} bytes"
        raise ConfigurationError(message, fix="name the file of the document itself")
    return content


def exists(path: str | Path) -> bool:
    """Whether there is such a file or folder; not where there cannot be one."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        # Such as a name that is too long for any file.
        return False


def read_json(name: str) -> JsonValue:
    """The JSON value in a file that the user named.

    Raises:
        ConfigurationError: It cannot be read, or is not strict JSON.
    """
    with argument(name):
        return strict_json.loads(read(name))


def read_object(name: str) -> JsonObject:
    """The JSON object in a file that the user named.

    Raises:
        ConfigurationError: It cannot be read, or is not a strict JSON object.
    """
    value = read_json(name)
    if not isinstance(value, dict):
        raise ConfigurationError(f"{printable(name)} does not hold a JSON object")
    return value


def anchor(name: str, option: str) -> bytes:
    """The certificate of an authority, in DER, from the PEM file ``name``.

    Raises:
        ConfigurationError: It cannot be read, or is not one certificate of that kind.
    """
    from medid.keys.certificates import read_anchor

    with argument(option):
        try:
            text = read(name).decode("ascii")
        except UnicodeDecodeError:
            text = ""
        return read_anchor(text)


def pem_chain(name: str) -> tuple[bytes, ...]:
    """The certificates (DER, in their order) of the PEM file ``name``.

    Raises:
        ConfigurationError: It cannot be read, or is no chain of certificates.
    """
    from medid.keys.certificates import read_pem_chain

    with argument(name):
        return read_pem_chain(read(name))


def audit_key(name: str) -> bytes:
    """The audit key in a file: its bytes, without the line feed at their end.

    Raises:
        ConfigurationError: It cannot be read, or is too long.
    """
    from medid.adapters.audit_chain import KEY_BYTES

    found = read(name, limit=MAX_KEY_FILE + 1)
    if len(found) > MAX_KEY_FILE:
        message = f"{printable(name)} has more than {MAX_KEY_FILE} bytes"
        raise ConfigurationError(message, fix="name the file of the audit key")
    key = found.rstrip(b"\r\n")
    # The last of bytes that were drawn at random may be one that ends a line in a text.
    is_drawn = len(key) < KEY_BYTES and not key.isascii()
    return found if is_drawn else key


def audit_log(name: str | None, key_file: str | None) -> AuditLog | None:
    """The audit log in a file, chained with the key in another; ``None`` without both.

    Raises:
        ConfigurationError: One of the two is missing, or cannot be used.
    """
    if name is None and key_file is None:
        return None
    if name is None or key_file is None:
        message = "an audit log has a file and a key"
        raise ConfigurationError(message, fix="give --audit and --audit-key-file")
    # Asked for here, because it needs a system with flock.
    from medid.adapters.audit import FileAuditLog

    return FileAuditLog(name, key=audit_key(key_file))


def signing_log(name: str | None, key_file: str | None) -> SigningLog:
    """The log of uses of keys in a file, chained with the key in another.

    Raises:
        ConfigurationError: One of the two is missing, or cannot be used.
    """
    if name is None or key_file is None:
        message = "a signing log has a file and a key"
        fix = "give --signing-log and --signing-log-key-file"
        raise ConfigurationError(message, fix=fix)
    # Asked for here, because it needs a system with flock.
    from medid.adapters.signing_log import SigningLog

    return SigningLog(name, key=audit_key(key_file))


def write(name: str, content: str | bytes, *, private: bool = False) -> None:
    """Write a file, text in UTF-8; what was there before is replaced.

    It is replaced as a whole: a status list is often written over the one that it was
    made of, and a full disk must not leave neither.

    Args:
        name: Of the file.
        content: What is to stand in it.
        private: Whether it is of a person: a new file is then its owner's alone. One
            that was there keeps its mode, which somebody has chosen.

    Raises:
        ConfigurationError: It cannot be written; what was there is there still.
    """
    raw = content.encode("utf-8") if isinstance(content, str) else content
    try:
        path = Path(name)
        # A terminal or a pipe is written to, and a link leads to what is written.
        if path.is_file() or not path.exists():
            mode = _OWNER if private else _ANYBODY
            _replace(Path(os.path.realpath(path)), raw, mode)
        else:
            path.write_bytes(raw)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        message = f"cannot write {printable(name)}: {reason}"
        raise ConfigurationError(message, fix="name a file you may write") from None


def _replace(path: Path, content: bytes, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{system_entropy(8).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        opened = os.open(draft, flags, mode)
    except OSError:
        # Of a folder in which nothing can be made, or of a name that may not be longer:
        # the file itself may be writable.
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(opened, "wb") as file:
            file.write(content)
        return
    try:
        with os.fdopen(opened, "wb") as file:
            with suppress(FileNotFoundError):
                _keep_rights(file.fileno(), path.stat())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            draft.replace(path)
        except OSError:
            # Such as of a file that is mounted by itself. There is room, as was seen.
            path.write_bytes(content)
    finally:
        with suppress(OSError):
            draft.unlink()


def _keep_rights(opened: int, before: os.stat_result) -> None:
    """Give a file the owner and mode of the one whose place it takes."""
    if os.name == "posix":
        with suppress(PermissionError):
            os.fchown(opened, before.st_uid, before.st_gid)
        os.fchmod(opened, stat.S_IMODE(before.st_mode))


def check_writable(name: str | None) -> None:
    """Return if the file ``name`` could be written, as far as can be told before.

    Asked before anything is done that an answer only reports: that cannot be undone
    because the file of the answer turns out to be a wrong one.

    Raises:
        ConfigurationError: It is a folder, may not be written, or its folder is not
            there.
    """
    if name is None:
        return
    place = Path(name)
    try:
        if place.exists():
            good = not place.is_dir() and os.access(place, os.W_OK)
        else:
            good = place.parent.is_dir() and os.access(place.parent, os.W_OK)
    except (OSError, ValueError):
        good = False
    if not good:
        message = f"cannot write {printable(name)}"
        raise ConfigurationError(message, fix="name a file you may write")


def write_private(name: str, content: str | bytes) -> None:
    """Write a new file, text in UTF-8, that only its owner can read and write.

    Raises:
        ConfigurationError: There is one already, or it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    raw = content.encode("utf-8") if isinstance(content, str) else content
    try:
        with os.fdopen(os.open(name, flags, _OWNER), "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        message = f"cannot write {printable(name)}: {reason}"
        raise ConfigurationError(message, fix="name a new file") from None


@contextmanager
def argument(name: str) -> Iterator[None]:
    """What is refused inside is a wrong argument of the call: exit code 2.

    Raises:
        ConfigurationError: Something was refused; ``name`` says which argument.
    """
    try:
        yield
    except Misuse:
        raise
    except MedidError as error:
        message = f"{printable(name)}: {error.message} ({error.code})"
        raise ConfigurationError(message, path=error.path, fix=error.fix) from None


def instant(now: str | None, default: Instant | None = None) -> Instant:
    """The instant that ``--now`` names; else ``default``, else the present.

    Raises:
        ConfigurationError: It is not a date-time with an offset.
    """
    if now is None:
        return default if default is not None else system_clock()
    with argument("--now"):
        return Instant.parse(now)


def evidence(
    documents: Sequence[str], at: Instant, *, sealed: str | None = None
) -> Evidence:
    """The documents given as ``URL=FILE``, as evidence obtained at ``at``.

    Args:
        documents: Each ``URL=FILE``; the URL of a did:web may be the DID itself.
        at: When they count as obtained.
        sealed: A file of sealed evidence, for whatever is not given by itself.

    Raises:
        ConfigurationError: Not of that form, or a file cannot be read.
    """
    answers = []
    for pair in documents:
        url, equals, name = pair.rpartition("=")
        if not (equals and url and name):
            message = "--document takes URL=FILE"
            raise ConfigurationError(
                message, fix="for example https://a.example/x=x.json"
            )
        with argument("--document"):
            url = _location(url)
        answers.append((url, Fetched.of(url, supplied(name), fetched_at=at)))
    given = NO_EVIDENCE.with_answers(answers)
    return given if sealed is None else given.with_answers(_sealed(sealed))


def _sealed(name: str) -> list[tuple[str, Fetched | MedidError]]:
    content = read(name, limit=MAX_EVIDENCE)
    limits = JsonLimits(max_bytes=MAX_EVIDENCE)
    with argument(name):
        sealed = Evidence.from_json(strict_json.loads(content, limits=limits))
    return list(sealed.answers.items())


def _location(url: str) -> str:
    """Where a document is published; a did:web DID stands for its document's URL."""
    if not url.startswith("did:"):
        return url
    from medid.dids import resolver as dids
    from medid.dids.syntax import Did

    found = dids.needs(Did.parse(url), NO_EVIDENCE)
    return found[0].url if found else url


def with_contexts(store: ContextStore, given: Sequence[str]) -> ContextStore:
    """``store`` and the contexts given as ``URL=FILE``.

    Raises:
        ConfigurationError: Not of that form, or not a context.
    """
    for pair in given:
        url, equals, name = pair.rpartition("=")
        if not (equals and url and name):
            raise ConfigurationError("--context takes URL=FILE")
        with argument("--context"):
            store = store.register_context(url, read(name))
    return store
