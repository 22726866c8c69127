"""A GA4GH passport as the deployer's own code hands it in.

Visas belong to a person by their ``iss`` and ``sub``, and nothing in a request says who
that is. There are two ways to bind them to whoever presents, and both are needed
nowhere else: the deployer's code states as whom it authenticated the presenter, or a
LinkedIdentities visa of a trusted source names the presenter's DID.

Spec: https://ga4gh.github.io/data-security/aai-openid-connect-profile#passport-format
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.visa_reading import OpenedVisa, open_token, read_visa
from medid.access.visa_types import VisaIdentity
from medid.core import json as strict_json
from medid.core.fields import as_object, as_str, required
from medid.core.memory import Known
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    TooLarge,
    child,
    located,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.access.visa_reading import OpenedToken
    from medid.core.json import JsonObject, JsonValue

MAX_VISAS: Final = 500  # of a passport: each costs a signature check of 0.1 ms
PASSPORT_TYP: Final = "vnd.ga4gh.passport+jwt"
CLAIM: Final = "ga4gh_passport_v1"
PLACE: Final = "$.passport"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPassport:
    """A passport in its parts, of which nothing has been verified.

    Attributes:
        token: The JWT around it; ``None`` for what a UserInfo endpoint answered.
        visas: Each visa with its path: opened, the error of one that cannot be read, or
            ``None`` for one of a custom type.
    """

    token: OpenedToken | None
    visas: tuple[tuple[str, OpenedVisa | MedidError | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """Visas of somebody. Make one with ``from_token`` or ``from_userinfo``.

    Attributes:
        source: The passport as a JWT, or the claims that hold its visas.
        presenter: The DID of whom ``identities`` are; of nobody else.
        identities: As whom the deployer authenticated the presenter.
    """

    source: str | JsonObject = field(repr=False, hash=False)
    presenter: str | None = field(default=None, repr=False)
    identities: frozenset[VisaIdentity] = field(default=frozenset(), repr=False)
    known: Known = field(default_factory=Known, compare=False, repr=False)

    @classmethod
    def from_token(
        cls,
        jwt: str,
        *,
        presenter: str | None = None,
        identities: Iterable[tuple[str, str]] = (),
    ) -> Passport:
        """The passport in a JWT of a broker, as token exchange returns it.

        Args:
            jwt: Read, and verified, when it is decided with.
            presenter: The DID of whom ``identities`` are.
            identities: The ``(iss, sub)`` under which the deployer's own code
                authenticated the presenter. Never what a request says.

        Raises:
            ConfigurationError: An argument of another type, or identities of nobody.
        """
        text: object = jwt
        if not isinstance(text, str):
            raise ConfigurationError("a passport is a string", path=PLACE)
        names = _identities(presenter, identities)
        return cls(source=jwt, presenter=presenter, identities=names)

    @classmethod
    def from_userinfo(
        cls,
        claims: bytes | str | Mapping[str, JsonValue],
        *,
        presenter: str | None = None,
        identities: Iterable[tuple[str, str]] = (),
    ) -> Passport:
        """The visas in what a broker's UserInfo endpoint answered.

        Args:
            claims: The JSON that the deployer's code fetched over TLS from a broker
                that it trusts; of its members only ``ga4gh_passport_v1`` is read.
            presenter: As in ``from_token``.
            identities: As in ``from_token``.

        Raises:
            ConfigurationError: An argument of another type, or identities of nobody.
            ParsingError: Not strict JSON, or no object.
            MalformedValue: There is no array of visas.
            TooLarge: It passes a limit.
        """
        with located(PLACE):
            if isinstance(claims, bytes | str):
                read = strict_json.load_object(claims)
            else:
                plain: object = claims
                whole = dict(plain) if isinstance(plain, Mapping) else plain
                read = as_object(strict_json.check(whole), "$")
            _tokens(read)
        names = _identities(presenter, identities)
        source: JsonObject = {CLAIM: read[CLAIM]}
        return cls(source=source, presenter=presenter, identities=names)

    def opened(self) -> OpenedPassport:
        """The passport in its parts; each visa that cannot be read with its error.

        Raises:
            MedidError: The passport itself cannot be read.
        """
        with located(PLACE):
            return self.known.once("opened", self._opened)

    def _opened(self) -> OpenedPassport:
        if isinstance(self.source, str):
            token = open_token(self.source, typs={PASSPORT_TYP})
            if "ga4gh_visa_v1" in token.payload:
                message = "a token is either a passport or a visa"
                raise MalformedValue(message, path="$.ga4gh_visa_v1")
            return OpenedPassport(token=token, visas=_visas(token.payload))
        return OpenedPassport(token=None, visas=_visas(self.source))


def _identities(
    presenter: str | None, identities: Iterable[tuple[str, str]]
) -> frozenset[VisaIdentity]:
    found = set()
    for one in identities:
        pair: object = one
        if not isinstance(pair, tuple) or not _are_names(pair):
            message = "an identity is the iss and the sub, two strings"
            raise ConfigurationError(message, path="$.identities")
        found.add(VisaIdentity(*one))
    if found and not presenter:
        message = "nobody is named whose identities these are"
        fix = "pass presenter=, the DID that your own code bound to this session"
        raise ConfigurationError(message, path="$.presenter", fix=fix)
    return frozenset(found)


def _are_names(pair: tuple[object, ...]) -> bool:
    return len(pair) == 2 and all(isinstance(one, str) and one for one in pair)


def _visas(
    claims: JsonObject,
) -> tuple[tuple[str, OpenedVisa | MedidError | None], ...]:
    found: dict[str, str] = {}
    for text, path in _tokens(claims):
        found.setdefault(text, path)  # the same visa twice says no more than once
    return tuple((path, _read(text, path)) for text, path in found.items())


def _tokens(claims: JsonObject) -> list[tuple[str, str]]:
    stated, place = required(claims, CLAIM, list, "$"), child("$", CLAIM)
    if len(stated) > MAX_VISAS:
        raise TooLarge(f"more than {MAX_VISAS} visas", path=place)
    found = []
    for index, one in enumerate(stated):
        here = child(place, index)
        found.append((as_str(one, here), f"{PLACE}{here.removeprefix('$')}"))
    return found


def _read(text: str, path: str) -> OpenedVisa | MedidError | None:
    try:
        with located(path):
            return read_visa(text)
    except MedidError as error:
        return error
