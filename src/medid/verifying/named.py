"""What the entries of a trust file itself say of an issuer, and what they lack.

Spec: https://www.w3.org/TR/vc-recognized-entities/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.errors import Refused, child
from medid.trust.aliases import difference
from medid.trust.boards import names_profession
from medid.trust.crossing import AUTHORISATION_TYPE, SUPPORT_NAMESPACE
from medid.trust.recognized import RECOGNITIONS
from medid.trust.registry import CONSENT_TYPE
from medid.trust.saying import Said, authority_sentence, board_sentence
from medid.trust.told import in_words
from medid.verifying.missing import Missing, of_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.trust import TrustRegistry
    from medid.trust.authorities import Authority
    from medid.trust.boards import AcceptedBoard
    from medid.verifying.believing import Asked
    from medid.verifying.judging import Judgement


def entries(asked: Asked, trust: TrustRegistry, judgement: Judgement) -> Iterator[Said]:
    """Where the trust file says that the issuer may; none where it does not."""
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
        and short_of(board, asked, trust, judgement) is None
    ]
    yield from found or _roles(asked, trust, judgement)


def _roles(asked: Asked, trust: TrustRegistry, judgement: Judgement) -> Iterator[Said]:
    """As what else the file lets the issuer issue this."""
    settings, at = trust.settings, judgement.at
    kind = asked.credential_type.removeprefix(SUPPORT_NAMESPACE)
    if kind == CONSENT_TYPE:
        yield Said("$.consent", "It may sign consents.")
    for index, one in enumerate(settings.authorities):
        named = one.did == asked.issuer and one.window.contains(at)
        if named and kind in RECOGNITIONS:
            yield Said(child("$.authorities", index), authority_sentence(one))
    for index, compact in enumerate(settings.compacts):
        named = compact.authorisation_issuer == asked.issuer
        if kind == AUTHORISATION_TYPE and named and compact.window.contains(at):
            place = child(child("$.compacts", index), "authorisationIssuer")
            yield Said(place, f"It issues what the compact {compact.id} asks for.")
    for index, rule in enumerate(settings.recognition):
        if rule.requires_credential == kind and rule.window.contains(at):
            place = child(child("$.recognition", index), "requiresCredential")
            yield Said(place, "Boards of both sides may issue what this asks for.")


def short_of(
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


def missing(
    asked: Asked, trust: TrustRegistry, judgement: Judgement
) -> Iterator[Missing]:
    """In what its entries fall short, and whose entries may have been meant."""
    issuer, settings = asked.issuer, trust.settings
    named = False
    for index, board in enumerate(settings.boards):
        path = child("$.acceptedBoards", index)
        words = difference(issuer, board.did)
        if words is not None:
            yield of_alias(path, board.did, words)
        short = short_of(board, asked, trust, judgement)
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
