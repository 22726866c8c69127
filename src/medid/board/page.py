"""The board's page for people: licenses are looked up, and credentials checked.

Four files of the site that ask nobody but the site. The script verifies with the
browser's own cryptography, and looks a status up in the board's signed lists. It has no
part in any decision of medid.

The register is public only as far as the board says, field by field. It lies in files
by the first digits of the SHA-256 of a license's number, so that a look-up fetches a
small one, and the host of the site does not learn which number was asked for.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from medid.board import licensing, standing
from medid.core import base64
from medid.core import json as strict_json
from medid.core.fetch import NoFetch
from medid.errors import ConfigurationError, MedidError
from medid.verifying.resolving import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from medid.board.records import BoardRecord, License, LicenseVersion
    from medid.board.register import Session
    from medid.core.fetch import Fetch
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

INDEX: Final = "index.html"
SETTINGS: Final = "page.json"
#: What a board can choose to tell of a license beside its number.
FIELDS: Final = (
    "name",
    "status",
    "issuedOn",
    "expiresOn",
    "profession",
    "jurisdiction",
)
#: Licenses in one file of the register, about: 75 kB with all fields.
SHARD: Final = 512
MAX_DIGITS: Final = 4  # 65,536 files, for 33 million licenses

_LINKED: Final = ("page.css", "page.js")
_BATCH: Final = 1_000  # licenses that are read at once
# Whoever has applied, or was denied, has no license.
_NO_LICENSE: Final = frozenset({"pending", "denied"})
_EMPTY: Final = b"{}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """What the page shows, and how.

    Attributes:
        at: The present.
        published: What the site has under a path now; ``None`` where it has nothing.
        fields: What it tells of each license in the register, of ``FIELDS``; without
            any there is no register.
        fetch: Where the board's DID document comes from.
    """

    at: Instant
    published: Callable[[str], bytes | None] = field(repr=False)
    fields: Sequence[str] = ()
    fetch: Fetch = field(default_factory=NoFetch, repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no field.

        Raises:
            ConfigurationError: There is no such field.
        """
        if not set(self.fields) <= set(FIELDS):
            message = "no such field of the public register"
            fix = f"name some of {', '.join(FIELDS)}"
            raise ConfigurationError(message, path="$.fields", fix=fix)


def page(session: Session, paging: Paging) -> Iterator[tuple[str, bytes]]:
    """The files of the page, each with its path below the site.

    A register that is not public any more is emptied.

    Args:
        session: One for reading is enough.
        paging: What is shown.

    Raises:
        MedidError: The board's DID cannot be resolved, or the register not be read.
    """
    parts = {name: _packaged(name) for name in _LINKED}
    html = _packaged(INDEX).decode()
    for name, content in parts.items():
        html = html.replace(f"{{{name}}}", f"sha256-{_digest(content)}")
    shards = _shards(session, paging) if paging.fields else {}
    digits = len(next(iter(shards))) if shards else 0
    yield from parts.items()
    yield INDEX, html.encode()
    for path in _before(paging) - {_path_of(prefix) for prefix in shards}:
        yield path, _EMPTY
    for prefix, content in shards.items():
        yield _path_of(prefix), content
    yield SETTINGS, _settings(session.board, paging, digits)


def _settings(board: BoardRecord, paging: Paging, digits: int) -> bytes:
    register: JsonValue = {"digits": digits} if digits else None
    stated: JsonObject = {
        "board": board.did,
        "name": board.name,
        "site": board.site,
        "jurisdiction": board.jurisdiction,
        "keys": _keys(board, paging),
        "register": register,
    }
    return strict_json.dumps(stated).encode() + b"\n"


