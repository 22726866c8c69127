"""Is an issuer believed, on whose word, and if not: what is missing?

Asked without any document of the issuer, for whoever keeps a trust file. It goes the
way of a verification: the entries of the file first, then the chains of recognition
that are published and at hand, then the federations. What only a credential can answer
is named as not judged, and whatever was out of reach makes the answer unknown.

::

    1  the trust file itself names the issuer for this
    2  an authority, or one whom it recognizes, does
    3  a federation accredits the issuer
    4  otherwise: everything that stands in the way, each with what would mend it

Spec: https://www.w3.org/TR/vc-recognized-entities-1.0/#verifying-recognition-chains
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError, MedidError, Refused, Unchecked, child
from medid.trust.aliases import difference
from medid.trust.chains import Paths
from medid.trust.saying import Said, authority_sentence, board_sentence
from medid.trust.told import in_words
from medid.verifying import federating, recognizing
from medid.verifying.missing import Missing, of_alias, of_federations, of_obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.trust import AcceptedBoard, Chain, ToldChain, TrustRegistry
    from medid.trust.chains import RecognitionLink
    from medid.verifying.judging import Judgement

# Stands for the digest of a document where none is at hand.
_ANY: Final = "any"


class Answer(StrEnum):
    """Whether an issuer is believed."""

    BELIEVED = "believed"
    NOT_BELIEVED = "not-believed"
    UNKNOWN = "could-not-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked.

    Attributes:
        issuer: Compared as exact text.
        credential_type: As a credential would spell it.
        jurisdiction: For where.
        profession: A code, or ``system|code``; ``None`` does not ask for one.
    """

    issuer: str
    credential_type: str
    jurisdiction: str
    profession: str | None = None

    @property
    def professions(self) -> tuple[str, ...]:
        """The profession, if one is asked for."""
        return () if self.profession is None else (self.profession,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """The answer.

    Attributes:
        entries: What the trust file itself says, where that is enough.
        chains: By whose word otherwise.
        missing: What stands in the way, where the issuer is not believed.
        not_judged: What only a credential could answer.
    """

    answer: Answer
    entries: tuple[Said, ...] = ()
    chains: tuple[ToldChain, ...] = ()
    missing: tuple[Missing, ...] = ()
    not_judged: tuple[str, ...] = ()

    @property
    def believed(self) -> bool:
        """Whether the answer is yes."""
        return self.answer is Answer.BELIEVED

    def __bool__(self) -> bool:
        """Whether the answer is yes."""
        return self.believed


def explain(asked: Asked, judgement: Judgement) -> Belief:
    """Whether the issuer is believed for what is asked, and why. Pure.

    Args:
        asked: What.
        judgement: The time, the trust registry, and what ``admitting.needs_about``
            asks for.

    Raises:
        ConfigurationError: There is no trust registry.
    """
    trust = judgement.trust
    if trust is None:
        raise ConfigurationError("without a trust registry nobody is believed")
    # 1.
    entries = tuple(_entries(asked, trust, judgement))
    if entries:
        return Belief(
            answer=Answer.BELIEVED, entries=entries, not_judged=tuple(_unasked(asked))
        )
    # 2.
    links = recognizing.links_published(trust, judgement)
    paths = Paths(
        links, trust.settings.authorities, covers=trust.covers, at=judgement.at
    )
    chains = tuple(paths.to_any(asked.issuer))
    # 3.
    accredited = [*federating.tried(asked.issuer, judgement)]
    boards = [chain.as_board((_ANY,)) for chain in chains]
    for _, found in accredited:
        if not isinstance(found, MedidError):
            boards += found
            break
    compared = [(one, _short_of(one, asked, trust, judgement)) for one in boards]
    told = [one.told for one, short in compared if one.told and short is None]
    if told:
        return Belief(
            answer=Answer.BELIEVED,
            chains=tuple(dict.fromkeys(told)),
            not_judged=(*_unasked(asked), *_schemas(chains)),
        )
    # 4.
    unasked = asked.issuer in trust.settings.named or not trust.settings.authorities
    missing = (
        *_of_file(asked, trust, judgement),
        *_of_lists(asked, trust, links, judgement),
        # Of an issuer that the file names nobody looks for recognitions.
        *map(of_obstacle, paths.obstacles if links or not unasked else ()),
        *(_of_scope(one, short) for one, short in compared if short is not None),
        *of_federations(accredited),
    )
    unknown = any(one.unknown for one in missing)
    return Belief(
        answer=Answer.UNKNOWN if unknown else Answer.NOT_BELIEVED,
        missing=missing,
    )


# By the trust file itself.


def _entries(
    asked: Asked, trust: TrustRegistry, judgement: Judgement
) -> Iterator[Said]:
    try:
        trust.recognizing(()).authorize(
            asked.issuer,
            asked.credential_type,
            jurisdiction=asked.jurisdiction,
            professions=asked.professions,
            at=judgement.at,
        )
    except Refused:
        return
    found = [
        Said(child("$.acceptedBoards", index), board_sentence(board))
        for index, board in enumerate(trust.settings.boards)
        if board.did == asked.issuer
        and _short_of(board, asked, trust, judgement) is None
    ]
    yield from found or _roles(asked, trust)


def _roles(asked: Asked, trust: TrustRegistry) -> Iterator[Said]:
    """As what else the file names the issuer."""
    for index, one in enumerate(trust.settings.authorities):
        if one.did == asked.issuer:
            yield Said(child("$.authorities", index), authority_sentence(one))
    for index, compact in enumerate(trust.settings.compacts):
        if compact.authorisation_issuer == asked.issuer:
            place = child(child("$.compacts", index), "authorisationIssuer")
            yield Said(place, f"It issues what the compact {compact.id} asks for.")
    if asked.issuer in trust.settings.consent_signers:
        yield Said("$.consent", "It may sign consents.")
    for index, rule in enumerate(trust.settings.recognition):
        if rule.requires_credential == asked.credential_type:
            place = child(child("$.recognition", index), "requiresCredential")
            yield Said(place, "Boards of both sides may issue what this asks for.")


def _short_of(
    board: AcceptedBoard, asked: Asked, trust: TrustRegistry, judgement: Judgement
) -> tuple[str, str] | None:
    """In what an entry falls short of what is asked: a word, and what it has."""
    if not board.window.contains(judgement.at):
        return "not-in-force", f"in force{in_words(board.window)}"
    if asked.credential_type not in board.credential_types:
        return "type", f"for {', '.join(board.credential_types)}"
    if not trust.issues_for(board, asked.jurisdiction):
        return "jurisdiction", f"for {', '.join(board.jurisdictions)}"
    if asked.professions and not board.professions_among(asked.professions):
        return "profession", f"for the professions {', '.join(board.professions)}"
    return None


def _of_file(
    asked: Asked, trust: TrustRegistry, judgement: Judgement
) -> Iterator[Missing]:
    issuer, settings = asked.issuer, trust.settings
    named = False
    for index, board in enumerate(settings.boards):
        path = child("$.acceptedBoards", index)
        words = difference(issuer, board.did)
        if words is not None:
            yield of_alias(path, board.did, words)
        short = _short_of(board, asked, trust, judgement)
        if board.did == issuer and short is not None:
            named = True
            yield Missing(
                why=short[0],
                message=f"the entry of {issuer} is {short[1]}",
                fix="extend the entry, if you rely on the issuer for this",
                path=path,
            )
    for index, authority in enumerate(settings.authorities):
        path = child("$.authorities", index)
        words = difference(issuer, authority.did)
        if words is not None:
            yield of_alias(path, authority.did, words)
        if authority.did == issuer:
            named = True
            yield Missing(
                why="authority",
                message=f"{issuer} may recognize others, and issues nothing by that",
                fix="list it in acceptedBoards too, if it licenses anybody",
                path=path,
            )
    if not named:
        yield Missing(
            why="not-named",
            message=f"no entry names {issuer}",
            fix="add it to acceptedBoards, if you rely on its word",
            path="$.acceptedBoards",
        )


# By recognitions.


def _of_lists(
    asked: Asked,
    trust: TrustRegistry,
    links: Sequence[RecognitionLink],
    judgement: Judgement,
) -> Iterator[Missing]:
    """What became of each list; of an issuer that is named none is asked for."""
    settings = trust.settings
    if not settings.authorities or asked.issuer in settings.named:
        return
    known = {one.did for one in settings.authorities}
    known.update(link.entity for link in links)
    for index, url in enumerate(settings.lists):
        path = child("$.recognizedEntities", index)
        try:
            found = recognizing.published(url, judgement)
            if found.issuer not in known:
                yield Missing(
                    why="list-of-a-stranger",
                    message=f"the list at {url} is signed by nobody whom an authority "
                    "recognizes",
                    fix="name its issuer in authorities, if its word counts",
                    path=path,
                )
                continue
            recognizing.links_of(found, url, trust, judgement)
        except MedidError as error:
            yield Missing(
                why="list",
                message=f"the list at {url} does not count: {error.message}",
                fix=error.fix,
                path=path,
                code=error.code,
                unknown=isinstance(error, Unchecked),
            )


def _of_scope(board: AcceptedBoard, short: tuple[str, str]) -> Missing:
    """A chain that leads to the issuer, and not for what is asked."""
    return Missing(
        why=short[0],
        message=f"{board.recognized_by} recognizes {board.did}, and only {short[1]}",
        fix="the authority would have to recognize it for this as well",
    )


# What only a credential could answer.


def _unasked(asked: Asked) -> Iterator[str]:
    yield "the proof, the dates and the status of what it issues"
    if asked.profession is None:
        yield "for which profession: none was named"


def _schemas(chains: Sequence[Chain]) -> Iterator[str]:
    urls = [one.id for chain in chains for one in chain.links[-1].validation]
    for url in dict.fromkeys(urls):
        yield f"whether what it issues meets the schema at {url}"
