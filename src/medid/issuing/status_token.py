"""Sign Status List Tokens: the token status lists that SD-JWTs and other tokens name.

Spec: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-5
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.credentials.values import as_url
from medid.errors import ConfigurationError
from medid.issuing.credential import (
    ASSERTION,
    refused_as_unsigned,
)
from medid.issuing.mechanisms import check_mechanism, check_token_key
from medid.securing import cose, jose
from medid.securing.cose.sign1 import KID, TYP
from medid.securing.jose import Jws
from medid.status.list_token import (
    CWT,
    JWT,
    Publication,
    cwt_payload,
    jwt_payload,
    read_token,
)
from medid.status.token_list import TokenStatusList

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.issuing.controller import Controller
    from medid.status.list_token import StatusListToken

# A verifier accepts a list for at most its own maximum age, a day by default; a list
# that says it holds for longer than a month helps nobody but an attacker.
LIST_LIFETIME: Final = 7 * 86_400  # seconds
LIST_TTL: Final = 43_200  # seconds; half a day, so that a change is known within a day

TOKEN_TYPES: Final = (JWT, CWT)
# A suspension is a status of its own, which takes a second bit.
_BITS: Final[Mapping[str, int]] = MappingProxyType({"revocation": 1, "suspension": 2})


def empty_statuses(purpose: str) -> TokenStatusList:
    """A list for ``purpose`` in which every entry is valid.

    Raises:
        ConfigurationError: A token status list has no such purpose.
    """
    if purpose not in _BITS:
        message = f"a token status list is for {' or '.join(_BITS)}"
        raise ConfigurationError(message, path="$.purpose")
    return TokenStatusList.create(bits=_BITS[purpose])


def sign_token(
    statuses: TokenStatusList,
    url: str,
    controller: Controller,
    *,
    at: Instant,
    securing: str,
    allow_ml_dsa: bool = False,
) -> str | bytes:
    """The Status List Token that publishes ``statuses`` at ``url``.

    Raises:
        ConfigurationError: There is no such type, or the key cannot sign it.
        ProofGenerationError: medid would refuse the token.
        SignerError: The key store refused, or could not be reached.
    """
    check_mechanism(securing, controller, tokens=TOKEN_TYPES, purpose=ASSERTION)
    check_token_key(securing, controller.signer, allow_ml_dsa=allow_ml_dsa)
    publication = Publication(
        url=url,
        issuer=controller.did,
        issued=at,
        expires=at.plus(LIST_LIFETIME),
        ttl=LIST_TTL,
    )
    kid = controller.verification_method
    with refused_as_unsigned():
        as_url(url, "$.sub")
        if securing == JWT:
            payload = jwt_payload(statuses, publication)
            header = {"kid": kid, "typ": JWT}
            return jose.sign_compact(payload, controller.signer, header)
        payload = cwt_payload(statuses, publication)
        typ = f"application/{CWT}"
        return cose.sign(payload, controller.signer, {KID: kid.encode(), TYP: typ})


def change_token(
    token: str | bytes,
    changes: Mapping[int, int],
    controller: Controller,
    *,
    at: Instant,
    allow_ml_dsa: bool = False,
) -> str | bytes:
    """The Status List Token that differs from ``token`` in ``changes``.

    Raises:
        MedidError: ``token`` is no Status List Token.
        StatusRangeError: There is no such entry.
        ConfigurationError: The list is somebody else's, a status does not fit it, or a
            revocation would be taken back.
        SignerError: The key store refused, or could not be reached.
    """
    if isinstance(token, str):
        # A lone surrogate is told as what it is: no token.
        token = token.encode("utf-8", "surrogatepass")
    known = read_token(token)
    if not _is_by(known, controller):
        message = "the status list is another issuer's"
        raise ConfigurationError(message, path="$.iss")
    changed = known.packed.unpack().with_statuses(changes)
    securing = JWT if isinstance(known.envelope, Jws) else CWT
    return sign_token(
        changed,
        known.subject,
        controller,
        at=at,
        securing=securing,
        allow_ml_dsa=allow_ml_dsa,
    )


def _is_by(token: StatusListToken, controller: Controller) -> bool:
    kid = token.envelope.kid or ""
    named = kid.partition("#")[0] if kid.startswith("did:") else None
    return controller.did == (token.issuer if token.issuer is not None else named)
