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
from medid.verifying.checks import ask_about
from medid.verifying.opening import Secured, Securing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from medid.securing.data_integrity import Binding
    from medid.verifying.checks import Check
    from medid.verifying.judging import Expectations


def answers(secured: Secured, expect: Expectations) -> dict[str, Callable[[], None]]:
    """How ``secured`` answers what is expected of a presentation, by check."""
    found: dict[str, Callable[[], None]] = {}
    if expect.challenge is not None:
        found["challenge"] = partial(_check_challenge, secured, expect.challenge)
    if expect.domain is not None:
        found["domain"] = partial(_check_domain, secured, expect.domain)
    return found


def bound(secured: Secured, expect: Expectations) -> list[Check]:
    """Whether what ``secured`` was derived for is what its presentation answers.

    A proof may be derived for nobody in particular, and leave that to the presentation
    around it. One that was derived for a verifier is for no other, whoever presents it.
    """
    found = _bindings(secured) if secured.carries_proofs else []
    headers = [one.presentation_header for one in found if one is not None]
    named = [one.domain for one in found if one is not None and one.domain is not None]
    checks = []
    if expect.challenge is not None and any(headers):
        question = partial(_check_headers, headers, expect.challenge)
        checks.append(ask_about("challenge", secured.path, question))
    if expect.domain is not None and named:
        question = partial(_check_named, named, expect.domain)
        checks.append(ask_about("domain", secured.path, question))
    return checks


def _check_headers(headers: Sequence[bytes], expected: str) -> None:
    wanted = expected.encode("utf-8", "surrogatepass")
    # Constant time: a challenge is a secret until it has been used.
    matches = [hmac.compare_digest(one, wanted) for one in headers if one]
    if False in matches:
        message = "this was derived in answer to another challenge"
        raise InvalidChallenge(message, path="$.proof.proofValue")


def _check_named(named: Sequence[str], expected: str) -> None:
    if set(named) != {expected}:
        message = "this was derived for another domain"
        raise InvalidDomain(message, path="$.proof.proofValue")


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
    found = [_answers_to(one, wanted) for one in _own(secured)]
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
    found = [_is_for(one, expected) for one in _own(secured)]
    if not found or False in found:
        message = "nobody derived or presents this credential for the domain"
        raise InvalidDomain(message)


def _is_for(binding: Binding | None, domain: str) -> bool:
    if binding is None or binding.pseudonym is None:
        return False
    # A proof that leaves its domain out was verified for the one that is expected.
    return binding.domain in {None, domain}


def _own(secured: Secured) -> list[Binding | None]:
    """What its proofs are bound to, where nothing but they secure it."""
    is_alone = secured.securing is Securing.DATA_INTEGRITY
    return _bindings(secured) if is_alone else []


def _bindings(secured: Secured) -> list[Binding | None]:
    return list(map(data_integrity.binding, secured.proofs))
