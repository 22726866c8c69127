"""Chains of certificates that came with what was signed, and the roots they lead to.

A chain is looked at for the roots of the trust file alone. Where such a root names
lists of revoked certificates, they are asked about each certificate below it: about
whoever signs under the root, also where an entry of the trust file names him.

Spec: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.6,
https://www.rfc-editor.org/rfc/rfc5280#section-6.3
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from medid.core.evidence import Need
from medid.errors import EvidenceUnavailable, MalformedValue, MedidError, Unchecked
from medid.securing.cose.sign1 import X5CHAIN
from medid.securing.jose import Jws
from medid.trust.roots import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.core.fetch import Fetched
    from medid.core.instant import Instant
    from medid.core.json import JsonValue
    from medid.securing.cose import Sign1
    from medid.trust.roots import X509Root
    from medid.verifying.judging import Judgement
    from medid.verifying.opening import Secured


def place_of(envelope: Jws | Sign1) -> str:
    """Where the certificates stand in ``envelope``."""
    return "$.x5c" if isinstance(envelope, Jws) else f"$.protected[{X5CHAIN}]"


def chain_of(envelope: Jws | Sign1) -> tuple[bytes, ...]:
    """The certificates (DER) in the header of ``envelope``; none where it has none.

    Raises:
        MalformedValue: They are not written as the header has to hold them.
        TooLarge: More than a chain has.
    """
    if isinstance(envelope, Jws):
        certificates = x5c_of(envelope)
        if certificates is None:
            return ()
        from medid.keys.certificates import read_x5c

        return read_x5c(certificates)
    # RFC 9360 section 2: one certificate stands alone, several in an array.
    stated = envelope.protected.get(X5CHAIN)
    if stated is None:
        return ()
    chain = stated if isinstance(stated, list) and len(stated) > 1 else [stated]
    if not all(isinstance(one, bytes) for one in chain):
        raise MalformedValue("x5chain is a certificate, or an array of several")
    return tuple(cast("list[bytes]", chain))


def x5c_of(envelope: Jws | Sign1) -> JsonValue:
    """The certificates in the header of a JWS, for those who have anchors for them."""
    return envelope.header.get("x5c") if isinstance(envelope, Jws) else None


def paths(
    chain: tuple[bytes, ...], judgement: Judgement
) -> Iterator[tuple[X509Root, tuple[bytes, ...]]]:
    """The roots of the trust file that ``chain`` leads to, each with the path to it.

    Every path is whole, in its order, and held at the time asked about.
    """
    roots = _roots(judgement)
    if not chain or not roots:
        return
    from medid.keys.certificates import is_named_by, verify_path

    for root in roots:
        path = root.path(chain)
        try:
            # Whoever signs brings the chain, and each root of the file is asked about
            # it more than once: most of them it does not even name.
            if len(path) < 2 or not is_named_by(path[-1], path[-2]):
                continue
            verify_path(path, at=judgement.at)
        except MedidError:
            continue
        yield root, path


def _roots(judgement: Judgement) -> Sequence[X509Root]:
    return () if judgement.trust is None else judgement.trust.settings.roots


def roots_of(issuer: str, judgement: Judgement) -> tuple[bytes, ...]:
    """The roots (DER) that speak for ``issuer``, as the documents at hand show it."""
    trust = judgement.trust
    return tuple(
        anchor
        for entry in (() if trust is None else trust.recognized)
        if entry.did == issuer
        for anchor in entry.x509_anchors
    )


def is_vouched_for(issuer: str, envelope: Jws | Sign1, judgement: Judgement) -> bool:
    """Whether a root speaks for ``issuer``, and a certificate came with this."""
    return x5c_of(envelope) is not None and bool(roots_of(issuer, judgement))


# Revocation.


def needs(envelope: Jws | Sign1, judgement: Judgement) -> Iterator[Need]:
    """The lists that have to be asked about the certificates in ``envelope``."""
    if not _roots(judgement):
        return
    try:
        chain = chain_of(envelope)
    except MedidError:
        return  # refused, with its reason, when the signature is judged
    for root, _ in paths(chain, judgement):
        yield from lists_of(root, path=place_of(envelope))


def lists_of(root: X509Root, *, path: str = "$") -> Iterator[Need]:
    """The lists that ``root`` names and that may be fetched."""
    from medid.keys.revocation import MAX_CRL_BYTES

    for url in root.crls:
        # What is published without TLS counts where it is supplied.
        if url.startswith("https://"):
            yield Need(
                kind="crl",
                url=url,
                accept="application/pkix-crl",
                max_bytes=MAX_CRL_BYTES,
                path=path,
            )


def fresh_until(secured: Secured, judgement: Judgement) -> Instant | None:
    """Until when it is known that who signed ``secured`` may; ``None`` if not asked."""
    if secured.envelope is None or not _roots(judgement):
        return None
    try:
        return not_revoked_until(chain_of(secured.envelope), judgement)
    except MedidError:
        return None  # told, with its reason, when the signature is judged


def not_revoked_until(chain: tuple[bytes, ...], judgement: Judgement) -> Instant | None:
    """Until when it is known that no certificate of ``chain`` was revoked.

    ``None`` where no root that the chain leads to names a list.

    Raises:
        InvalidVerificationMethod: One was revoked.
        Unchecked: A root demands a list for each, and one is not at hand, or is of
            another time.
    """
    ends = [
        end
        for root, path in paths(chain, judgement)
        if root.crls
        for end in _ends(root, path, judgement)
    ]
    return min(ends, default=None)


def _ends(
    root: X509Root, path: tuple[bytes, ...], judgement: Judgement
) -> Iterator[Instant]:
    from medid.keys.revocation import check_revocation

    lists, error = _lists(root, judgement)
    found = check_revocation(path, [one.content for one in lists], at=judgement.at)
    if root.revocation == REQUIRED and None in found:
        message = "whether a certificate was revoked cannot be told at this time"
        fix = "supply the lists that the trust file names for this root"
        kind = type(error) if isinstance(error, Unchecked) else EvidenceUnavailable
        raise kind(message, fix=fix)
    yield from (end for end in found if end is not None)
    yield from (_stale_at(one, judgement) for one in lists)


def _lists(
    root: X509Root, judgement: Judgement
) -> tuple[list[Fetched], MedidError | None]:
    """The lists at hand that are fresh enough, and why another one is not there."""
    found, error = [], None
    for url in root.crls:
        try:
            fetched = judgement.evidence.get(url, at=judgement.at)
        except MedidError as missing:
            error = missing
            continue
        if judgement.at < _stale_at(fetched, judgement):
            found.append(fetched)
    return found, error


def _stale_at(fetched: Fetched, judgement: Judgement) -> Instant:
    return fetched.fetched_at.plus(judgement.expect.status_max_age)
