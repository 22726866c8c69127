"""Certificates that an issuer signs with, at hand without anything that it signed.

They are judged as those in a header are. What does not lead from the issuer's key to an
authority that is relied on, has ended or was revoked, no verification takes, whoever
vouches for the issuer.

Spec: https://www.rfc-editor.org/rfc/rfc5280#section-6
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.records import replace
from medid.dids import resolver as dids
from medid.dids.methods import x509 as did_x509
from medid.dids.syntax import Did
from medid.errors import ConfigurationError, MedidError, Unchecked
from medid.verifying import certified, certifying, issuer_keys
from medid.verifying.missing import Missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.evidence import Need
    from medid.verifying.believing import Asked
    from medid.verifying.judging import Judgement

_ASSERTION: Final = "assertionMethod"


def doubt(asked: Asked, judgement: Judgement) -> Missing | None:
    """What is wrong with the certificates of the issuer; ``None`` where nothing is.

    Raises:
        ConfigurationError: The name of the issuer is none that any could vouch for.
    """
    if not asked.chain:
        return None
    try:
        _check(asked, judgement)
    except ConfigurationError:
        raise
    except MedidError as error:
        return Missing(
            why="certificates",
            message=f"the certificates do not count: {error.message}",
            fix=error.fix,
            code=error.code,
            unknown=isinstance(error, Unchecked),
        )
    return None


def _check(asked: Asked, judgement: Judgement) -> None:
    issuer, chain = asked.issuer, asked.chain
    if issuer_keys.is_certified(issuer):
        did = Did.parse(issuer)
        options = replace(judgement.versions(), x509_chain=chain)
        document = dids.resolve(did, judgement.evidence, options)
        method = f"{issuer}#{did_x509.FRAGMENT}"
        document.method_for(method, _ASSERTION, at=judgement.at)
        certified.not_revoked_until(chain, judgement)
    elif issuer_keys.is_web(issuer):
        issuer_keys.metadata_url(issuer)
        anchors = _anchors(asked, judgement)
        if anchors:
            issuer_keys.certified_key(issuer, chain, anchors, judgement)
    else:
        raise ConfigurationError(
            "certificates say nothing about an issuer of this name",
            fix="leave them out: they are for did:x509 and for https addresses",
        )


def _anchors(asked: Asked, judgement: Judgement) -> tuple[bytes, ...]:
    """Under whose certificates a web issuer signs: by its entry, else by roots."""
    named = issuer_keys.anchors_of(asked.issuer, judgement)
    trust = judgement.trust
    if named or trust is None or asked.issuer in trust.settings.named:
        return named
    try:
        found = [*certifying.speaking(asked.issuer, asked.chain, judgement)]
    except MedidError:
        return ()  # of what cannot be read no root can tell whose it is
    return tuple(path[-1] for _, path in found)


def not_judged(asked: Asked, judgement: Judgement) -> Iterator[str]:
    """What the certificates leave open that do count."""
    if not asked.chain:
        return
    if issuer_keys.is_web(asked.issuer) and not _anchors(asked, judgement):
        yield "its certificates: nobody vouches for them, so its other keys count"
        return
    lists = [root.crls for root, _ in certified.paths(asked.chain, judgement)]
    if not any(lists):
        yield "whether its certificates were revoked: no root names a list"


def needs(
    issuer: str, chain: tuple[bytes, ...], judgement: Judgement
) -> Iterator[Need]:
    """The lists that have to be asked about the certificates of ``issuer``.

    None where no root that they lead to speaks for it, and no entry names it: whoever
    makes up a chain must not make this host reach out.
    """
    trust = judgement.trust
    try:
        known = trust is not None and issuer in trust.settings.named
        speaking = known or any(certifying.speaking(issuer, chain, judgement))
    except MedidError:
        return  # told, with its reason, where the certificates are judged
    for root, _ in certified.paths(chain, judgement) if speaking else ():
        yield from certified.lists_of(root)
