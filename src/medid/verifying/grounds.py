"""On what ground an issuer is believed: what each source of a trust file says of it.

Asked without any document of the issuer. Each source goes the way of a verification and
says, where it is not enough, what is missing.

Spec: https://www.w3.org/TR/vc-recognized-entities-1.0/#verifying-recognition-chains
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core.instant import ALWAYS
from medid.errors import MedidError, Refused, child
from medid.trust.aliases import difference
from medid.trust.boards import AcceptedBoard, names_profession
from medid.trust.chains import Paths
from medid.trust.saying import Said, authority_sentence, board_sentence, root_sentence
from medid.trust.told import in_words
from medid.verifying import asking, certifying, federating, recognizing
from medid.verifying.asking import ANY
from medid.verifying.certifying import Reach
from medid.verifying.missing import (
    Missing,
    of_alias,
    of_federations,
    of_obstacle,
    of_registry,
    of_root,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from medid.trust import Chain, ToldChain, TrustRegistry
    from medid.trust.authorities import Authority
    from medid.trust.chains import RecognitionLink
    from medid.verifying.believing import Asked
    from medid.verifying.judging import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What one source says of an issuer.

    Attributes:
        entries: Where the trust file says it, if that is enough.
        chains: By whose word.
        missing: What stands in the way, where neither is there.
        not_judged: What only a credential could answer.
    """

    entries: tuple[Said, ...] = ()
    chains: tuple[ToldChain, ...] = ()
    missing: tuple[Missing, ...] = ()
    not_judged: tuple[str, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether the issuer is believed on this ground alone."""
        return bool(self.entries or self.chains)


Source: TypeAlias = Callable[["Asked", "TrustRegistry", "Judgement"], Ground]


# By the trust file itself.


def by_file(asked: Asked, trust: TrustRegistry, judgement: Judgement) -> Ground:
    """What the entries of the trust file itself say of the issuer."""
    entries = tuple(_entries(asked, trust, judgement))
    missing = () if entries else tuple(_of_file(asked, trust, judgement))
    return Ground(entries=entries, missing=missing)


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
    entry: AcceptedBoard | Authority,
    asked: Asked,
    trust: TrustRegistry,
    judgement: Judgement,
) -> tuple[str, str] | None:
    """In what an entry falls short of what is asked: a word, and what it has."""
    if not entry.window.contains(judgement.at):
        return "not-in-force", f"in force{in_words(entry.window)}"
    if asked.credential_type not in entry.credential_types:
        return "type", f"for {', '.join(entry.credential_types)}"
    if not any(trust.covers(own, asked.jurisdiction) for own in entry.jurisdictions):
        return "jurisdiction", f"for {', '.join(entry.jurisdictions)}"
    if asked.profession is not None and not any(
        names_profession(word, asked.profession) for word in entry.professions
    ):
        return "profession", f"for the professions {', '.join(entry.professions)}"
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


# By roots of certificates.


def by_roots(asked: Asked, trust: TrustRegistry, judgement: Judgement) -> Ground:
    """What the roots say of it, as far as its name alone tells."""
    entries: list[Said] = []
    missing: list[Missing] = []
    for root, reach in certifying.reach_of(asked.issuer, judgement):
        index = trust.settings.roots.index(root)
        path = child("$.x509Roots", index)
        short = _short_of(root.authority, asked, trust, judgement)
        if short is not None:
            missing.append(of_root(root, path, reach, short))
        elif reach is Reach.SPEAKS:
            entries.append(Said(path, root_sentence(root)))
        else:
            missing.append(of_root(root, path, reach))
    return Ground(
        entries=tuple(entries),
        missing=tuple(missing),
        not_judged=(
            "whether its certificates lead to the root, hold and were revoked",
        ),
    )


# By recognitions.


def by_recognitions(asked: Asked, trust: TrustRegistry, judgement: Judgement) -> Ground:
    """What the authorities of the trust file, or whom they recognize, publish."""
    links = recognizing.links_published(trust, judgement)
    paths = Paths(
        links, trust.settings.authorities, covers=trust.covers, at=judgement.at
    )
    found = tuple(paths.to_any(asked.issuer))
    boards = [chain.as_board((ANY,)) for chain in found]
    chains, short = _compared(boards, asked, trust, judgement)
    # Of an issuer that the file names nobody looks for recognitions.
    unasked = asked.issuer in trust.settings.named or not trust.settings.authorities
    return Ground(
        chains=chains,
        missing=(
            *_of_lists(asked, trust, links, judgement),
            *map(of_obstacle, paths.obstacles if links or not unasked else ()),
            *short,
        ),
        not_judged=tuple(_schemas(found)),
    )


def _compared(
    boards: Iterable[AcceptedBoard],
    asked: Asked,
    trust: TrustRegistry,
    judgement: Judgement,
) -> tuple[tuple[ToldChain, ...], tuple[Missing, ...]]:
    """The chains that are for what is asked, and in what the others fall short."""
    told: list[ToldChain | None] = []
    missing: list[Missing] = []
    for board in boards:
        short = _short_of(board, asked, trust, judgement)
        if short is not None:
            missing.append(_of_scope(board, short))
        else:
            told.append(board.told)
    return tuple(dict.fromkeys(filter(None, told))), tuple(missing)


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
                unknown=recognizing.silence(error) is not None,
            )


def _of_scope(board: AcceptedBoard, short: tuple[str, str]) -> Missing:
    """A chain that leads to the issuer, and not for what is asked."""
    return Missing(
        why=short[0],
        message=f"{board.recognized_by} recognizes {board.did}, and only {short[1]}",
        fix="the authority would have to recognize it for this as well",
    )


def _schemas(chains: Sequence[Chain]) -> Iterator[str]:
    urls = [one.id for chain in chains for one in chain.links[-1].validation]
    for url in dict.fromkeys(urls):
        yield f"whether what it issues meets the schema at {url}"


# By federations.


def by_federations(asked: Asked, trust: TrustRegistry, judgement: Judgement) -> Ground:
    """What the first federation that accredits the issuer says of it."""
    tried = [*federating.tried(asked.issuer, judgement)]
    accredited = [one for _, one in tried if not isinstance(one, MedidError)]
    boards = accredited[0] if accredited else ()
    chains, short = _compared(boards, asked, trust, judgement)
    silent = [
        one
        for one, error in tried
        if isinstance(error, MedidError)
        and federating.silence(asked.issuer, one, error, judgement) is not None
    ]
    return Ground(chains=chains, missing=(*short, *of_federations(tried, silent)))


# By trust registries.


def by_registries(asked: Asked, trust: TrustRegistry, judgement: Judgement) -> Ground:
    """What the trust registries answer about the issuer."""
    imagined = asking.imagined(asked.issuer, asked.credential_type)
    entries: dict[str, Said] = {}
    missing: dict[Missing, None] = {}
    for case, found in asking.tried(imagined, judgement):
        path = child(
            "$.trustRegistries", trust.settings.registries.index(case.registry)
        )
        board = found if isinstance(found, AcceptedBoard) else case.entry(ALWAYS, ())
        # What it may not say about this, need not be known.
        if _short_of(board, asked, trust, judgement) is not None:
            continue
        if isinstance(found, AcceptedBoard):
            text = f"{case.registry.authority} authorizes it{in_words(found.window)}."
            entries[path] = Said(path, text)
        else:
            missing[of_registry(case.registry, path, found)] = None
    return Ground(entries=tuple(entries.values()), missing=tuple(missing))


# In the order in which a verification asks them.
SOURCES: Final[tuple[Source, ...]] = (
    by_file,
    by_roots,
    by_recognitions,
    by_federations,
    by_registries,
)
