"""Everything that verifying the documents of some issuers takes, collected beforehand.

For whoever has to verify without a network later. What is needed is found as a
verification finds it: keys and logs of the issuers, status lists and schemas, and who
signed those; with a trust registry, the recognitions of its authorities, the lists of
revoked certificates of its roots, the statements of its federations about the issuers,
and what the registries that it names answer about them. Nobody but the packer stands
behind such an answer, as behind a did:web document, and it counts no longer than the
trust file of whoever relies on it says.

::

    1  ask what is needed with what is at hand
    2  fetch that, some documents at a time
    3  again from 1, until nothing more is needed
    4  every document has come, and every issuer resolves
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.evidence import NO_EVIDENCE, Evidence, Need
from medid.core.fetch import Fetched
from medid.dids import resolver
from medid.dids.syntax import Did
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    IssuerNotTrusted,
    MedidError,
    TooLarge,
    located,
)
from medid.status.check import LIST_MEDIA_TYPES, MAX_LIST_DOCUMENT
from medid.status.list_token import TOKEN_MEDIA_TYPES, read_token
from medid.trust.federation.collecting import STATEMENT
from medid.verifying import (
    asking,
    certified,
    federating,
    issuer_keys,
    recognizing,
)
from medid.verifying.admitting import every_recognition, keys_of, signers
from medid.verifying.gathering import gather
from medid.verifying.status import stated_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from medid.core.fetch import Fetch
    from medid.verifying.judging import Judgement

MAX_NAMED: Final = 256  # issuers and addresses; the boards of a country, with lists
MAX_DOCUMENTS: Final = 1_024  # four for each that may be named
MAX_CONTENT: Final = 50_331_648  # bytes; in base64url they fit into a pack
MAX_ROUNDS: Final = 8  # a log, its witnesses; a list, who signed it, and their log
BATCH: Final = 8  # documents that are fetched within the time of one verification

_ANYTHING: Final = "*/*"
_DOCUMENT_BYTES: Final = 1_048_576  # as of a related resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be collected.

    Attributes:
        issuers: DIDs, and https URLs of issuers that publish a key set.
        lists: Addresses of status lists.
        documents: Addresses of schemas and whatever else credentials refer to.
    """

    issuers: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what names nothing, too much, or an issuer that is none.

        Raises:
            ConfigurationError: No issuer, or more than ``MAX_NAMED`` in all.
            InvalidDid: An issuer is neither a DID nor an https URL.
        """
        if not self.issuers:
            raise ConfigurationError("no issuer is named", path="$.issuers")
        if len(self.issuers) + len(self.lists) + len(self.documents) > MAX_NAMED:
            message = f"at most {MAX_NAMED} issuers and addresses are collected"
            raise ConfigurationError(message, path="$.issuers")
        for place, issuer in enumerate(self.issuers):
            path = f"$.issuers[{place}]"
            if issuer_keys.is_web(issuer):
                issuer_keys.metadata_url(issuer, path=path)
            else:
                Did.parse(issuer, path=path)


@dataclass(slots=True)
class _Collecting:
    """One collection: what is at hand so far, and whom it is told."""

    wanted: Wanted
    judgement: Judgement
    fetch: Fetch
    tell: Callable[[Need, Fetched | MedidError], None]
    used: dict[str, Need] = field(default_factory=dict)

    def missing(self) -> list[Need]:
        """What is needed and not at hand."""
        for need in needs(self.wanted, self.judgement):
            self.used.setdefault(need.url, need)
        if len(self.used) > MAX_DOCUMENTS:
            raise TooLarge(f"more than {MAX_DOCUMENTS} documents are needed")
        known = self.judgement.evidence
        return [need for url, need in self.used.items() if url not in known]

    def get(self, batch: Sequence[Need]) -> None:
        """Fetch ``batch``, and keep what came."""
        known = gather(self.judgement.evidence, lambda _: batch, self.fetch)
        # Where nothing is fetched, nothing answers.
        silent = EvidenceUnavailable("the network is not allowed here")
        known = known.with_answers((need.url, silent) for need in batch)
        self.judgement = self.judgement.knowing(known)
        for need in batch:
            self.tell(need, known.answers[need.url])
        if sum(len(one.content) for one in self.documents().values()) > MAX_CONTENT:
            raise TooLarge(f"the documents have more than {MAX_CONTENT} bytes")

    def documents(self) -> dict[str, Fetched]:
        """What was needed and came."""
        answers = self.judgement.evidence.answers
        return {
            url: answer
            for url in self.used
            if isinstance(answer := answers.get(url), Fetched)
        }

    def noes(self) -> dict[str, MedidError]:
        """What superiors in federations answered of whom they do not know.

        It is no document, so whoever verifies from the pack finds nothing from them.
        """
        answers = self.judgement.evidence.answers
        return {
            url: answer
            for url, need in self.used.items()
            if need.kind == STATEMENT
            and isinstance(answer := answers.get(url), IssuerNotTrusted)
        }


def collect(
    wanted: Wanted,
    judgement: Judgement,
    fetch: Fetch,
    *,
    tell: Callable[[Need, Fetched | MedidError], None] = lambda _need, _answer: None,
) -> Evidence:
    """Every document that verifying what the issuers issued takes.

    Args:
        wanted: Whose, and which lists and schemas with them.
        judgement: The time, the trust registry and what is at hand already, each with
            its own time. What is not needed of it is left out.
        fetch: Where the others come from.
        tell: Called with each document that was fetched, or with what stood in its way.

    Raises:
        EvidenceUnavailable: A document could not be obtained. What is incomplete is no
            pack: somebody would find out where nothing can be fetched any more.
        TooLarge: More documents, bytes or rounds than may be.
        IssuerNotTrusted: No federation accredits an issuer whose keys nobody else
            says.
        MedidError: An issuer does not resolve, as ``resolver.resolve`` says.
    """
    collecting = _Collecting(wanted, judgement, fetch, tell)
    for _ in range(MAX_ROUNDS):
        # 1.
        missing = collecting.missing()
        if not missing:
            break
        # 2.
        for start in range(0, len(missing), BATCH):
            collecting.get(missing[start : start + BATCH])
    # 3.
    if collecting.missing():
        raise TooLarge(f"more than {MAX_ROUNDS} rounds of fetching are needed")
    # 4.
    _check_complete(collecting)
    found = NO_EVIDENCE.with_answers(collecting.documents().items())
    told = found.with_answers(collecting.noes().items())
    _check_resolved(wanted, judgement.knowing(told))
    return found


def needs(wanted: Wanted, judgement: Judgement) -> Iterator[Need]:
    """What is needed, with the evidence so far."""
    for issuer in wanted.issuers:
        about = recognizing.recognizing_any(issuer, judgement)
        yield from keys_of(issuer, about, path="$.issuers")
        yield from federating.needs(issuer, judgement)
        yield from asking.needs_now(asking.whatever(issuer, judgement), judgement)
    alone = recognizing.plain(judgement)
    for url in wanted.lists:
        accept = f"{LIST_MEDIA_TYPES}, {TOKEN_MEDIA_TYPES}"
        yield _need("status-list", url, accept, MAX_LIST_DOCUMENT)
        yield from _list_signer(url, alone)
    for url in wanted.documents:
        yield _need("related-resource", url, _ANYTHING, _DOCUMENT_BYTES)
        yield from signers(url, None, alone)
    if judgement.trust is not None:
        yield from every_recognition(judgement.trust, judgement)
        for root in judgement.trust.settings.roots:
            yield from certified.lists_of(root)


def _need(kind: str, url: str, accept: str, max_bytes: int) -> Need:
    return Need(kind=kind, url=url, accept=accept, max_bytes=max_bytes)


def _list_signer(url: str, judgement: Judgement) -> Iterator[Need]:
    """What verifying the list at ``url`` takes, in whichever form it is."""
    yield from signers(url, None, judgement)
    try:
        owner = stated_owner(read_token(judgement.evidence.get(url).content))
    except MedidError:
        return
    if owner is not None:
        yield from keys_of(owner, judgement, path="$.issuers")


def _check_complete(collecting: _Collecting) -> None:
    answers, noes = collecting.judgement.evidence.answers, collecting.noes()
    missed = Counter(
        f"{need.kind}: {answer.code}"
        for url, need in collecting.used.items()
        if isinstance(answer := answers[url], MedidError) and url not in noes
    )
    if not missed:
        return
    total = sum(missed.values())
    told = ", ".join(sorted(missed))
    message = f"{total} of {len(collecting.used)} documents did not come ({told})"
    raise EvidenceUnavailable(message, path="$.evidence", fix="collect them again")


def _check_resolved(wanted: Wanted, judgement: Judgement) -> None:
    for place, issuer in enumerate(wanted.issuers):
        with located(f"$.issuers[{place}]"):
            if not issuer_keys.is_web(issuer):
                resolver.resolve(Did.parse(issuer), judgement.evidence)
            elif _is_federated(issuer, judgement):
                federating.key_set(issuer, judgement)


def _is_federated(issuer: str, judgement: Judgement) -> bool:
    """Whether nobody but a federation says whose the keys of ``issuer`` are.

    Where the trust file has roots, certificates may, which come with what it issues.
    """
    trust = judgement.trust
    return not (trust is None or trust.settings.roots) and federating.governs(
        issuer, recognizing.recognizing_any(issuer, judgement)
    )
