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
from medid.errors import MedidError, child
from medid.trust.boards import AcceptedBoard
from medid.trust.chains import Paths
from medid.trust.recognized import RECOGNITIONS
from medid.trust.saying import Said, root_sentence
from medid.trust.told import in_words
from medid.trust.unanswered import Wanted
from medid.verifying import (
    asking,
    certified,
    certifying,
    federating,
    named,
    recognizing,
)
from medid.verifying.asking import ANY
from medid.verifying.certifying import Reach
from medid.verifying.missing import (
    Missing,
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
    from medid.trust.federation.settings import Federation
    from medid.trust.unanswered import Unanswered
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
    entries = tuple(named.entries(asked, trust, judgement))
    missing = () if entries else tuple(named.missing(asked, trust, judgement))
    return Ground(entries=entries, missing=missing)


# By roots of certificates.


def by_roots(asked: Asked, trust: TrustRegistry, judgement: Judgement) -> Ground:
    """What the roots say of it: by its certificates, else as far as its name tells."""
    entries: list[Said] = []
    chains: list[ToldChain] = []
    missing: list[Missing] = []
    paths = dict(certified.paths(asked.chain, judgement))
    for root, by_name in certifying.reach_of(asked.issuer, judgement):
        reach = by_name
        if asked.chain:
            reach = certifying.reach_by(asked.issuer, root, paths.get(root), judgement)
        index = trust.settings.roots.index(root)
        path = child("$.x509Roots", index)
        short = _short_by_others(root.authority, asked, trust, judgement)
        if short is not None:
            missing.append(of_root(root, path, reach, short=short))
        elif reach is Reach.SPEAKS:
            entries.append(Said(path, root_sentence(root)))
            if root in paths:
                chains.append(certifying.told(root, asked.issuer, paths[root]))
        else:
            by = certifying.fingerprint_of(asked.issuer)
            missing.append(of_root(root, path, reach, by=by))
    return Ground(
        entries=tuple(entries),
        chains=tuple(chains),
        missing=tuple(missing),
        not_judged=() if asked.chain else _CERTIFICATES,
    )


_CERTIFICATES: Final = (
    "whether its certificates lead to the root, hold and were revoked",
)


# By recognitions.


def by_recognitions(asked: Asked, trust: TrustRegistry, judgement: Judgement) -> Ground:
    """What the authorities of the trust file, or whom they recognize, publish."""
    links = recognizing.links_published(trust, judgement)
    paths = Paths(
        links, trust.settings.authorities, covers=trust.covers, at=judgement.at
    )
    found = tuple(paths.to_any(asked.issuer, credential_type=asked.credential_type))
    boards = {chain.as_board((ANY,)): chain for chain in found}
    enough, short = _compared(boards, asked, trust, judgement)
    # Of an issuer that the file names nobody looks for recognitions.
    unasked = asked.issuer in trust.settings.named or not trust.settings.authorities
    open_ = _waits(
        asked,
        recognizing.unanswered_about(
            asked.issuer, ANY, recognizing.NO_SCHEMA, judgement
        ),
        trust,
    )
    return Ground(
        chains=_told(enough),
        missing=(
            *_of_lists(asked, trust, links, judgement),
            *(
                of_obstacle(one, is_open=open_)
                for one in (paths.obstacles if links or not unasked else ())
            ),
            *short,
        ),
        not_judged=(
            *_schemas([boards[one] for one in enough]),
            *(_WORTH if asked.credential_type in RECOGNITIONS else ()),
        ),
    )


_WORTH: Final = ("whom it recognizes by that: the chain of each issuer tells",)


def _waits(
    asked: Asked, unanswered: Iterable[Unanswered], trust: TrustRegistry
) -> bool:
    """Whether a yes to one of ``unanswered`` would be one to what is asked."""
    wanted = Wanted(
        issuer=asked.issuer,
        credential_type=asked.credential_type,
        document=ANY,
        jurisdiction=asked.jurisdiction,
        professions=asked.professions,
    )
    return any(wanted.could_come_of(one, covers=trust.covers) for one in unanswered)


def _short_by_others(
    entry: AcceptedBoard | Authority,
    asked: Asked,
    trust: TrustRegistry,
    judgement: Judgement,
) -> tuple[str, str] | None:
    """As ``named.short_of``, of one on the word of others.

    Such a one may also say whom it recognizes, whatever it licenses.
    """
    if asked.credential_type in RECOGNITIONS and entry.window.contains(judgement.at):
        return None
    return named.short_of(entry, asked, trust, judgement)


def _compared(
    boards: Iterable[AcceptedBoard],
    asked: Asked,
    trust: TrustRegistry,
    judgement: Judgement,
) -> tuple[Sequence[AcceptedBoard], Sequence[Missing]]:
    """Those that are for what is asked, and in what the others fall short."""
    enough: list[AcceptedBoard] = []
    missing: list[Missing] = []
    for board in boards:
        short = _short_by_others(board, asked, trust, judgement)
        if short is not None:
            missing.append(_of_scope(board, short))
        else:
            enough.append(board)
    return enough, missing


def _told(boards: Iterable[AcceptedBoard]) -> tuple[ToldChain, ...]:
    """The chains of ``boards``, each once."""
    return tuple(dict.fromkeys(one.told for one in boards if one.told is not None))


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
                unknown=_is_silent(error, asked, trust, judgement),
            )


def _is_silent(
    error: MedidError, asked: Asked, trust: TrustRegistry, judgement: Judgement
) -> bool:
    """Whether a list that says nothing might have spoken for the issuer."""
    why = recognizing.silence(error)
    return why is not None and _waits(
        asked,
        recognizing.unanswered_about(asked.issuer, ANY, why, judgement),
        trust,
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
    boards: Sequence[AcceptedBoard] = ()
    refused: list[tuple[Federation, MedidError]] = []
    for federation, found in federating.tried(asked.issuer, judgement):
        if not isinstance(found, MedidError):
            boards = found
            break
        refused.append((federation, found))
    enough, short = _compared(boards, asked, trust, judgement)
    about = recognizing.recognizing_any(asked.issuer, judgement)
    silent = [
        federation
        for federation, error in refused
        if (why := federating.silence(asked.issuer, federation, error, judgement))
        and (
            _waits(
                asked,
                federating.unanswered_by(federation, asked.issuer, (ANY,), why),
                trust,
            )
            # Whose keys its keys are, nobody else says.
            or (not boards and federating.governs(asked.issuer, about))
        )
    ]
    return Ground(
        chains=_told(enough), missing=(*short, *of_federations(refused, silent))
    )


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
        if _short_by_others(board, asked, trust, judgement) is not None:
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
