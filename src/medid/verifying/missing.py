"""What is missing for an issuer to be believed, in words, with what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.errors import MedidError, Unchecked
from medid.trust.chains import Why
from medid.trust.told import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.core.json import JsonObject
    from medid.trust import Obstacle
    from medid.trust.asked import AskedRegistry
    from medid.trust.federation.settings import Federation
    from medid.trust.roots import X509Root
    from medid.verifying.certifying import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One thing that stands in the way.

    Attributes:
        why: In a word.
        message: In a sentence: who, and by whom.
        fix: What would mend it.
        path: Where in the trust file, if it is there.
        code: Of the error, if there was one.
        unknown: Whether it could not be checked, so that it may be nothing.
    """

    why: str
    message: str
    fix: str
    path: str | None = None
    code: str | None = None
    unknown: bool = False

    def as_json(self) -> JsonObject:
        """The members that are there."""
        members = {
            "why": self.why,
            "message": self.message,
            "fix": self.fix,
            "path": self.path,
            "code": self.code,
        }
        return {name: value for name, value in members.items() if value is not None}


def of_alias(path: str, name: str, words: str) -> Missing:
    """An entry of the file names somebody who is spelt nearly so."""
    return Missing(
        why="alias",
        message=f"an entry names {name}, which differs only {words}, and is another",
        fix="find out which name is the issuer's own, and write that one",
        path=path,
    )


_REASONS: Final = {
    Why.NOT_RECOGNIZED: (
        "nobody at hand recognizes {entity}",
        "an authority would have to recognize it, in what recognizedEntities names",
    ),
    Why.NOT_IN_FORCE: (
        "the recognition of {entity} by {by} is not in force",
        "{by} would have to renew it",
    ),
    Why.LOOP: (
        "the recognition of {entity} by {by} leads back to where it came from",
        "an authority would have to recognize one of them",
    ),
    Why.TOO_DEEP: (
        "the recognition of {entity} by {by} is passed on more often than allowed",
        "the authority's entry would have to allow it with delegable",
    ),
    Why.TOO_MANY: (
        "there are too many recognitions to look at that of {entity} by {by}",
        "whoever publishes them would have to publish fewer",
    ),
    Why.OUTPUT_VALIDATION: (
        "{by} may not recognize {entity} for this, or does not say for what",
        "{by} would have to be recognized for this, and to name a schema by its digest",
    ),
    Why.SCOPE: (
        "of what {by} may recognize, nothing is left for {entity}",
        "the entry of the authority and the recognitions would have to agree on some",
    ),
}


def of_obstacle(obstacle: Obstacle, *, is_open: bool) -> Missing:
    """A recognition that leads to no authority.

    Where a schema alone stands in the way, that ``is_open`` if it might have led there.
    """
    entity, by, link = obstacle.entity, obstacle.recognized_by, obstacle.link
    of_schema = obstacle.why is Why.OUTPUT_VALIDATION
    if of_schema and link is not None and not link.is_whole:
        urls = ", ".join(one.id for one in link.validation)
        return Missing(
            why="schema",
            message=f"what {entity} may issue for {by} is said by a schema that is not "
            f"at hand: {urls}",
            fix="supply the schema of that digest",
            unknown=is_open,
        )
    message, fix = (
        part.format(entity=entity, by=by) for part in _REASONS[obstacle.why]
    )
    if link is not None and obstacle.why is Why.NOT_IN_FORCE:
        message += f"; it is{in_words(link.window)}"
    elif obstacle.why is Why.NOT_IN_FORCE:
        message, fix = f"the entry of the authority {by} is not in force", "renew it"
    return Missing(why=obstacle.why.value, message=message, fix=fix)


def of_federations(
    refused: Sequence[tuple[Federation, MedidError]], silent: Sequence[Federation]
) -> Iterator[Missing]:
    """The federations that do not accredit the issuer, or are ``silent`` about it."""
    for federation, error in refused:
        yield Missing(
            why="federation",
            message=f"the federation of {federation.anchor.entity} does not "
            f"accredit it: {error.message}",
            fix=error.fix,
            code=error.code,
            unknown=federation in silent,
        )


def of_registry(registry: AskedRegistry, path: str, error: MedidError) -> Missing:
    """A trust registry that says no, or nothing."""
    if isinstance(error, Unchecked):
        return Missing(
            why="registry",
            message=f"whether {registry.authority} authorizes it is not known: "
            f"{error.message}",
            fix=error.fix,
            path=path,
            code=error.code,
            unknown=True,
        )
    return Missing(
        why="registry",
        message=f"{registry.authority} was asked, and does not authorize it",
        fix="whoever runs the registry would have to authorize it",
        path=path,
        code=error.code,
    )


def of_root(
    root: X509Root,
    path: str,
    reach: Reach,
    *,
    by: str | None = None,
    short: tuple[str, str] | None = None,
) -> Missing:
    """A root that does not speak for the issuer, or only its certificates tell.

    Args:
        root: Which.
        path: Where in the trust file it is.
        reach: What the name of the issuer tells of it.
        by: The fingerprint of the authority that the issuer's name states, if any.
        short: In what the root falls short of what is asked, whoever it speaks for.
    """
    name = root.authority.name or root.authority.did
    if short is not None:
        return Missing(
            why=short[0],
            message=f"the root {name} is {short[1]}",
            fix="extend its entry, if you rely on it for this",
            path=path,
        )
    if reach.value == "apart":
        return Missing(
            why="certificate",
            message=f"the certificates do not lead to the root {name} at this time",
            fix="give the whole chain, the issuer's own first, as it was then",
            path=path,
        )
    if reach.value == "untold":
        message = f"only its certificates tell whether the root {name} speaks for it"
        if by is not None:
            message += (
                f": its name states an authority with the fingerprint {by}, which is "
                "not that of the root, and may be below it"
            )
        return Missing(
            why="certificate",
            message=message,
            fix="give its certificates, or verify something that it issued with them",
            path=path,
            unknown=True,
        )
    return Missing(
        why="subject",
        message=f"what is stated of it is not what the root {name} speaks for",
        fix="add such a subject to the entry of the root, if you rely on that",
        path=path,
    )
