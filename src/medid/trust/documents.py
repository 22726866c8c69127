"""Trust files as documents: bounded, decoded, and not yet read as settings."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.core.json import JsonLimits, load_object
from medid.errors import ConfigurationError, ParsingError, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonValue

# A nation's boards and a hospital's patient references fit.
LIMITS: Final = JsonLimits(max_bytes=16_777_216, max_members=1_000_000)
_YAML: Final = (".yaml", ".yml")


def read_trust_file(path: str | Path) -> bytes:
    """The bytes of the file ``path``, or one more than a trust file may have.

    Raises:
        ConfigurationError: It cannot be read.
    """
    try:
        with Path(path).open("rb") as stream:
            return stream.read(LIMITS.max_bytes + 1)
    except (OSError, ValueError) as error:
        fix = "name a trust file that exists and may be read"
        message = "the trust file cannot be read"
        raise ConfigurationError(message, fix=fix) from error


def decoded(content: bytes, path: str | Path) -> JsonValue:
    """What the ``content`` of the file ``path`` holds: YAML if its name says so.

    Raises:
        TooLarge: More bytes, depth or members than a trust file may have.
        ParsingError: It is not JSON, or not YAML.
        MissingExtra: It is YAML, and PyYAML is not installed.
    """
    if Path(path).suffix.lower() not in _YAML:
        return load_object(content, limits=LIMITS)
    from medid.trust.yaml_text import load_yaml

    return load_yaml(content, limits=LIMITS)


@contextmanager
def as_configuration() -> Iterator[None]:
    """Report what is wrong in a document as what is wrong in the configuration."""
    try:
        yield
    except Refused as error:
        message, path, fix = error.message, error.path, error.fix
        if fix == ParsingError.default_fix:
            fix = "correct the JSON or YAML; what a file is called is for from_file"
        raise ConfigurationError(message, path=path, fix=fix) from error
