"""Issuers for whom a root of the trust file speaks: entries, from their certificates.

Asked only about an issuer that no entry of the trust file names. A did:x509 has to
state itself what the root's entry requires, so that nobody else whom the same root
certifies can stand behind the same name; of an issuer with a web address the
certificate states it. Whether the chain is that of the very issuer, and the signature
holds, is asked with the proof.

Spec: https://github.com/microsoft/did-x509/blob/main/specification.md#did-resolution
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from medid.core import base64url
from medid.core.records import replace
from medid.dids.methods import x509 as did_x509
from medid.dids.syntax import Did
from medid.errors import MedidError
from medid.trust.chains import Chain, RecognitionLink
from medid.trust.roots import name_of, stated_by
from medid.verifying import certified, issuer_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.core.instant import Instant
    from medid.trust import AcceptedBoard, ToldChain
    from medid.trust.roots import Statement, X509Root
    from medid.verifying.judging import Judgement
    from medid.verifying.opening import Secured


def entries(
    documents: Iterable[Secured], judgement: Judgement
) -> Iterator[AcceptedBoard]:
    """The entries of those who issued ``documents``, each for one document alone.

    1. No entry of the trust file names the issuer.
    2. The certificates in the header lead to a root that is in force.
    3. What is stated of the issuer is what the root's entry requires.
    4. The path to the root becomes a chain.
    """
    trust = judgement.trust
    if trust is None or not trust.settings.roots:
        return
    for secured in documents:
        # 1.
        if secured.issuer is None or secured.issuer in trust.settings.named:
            continue
        try:
            yield from _entries(secured, secured.issuer, judgement)
        except MedidError:
            continue  # told, with its reason, when the signature is judged


class Reach(StrEnum):
    """What the name of an issuer alone tells of a root."""

    SPEAKS = "speaks"  # for whatever comes with certificates that lead to it
    UNTOLD = "untold"  # only the certificates themselves tell
    SILENT = "silent"  # not for such a name, whatever comes with it
    APART = "apart"  # not for what comes with these certificates


def reach_of(issuer: str, judgement: Judgement) -> Iterator[tuple[X509Root, Reach]]:
    """The roots that are asked about ``issuer``, and what its name tells of each."""
    trust = judgement.trust
    if trust is None or issuer in trust.settings.named:
        return
    for root in trust.settings.roots:
        if issuer_keys.is_web(issuer):
            yield root, Reach.UNTOLD
        elif issuer_keys.is_certified(issuer):
            yield root, _reach(issuer, root)


def _reach(issuer: str, root: X509Root) -> Reach:
    try:
        stated = did_x509.parse(Did.parse(issuer))
    except MedidError:
        return Reach.SILENT
    if not root.speaks_for(stated_by(stated.predicates)):
        return Reach.SILENT
    own = stated.is_by(sha256=root.sha256, certificate=root.certificate)
    return Reach.SPEAKS if own else Reach.UNTOLD


def reach_by(
    issuer: str, root: X509Root, path: tuple[bytes, ...] | None, judgement: Judgement
) -> Reach:
    """What the certificates of ``issuer`` tell of ``root``, to which ``path`` leads."""
    if path is None:
        return Reach.APART
    try:
        speaks = root.speaks_for(_stated(issuer, path, judgement.at))
    except MedidError:
        speaks = False
    return Reach.SPEAKS if speaks else Reach.SILENT


def fingerprint_of(issuer: str) -> str | None:
    """The authority that the name of ``issuer`` states; ``None`` if it states none."""
    try:
        stated = did_x509.parse(Did.parse(issuer))
    except MedidError:
        return None
    return f"{stated.algorithm}:{base64url.encode(stated.fingerprint)}"


def _entries(
    secured: Secured, issuer: str, judgement: Judgement
) -> Iterator[AcceptedBoard]:
    if secured.envelope is None:
        return
    chain = certified.chain_of(secured.envelope)
    for root, path in speaking(issuer, chain, judgement):
        # 4.
        entry = _chain(root, issuer, path).as_board((secured.digest,))
        if issuer_keys.is_web(issuer):
            entry = replace(entry, x509_anchors=(path[-1],))
        yield entry


def speaking(
    issuer: str, chain: tuple[bytes, ...], judgement: Judgement
) -> Iterator[tuple[X509Root, tuple[bytes, ...]]]:
    """The roots that speak for ``issuer`` with this ``chain``, and the path to each.

    Raises:
        MedidError: What is stated of the issuer is not of a form that can be read.
    """
    # 2.
    for root, path in certified.paths(chain, judgement):
        if not root.authority.window.contains(judgement.at):
            continue
        # 3.
        if root.speaks_for(_stated(issuer, path, judgement.at)):
            yield root, path


def told(root: X509Root, issuer: str, path: tuple[bytes, ...]) -> ToldChain:
    """By whose word ``issuer`` is believed, from ``root`` on, by each certificate."""
    return _chain(root, issuer, path).told()


def _stated(issuer: str, path: tuple[bytes, ...], at: Instant) -> Iterable[Statement]:
    """What is stated of ``issuer``, by the name or by the certificate.

    Raises:
        MedidError: Of neither is it of a form that can be read.
    """
    if issuer_keys.is_certified(issuer):
        return stated_by(did_x509.parse(Did.parse(issuer)).predicates)
    if not issuer_keys.is_web(issuer):
        return ()
    from medid.keys.certified import read_certified

    found = read_certified(path, at=at)
    return (
        *(("subject", oid, value) for oid, value in found.subject.items()),
        *(("san", kind, value) for kind, value in found.names),
        *(("eku", "", oid) for oid in found.purposes),
    )


def _chain(root: X509Root, issuer: str, path: tuple[bytes, ...]) -> Chain:
    from medid.keys.certificates import validity

    digests = [sha256(one).hexdigest() for one in path]
    names = [issuer, *map(name_of, digests[1:])]
    links = [
        RecognitionLink(
            entity=entity,
            recognized_by=by,
            window=validity(certificate),
            digest=digest,
        )
        for entity, by, certificate, digest in zip(
            names, names[1:], path, digests, strict=False
        )
    ]
    window = root.authority.window.intersect(validity(path[-1]))
    for link in links:
        window = window.intersect(link.window)
    return Chain(
        authority=root.authority,
        links=tuple(reversed(links)),
        credential_types=root.authority.credential_types,
        jurisdictions=root.authority.jurisdictions,
        professions=root.authority.professions,
        require_registration=root.require_registration,
        window=window,
    )
