"""Step 7 for a bare credential: a derived proof may answer a verifier itself.

Nobody presents a bare credential. But a proof of ``bbs-2023`` is derived for one nonce,
and its pseudonym for one domain, so whoever asked can see that it was derived for them.
Who derived it stays unknown.

Spec: https://www.w3.org/TR/vc-di-bbs/#verify-derived-proof-bbs-2023
"""

from __future__ import annotations

import hmac
from functools import partial
from typing import TYPE_CHECKING

from medid.errors import InvalidChallenge, InvalidDomain, MedidError
from medid.securing import data_integrity
from medid.verifying.opening import Secured, Securing

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.securing.data_integrity import Binding
    from medid.verifying.judging import Expectations


def answers(secured: Secured, expect: Expectations) -> dict[str, Callable[[], None]]:
    """How ``secured`` answers what is expected of a presentation, by check."""
    found: dict[str, Callable[[], None]] = {}
    if expect.challenge is not None:
        found["challenge"] = partial(_check_challenge, secured, expect.challenge)
    if expect.domain is not None:
        found["domain"] = partial(_check_domain, secured, expect.domain)
    return found


def warnings(secured: Secured) -> list[str]:
    """What a reader of derived credentials should know."""
    parts = (secured, *secured.children)
    return [
        f"{part.path}: what this derived credential does not say may be kept back"
        for part in parts
        if _is_derived(part)
    ]


def _is_derived(part: Secured) -> bool:
    if part.securing is not Securing.DATA_INTEGRITY:
        return False
    try:
        return part.known.once("derived", _has_derived, part)
    except MedidError:
        return False  # refused already, with its reason


def _has_derived(part: Secured) -> bool:
    return any(map(data_integrity.is_derived, part.proofs))


def _check_challenge(secured: Secured, expected: str) -> None:
    """Return if each proof of a bare credential was derived for the challenge."""
    wanted = expected.encode("utf-8", "surrogatepass")
    found = [_answers_to(one, wanted) for one in _bindings(secured)]
    # An empty header is what a proof has that was derived for nobody.
    if not wanted or not found or False in found:
        message = "nobody derived or presents this credential for the challenge"
        raise InvalidChallenge(message)


def _answers_to(binding: Binding | None, wanted: bytes) -> bool:
    if binding is None:
        return False
    # Constant time: a challenge is a secret until it has been used.
    return hmac.compare_digest(binding.presentation_header, wanted)


def _check_domain(secured: Secured, expected: str) -> None:
    """Return if each proof of a bare credential shows a pseudonym of the domain."""
    found = [_is_for(one, expected) for one in _bindings(secured)]
    if not found or False in found:
        message = "nobody derived or presents this credential for the domain"
        raise InvalidDomain(message)


def _is_for(binding: Binding | None, domain: str) -> bool:
    if binding is None or binding.pseudonym is None:
        return False
    # A proof that leaves its domain out was verified for the one that is expected.
    return binding.domain in {None, domain}


def _bindings(secured: Secured) -> list[Binding | None]:
    if secured.securing is not Securing.DATA_INTEGRITY:
        return []
    return list(map(data_integrity.binding, secured.proofs))
