"""Which mechanisms there are to sign with, and which of them a key fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError
from medid.securing import jose
from medid.securing.catalogue import SELECTIVE, SUITES

if TYPE_CHECKING:
    from collections.abc import Collection

    from medid.issuing.controller import Controller
    from medid.keys import KeyKind, Signer

_ASSERTION: Final = "assertionMethod"
_SD_JWTS: Final = frozenset({"dc+sd-jwt", "vc+sd-jwt"})  # of which a holder shows parts


def check_mechanism(
    securing: str, controller: Controller, *, tokens: Collection[str], purpose: str
) -> None:
    """Return if ``securing`` exists and the controller's key can sign with it.

    Args:
        securing: A cryptosuite's name, or one of ``tokens``.
        controller: Who is to sign.
        tokens: The ``typ`` of each token that could be signed instead.
        purpose: What the controller's DID has to allow the key for.

    Raises:
        ConfigurationError: There is no such mechanism, or the key does not fit it or
            is not the controller's.
    """
    kind = controller.signer.public_key.kind
    fitting = _fitting(kind, tokens)
    if securing not in fitting:
        message = f"a {kind.value} key cannot sign with the mechanism that was named"
        fix = f"use one of {', '.join(fitting)}" if fitting else "sign with another key"
        if securing in _SD_JWTS and purpose == _ASSERTION:
            fix = "call issue_sd_jwt, which lets the holder choose what to show"
        raise ConfigurationError(message, path="$.securing", fix=fix)
    controller.check_key(purpose)


def _fitting(kind: KeyKind, tokens: Collection[str]) -> tuple[str, ...]:
    """The mechanisms that a key of ``kind`` can sign with."""
    suites = [
        name for name, suite in SUITES.items() if suite.can_sign and kind in suite.kinds
    ]
    return (*suites, *(tokens if jose.can_sign(kind) else ()))


def check_whole(securing: str) -> None:
    """Return if what ``securing`` gives is shown as it is, to everybody.

    Raises:
        ConfigurationError: It is a suite whose proofs are for a holder alone.
    """
    if securing in SELECTIVE:
        message = "a proof of this suite is for a holder alone, who derives others"
        raise ConfigurationError(
            message, path="$.securing", fix="use eddsa-rdfc-2022, or ecdsa-rdfc-2019"
        )


def check_token_key(securing: str, signer: Signer, *, allow_ml_dsa: bool) -> None:
    """Return if the key of ``signer`` may sign a token, where one is to be signed.

    Raises:
        ConfigurationError: An ML-DSA key, which verifiers refuse by default.
    """
    kind = signer.public_key.kind
    if securing not in SUITES and kind in jose.ML_DSA and not allow_ml_dsa:
        raise ConfigurationError(
            f"verifiers refuse tokens of a {kind} key unless they allow them",
            path="$.securing",
            fix="pass allow_ml_dsa=True (--allow-ml-dsa), as verifiers have to",
        )
