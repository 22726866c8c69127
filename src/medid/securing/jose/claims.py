"""The registered claims of a JWT, typed.

Whether they allow anything at a given time is asked above: this module has no clock.

Spec: https://www.rfc-editor.org/rfc/rfc7519#section-4.1
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.fields import optional_str, strings
from medid.core.instant import ALWAYS, Instant, Window
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from medid.core.json import JsonValue

# Seconds from 1970, either way: the year 33,658, far beyond any credential.
MAX_NUMERIC_DATE: Final = 1_000_000_000_000

# In a header a registered claim means what it means among the claims (VC-JOSE-COSE
# section 3.1.3, RFC 7519 section 5.3). A nonce there is that of ACME, another one.
REPLICATED: Final = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClaims:
    """What the registered claims of a JWT say.

    Attributes:
        issuer: ``iss``.
        subject: ``sub``.
        token_id: ``jti``.
        audience: ``aud``; empty where there is none.
        nonce: ``nonce``, of OpenID Connect.
        issued_at: ``iat``.
        window: From ``nbf`` to ``exp``.
        status: ``status`` as it stands, of any type.
    """

    issuer: str | None = None
    subject: str | None = None
    token_id: str | None = None
    audience: tuple[str, ...] = ()
    nonce: str | None = None
    issued_at: Instant | None = None
    window: Window = ALWAYS
    status: JsonValue = field(default=None, repr=False, hash=False)


def read_claims(
    payload: Mapping[str, JsonValue], *, path: str = "$"
) -> RegisteredClaims:
    """The registered claims of a JWT's payload.

    Raises:
        MalformedValue: A registered claim is not of its type.
    """
    audience = strings(payload["aud"], child(path, "aud")) if "aud" in payload else ()
    return RegisteredClaims(
        issuer=optional_str(payload, "iss", path),
        subject=optional_str(payload, "sub", path),
        token_id=optional_str(payload, "jti", path),
        audience=tuple(audience),
        nonce=optional_str(payload, "nonce", path),
        issued_at=numeric_date(payload, "iat", path),
        window=read_window(payload, path=path),
        status=payload.get("status"),
    )


def check_replicated(
    header: Mapping[str, JsonValue],
    claims: Mapping[str, JsonValue],
    *,
    names: Iterable[str] = REPLICATED,
) -> None:
    """Return if claims that stand in the header as well say the same there.

    Spec: https://www.rfc-editor.org/rfc/rfc7519#section-5.3

    Raises:
        MalformedValue: A header parameter contradicts the claim of its name.
    """
    for name in names:
        if name in header and name in claims and header[name] != claims[name]:
            message = "the header contradicts this claim"
            raise MalformedValue(message, path=child("$", name))


def read_window(payload: Mapping[str, JsonValue], *, path: str = "$") -> Window:
    """The time from ``nbf`` to ``exp``.

    Raises:
        MalformedValue: One of them is no NumericDate.
    """
    start = numeric_date(payload, "nbf", path)
    return Window(start, numeric_date(payload, "exp", path))


def numeric_date(
    payload: Mapping[str, JsonValue], name: str, path: str
) -> Instant | None:
    """The instant of a NumericDate, where the claim is there.

    Raises:
        MalformedValue: Not a number, ``true`` or ``false``, or too far from 1970.
    """
    if name not in payload:
        return None
    value = payload[name]
    # type() and not isinstance(): True is an int to Python, and no date.
    if type(value) is not int and type(value) is not float:
        message = "a NumericDate is a number of seconds since 1970"
        raise MalformedValue(message, path=child(path, name))
    if not -MAX_NUMERIC_DATE <= value <= MAX_NUMERIC_DATE:
        raise MalformedValue("a date too far from 1970", path=child(path, name))
    return Instant.from_seconds(value)
