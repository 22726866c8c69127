"""Names of keys in tokens: the URI of RFC 7512, as far as medid has a use for it.

The path says which token (``token``, ``serial``) and which key in it (``object``,
``id``); the query says by which library it is reached (``module-path``) and which file
holds its PIN (``pin-source``). Whatever else a URI says is refused, because a part that
is not looked at could be the one that made it another key's name. ``pin-value`` is
refused too: a command line is read by everybody on the machine.

Spec: https://www.rfc-editor.org/rfc/rfc7512#section-2.3
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from medid.errors import ConfigurationError

SCHEME: Final = "pkcs11:"
MAX_URI: Final = 2_048  # characters
MAX_ID: Final = 255  # bytes of an id; tokens use some 20
# RFC 7512 section 2.3: unreserved, percent-encoded, and what a path or query may hold.
_PART: Final = re.compile(
    r"(?P<name>[A-Za-z0-9_-]+)="
    r"(?P<value>(?:[A-Za-z0-9._~:\[\]@!$'()*+,=/?|-]|%[0-9A-Fa-f]{2})*)"
)
_PATH: Final = ("token", "serial", "object", "id", "type")
_QUERY: Final = ("module-path", "pin-source")
_FILE: Final = re.compile(r"(?:file:(?://(?:localhost)?(?=/))?)?+(?P<name>[^|].*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """Which key it is, in which token.

    Attributes:
        module: The file of the PKCS #11 library.
        token: The label of the token.
        serial: The serial number of the token; ``None`` asks for none.
        label: The label of the key pair; one of label and id is given.
        id: The id of the key pair.
        pin_file: Holds the PIN in its first line; ``None`` where another way is found.
    """

    module: str
    token: str
    serial: str | None = None
    label: str | None = None
    id: bytes | None = field(default=None)
    pin_file: str | None = None

    def __post_init__(self) -> None:
        """Refuse a name that fits more than one key.

        Raises:
            ConfigurationError: No library, no token, or neither label nor id.
        """
        if not self.module:
            fix = "end it with ?module-path=/usr/lib/softhsm/libsofthsm2.so or the like"
            raise _refused("the URI names no library", fix=fix)
        if not self.token:
            raise _refused("the URI names no token", fix="begin it with pkcs11:token=")
        if not self.label and not self.id:
            raise _refused("the URI names no key", fix="give it object= or id=")


def parse(uri: str) -> TokenKey:
    """The key that ``uri`` names.

    Raises:
        ConfigurationError: Not a PKCS #11 URI of the form that medid reads, or one that
            leaves open which key is meant.
    """
    if len(uri) > MAX_URI or not uri.startswith(SCHEME):
        raise _refused("not a PKCS #11 URI")
    path, _, query = uri.removeprefix(SCHEME).partition("?")
    given = _parts(path, ";", _PATH) | _parts(query, "&", _QUERY)
    if given.pop("type", b"private") != b"private":
        raise _refused("keys that sign are of type=private")
    key_id = given.pop("id", None)
    if key_id is not None and not 0 < len(key_id) <= MAX_ID:
        raise _refused(f"an id has 1 to {MAX_ID} bytes")
    texts = {name: _text(value) for name, value in given.items()}
    return TokenKey(
        module=texts.get("module-path", ""),
        token=texts.get("token", ""),
        serial=texts.get("serial"),
        label=texts.get("object"),
        id=key_id,
        pin_file=_file(texts["pin-source"]) if "pin-source" in texts else None,
    )


def _parts(text: str, separator: str, names: tuple[str, ...]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in text.split(separator) if text else ():
        match = _PART.fullmatch(part)
        if match is None:
            raise _refused("a part of the URI is not of the form name=value")
        name = match["name"]
        if name == "pin-value":
            fix = "put the PIN into a file of mode 0600, and name it by pin-source"
            raise _refused("a PIN does not belong in a name", fix=fix)
        if name not in names or name in found:
            text = f"the parts of the URI are {', '.join((*_PATH, *_QUERY))}, each once"
            raise _refused(text)
        found[name] = unquote_to_bytes(match["value"])
    return found


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if not text.isprintable():
        raise _refused("a part of the URI is not text")
    return text


def _file(source: str) -> str:
    match = _FILE.fullmatch(source)
    if match is None:
        # RFC 7512 has "|command" too: a name must not start programs.
        raise _refused(
            "pin-source names a file", fix="for example pin-source=file:/pin"
        )
    return match["name"]


def _refused(message: str, *, fix: str | None = None) -> ConfigurationError:
    usual = "write pkcs11:token=TOKEN;object=KEY?module-path=LIBRARY&pin-source=FILE"
    return ConfigurationError(message, path="--key", fix=fix or usual)