def _keys(board: BoardRecord, paging: Paging) -> list[JsonValue]:
    """The keys with which the board may issue now, as a browser takes them."""
    document = resolve(board.did, fetch=paging.fetch)
    found: list[JsonValue] = []
    for name in document.ids_for("assertionMethod"):
        try:
            method = document.method_for(name, "assertionMethod", at=paging.at)
        except MedidError:
            continue  # what no verifier could use
        found.append({"id": name, "jwk": method.key.to_jwk()})
    return found


# The register.


def _shards(session: Session, paging: Paging) -> dict[str, bytes]:
    """The register, by the first digits of the digests of its numbers; all of them."""
    found = {}
    for one in _licenses(session):
        version = one.as_of(paging.at)
        if version is not None and _is_license(version, paging.at):
            found[one.number] = _told(one, version, paging)
    digits = next(
        count
        for count in range(1, MAX_DIGITS + 1)
        if count == MAX_DIGITS or len(found) <= SHARD * 16**count
    )
    shards: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for number in sorted(found):
        asked = as_asked(number)
        digest = hashlib.sha256(asked.encode()).hexdigest()
        shards[digest[:digits]].setdefault(asked, []).append(found[number])
    names = [f"{prefix:0{digits}x}" for prefix in range(16**digits)]
    return {name: _shard(shards[name]) for name in names}


def _is_license(version: LicenseVersion, at: Instant) -> bool:
    # Before its first day nobody practises by it, also where that day is not public.
    return version.status not in _NO_LICENSE and not licensing.is_ahead(version, at=at)


def _licenses(session: Session) -> Iterator[License]:
    after = ""
    while numbers := session.numbers(after=after, limit=_BATCH):
        yield from session.licenses(numbers).values()
        after = numbers[-1]


def _told(
    license: License,  # noqa: A002 - the vocabulary's word
    version: LicenseVersion,
    paging: Paging,
) -> str:
    """What is told of a license, as JSON text: it is kept for a moment, of all."""
    held = version.status in standing.ISSUED
    over = held and licensing.is_over(version, at=paging.at)
    known: Mapping[str, str | None] = {
        "name": version.name,
        # Also where nobody has let it expire, and where its last day is not public.
        "status": "expired" if over else version.status,
        "issuedOn": version.issued_on,
        "expiresOn": version.expires_on,
        "profession": _professions(version.claims),
        "jurisdiction": license.jurisdiction,
    }
    told: JsonObject = {name: known[name] for name in paging.fields if known[name]}
    return strict_json.dumps({"number": license.number, **told})


def _professions(claims: JsonObject) -> str:
    stated = claims.get("profession")
    codes = stated if isinstance(stated, list) else [stated]
    shown = [
        str(one.get("display", one.get("code", "")))
        for one in codes
        if isinstance(one, dict)
    ]
    return ", ".join(filter(None, shown))


def _shard(told: Mapping[str, list[str]]) -> bytes:
    members = [
        f"{strict_json.dumps(asked)}:[{','.join(entries)}]"
        for asked, entries in told.items()
    ]
    return f"{{{','.join(members)}}}\n".encode()


def as_asked(number: str) -> str:
    """How the page looks a number up: without space around, in capital letters."""
    return "".join(one.upper() if "a" <= one <= "z" else one for one in number.strip())


def _before(paging: Paging) -> set[str]:
    """The files of the register that are published now, and say something.

    By the files themselves: whoever was cut off while they were written has not said
    that they are there. Of each number of digits the first is written first.
    """
    names = (
        (f"{prefix:0{digits}x}" for prefix in range(16**digits))
        for digits in range(1, MAX_DIGITS + 1)
        if paging.published(_path_of("0" * digits)) is not None
    )
    paths = {_path_of(name) for some in names for name in some}
    return {one for one in paths if paging.published(one) not in {None, _EMPTY}}


def _path_of(prefix: str) -> str:
    return f"lookup/{prefix}.json"


def _packaged(name: str) -> bytes:
    return files("medid.board").joinpath("page_files", name).read_bytes()


def _digest(content: bytes) -> str:
    return base64.encode(hashlib.sha256(content).digest())
