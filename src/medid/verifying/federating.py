"""Issuers of a federation: what asking about them takes, their entries and their keys.

Asked only about an issuer that is named by a web address and by no entry of the trust
file. The federations of the file are asked in their order, and the first that accredits
the issuer gives its entries and its keys: two federations never add up.

Spec: https://openid.net/specs/openid-federation-1_0.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core.records import replace
from medid.errors import IssuerNotTrusted, MedidError, Unchecked
from medid.trust.federation import accrediting
from medid.trust.federation.statements import check_entity
from medid.trust.unanswered import Unanswered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.core.evidence import Need
    from medid.core.json import JsonObject
    from medid.trust import AcceptedBoard, TrustRegistry
    from medid.trust.federation.settings import Federation
    from medid.verifying.judging import Judgement
    from medid.verifying.opening import Secured


def governs(issuer: str, judgement: Judgement) -> bool:
    """Whether a federation says whose keys those of ``issuer`` are.

    Not where an authority recognizes the issuer and no federation accredits it.
    """
    trust = judgement.trust
    if trust is None or not trust.federations(issuer):
        return False
    known = [one for one in trust.recognized if one.did == issuer]
    return not known or any(one.federation is not None for one in known)


def needs(issuer: str | None, judgement: Judgement) -> Iterator[Need]:
    """What it takes to know whether a federation accredits ``issuer``."""
    for federation, _ in _asked(issuer, judgement):
        yield from accrediting.needs(
            str(issuer), federation, judgement.evidence, at=judgement.at
        )


def is_confirmed(issuer: str | None, judgement: Judgement) -> bool:
    """Whether a federation says already that ``issuer`` belongs to it.

    What its credential refers to is fetched with what it says of itself, which spares a
    round.
    """
    return any(
        accrediting.is_confirmed(
            str(issuer), federation, judgement.evidence, at=judgement.at
        )
        for federation, _ in _asked(issuer, judgement)
    )


def _asked(
    issuer: str | None, judgement: Judgement
) -> Iterator[tuple[Federation, TrustRegistry]]:
    trust = judgement.trust
    if trust is None or issuer is None or not trust.settings.federations:
        return
    try:
        check_entity(issuer)
    except MedidError:
        return
    for federation in trust.federations(issuer):
        yield federation, trust


def answers(
    documents: Iterable[Secured], judgement: Judgement
) -> tuple[tuple[AcceptedBoard, ...], tuple[Unanswered, ...]]:
    """The entries of those who issued ``documents``, and what was not answered.

    Each entry is for these documents alone.
    """
    issued: dict[str, set[str]] = {}
    for secured in documents:
        if secured.issuer is not None:
            issued.setdefault(secured.issuer, set()).add(secured.digest)
    entries: list[AcceptedBoard] = []
    unanswered: list[Unanswered] = []
    for issuer, digests in issued.items():
        for federation, found in tried(issuer, judgement):
            if not isinstance(found, MedidError):
                entries += [replace(one, documents=frozenset(digests)) for one in found]
                break
            error = silence(issuer, federation, found, judgement)
            if error is not None:
                unanswered += unanswered_by(federation, issuer, digests, error)
    return tuple(entries), tuple(unanswered)


def unanswered_by(
    federation: Federation, issuer: str, digests: Iterable[str], error: Unchecked
) -> Iterator[Unanswered]:
    """What the marks of ``federation`` may have said about who issued ``digests``."""
    for meaning in federation.meanings:
        yield Unanswered(
            issuer=issuer,
            credential_types=meaning.credential_types,
            jurisdictions=meaning.jurisdictions,
            professions=meaning.professions,
            documents=frozenset(digests),
            error=error,
        )


def silence(
    issuer: str, federation: Federation, error: MedidError, judgement: Judgement
) -> Unchecked | None:
    """Why ``federation``, which does not accredit ``issuer``, has not answered.

    ``None`` where it has: ``error`` is its no.
    """
    return accrediting.silence(
        issuer, federation, judgement.evidence, at=judgement.at, error=error
    )


def key_set(issuer: str, judgement: Judgement) -> JsonObject:
    """The key set with which ``issuer`` signs, as its superiors let it stand.

    Raises:
        IssuerNotTrusted: No federation accredits it, or none of its keys is stated.
        Unchecked: None does, and one of them has not answered.
        MedidError: Why the last federation that was asked does not accredit it.
    """
    federation, found = _accredited(issuer, judgement)
    chain = found[0].federation
    metadata = {} if chain is None else chain.metadata.get(federation.entity_type, {})
    keys = metadata.get("jwks")
    if not isinstance(keys, dict):
        message = "the metadata of the federation states no keys of the issuer"
        raise IssuerNotTrusted(message)
    return keys


def _accredited(
    issuer: str, judgement: Judgement
) -> tuple[Federation, tuple[AcceptedBoard, ...]]:
    """The first federation that accredits ``issuer``, and the entries of its marks."""
    reason: MedidError = IssuerNotTrusted("no federation accredits this issuer")
    silent: Unchecked | None = None
    for federation, found in tried(issuer, judgement):
        if not isinstance(found, MedidError):
            return federation, found
        silent = silent or silence(issuer, federation, found, judgement)
        # That its own host was not asked is no reason: nobody above knows it.
        reason = reason if isinstance(found, Unchecked) else found
    raise silent or reason


def tried(
    issuer: str, judgement: Judgement
) -> Iterator[tuple[Federation, tuple[AcceptedBoard, ...] | MedidError]]:
    """What each federation makes of ``issuer``: entries, or why there are none."""
    for federation, trust in _asked(issuer, judgement):
        try:
            found = accrediting.accredited(
                issuer,
                federation,
                judgement.evidence,
                at=judgement.at,
                max_age=trust.settings.status_max_age,
            )
        except MedidError as error:
            yield federation, error
        else:
            yield federation, found
