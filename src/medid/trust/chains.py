"""Chains of recognition: from an issuer up to an authority that the trust file names.

Every source of recognitions gives the same links. A chain is a path of them that ends
at an authority, without a loop, no longer than that authority allows, each link in
force, and with a scope that only ever narrows on the way. Two chains never add up.

Spec: https://www.w3.org/TR/vc-recognized-entities-1.0/#verifying-recognition-chains
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_list
from medid.core.instant import Window
from medid.credentials.bounded_schema import Work
from medid.credentials.schema import validate_every_spelling
from medid.errors import MedidError
from medid.trust.allowing import MAX_SCHEMA_STEPS, Allowing
from medid.trust.authorities import MAX_DEPTH
from medid.trust.boards import AcceptedBoard
from medid.trust.narrowing import Narrowing, TooManyWords
from medid.trust.told import ToldChain, ToldLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.credentials import SchemaReference
    from medid.trust.authorities import Authority
    from medid.trust.narrowing import Covers

# Links that are looked at for one issuer; those beyond are as if they were not there.
MAX_STEPS: Final = 1_024
# Reasons that are kept for whoever asks why there is no chain.
MAX_OBSTACLES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionLink:
    """One party recognizes another to issue something. Immutable, and verified.

    Attributes:
        entity: Who is recognized; compared as exact text.
        recognized_by: Who recognizes, and has signed that.
        credential_types: What may be issued; ``None`` narrows nothing.
        jurisdictions: For where; ``None`` narrows nothing.
        professions: For whom; ``None`` narrows nothing.
        require_registration: As of an accepted board.
        window: When the recognition is in force.
        validation: The schemas that all that is issued must meet.
        schemas: Those schemas, in their order; until all are there it is no link.
        issued: The document in which it is said, which the schemas of the link above
            must allow; ``None`` where the source has none.
        digest: SHA-256 (hex) of the bytes in which it is said.
        url: Where they were published; ``None`` if they were presented.
    """

    entity: str
    recognized_by: str
    credential_types: tuple[str, ...] | None = None
    jurisdictions: tuple[str, ...] | None = None
    professions: tuple[str, ...] | None = None
    require_registration: tuple[str, ...] | None = None
    window: Window = field(default=Window())
    validation: tuple[SchemaReference, ...] = ()
    schemas: tuple[JsonObject, ...] = field(default=(), repr=False, hash=False)
    issued: JsonObject | None = field(default=None, repr=False, hash=False)
    digest: str
    url: str | None = None

    @property
    def says_what(self) -> bool:
        """Whether it says itself what may be issued, by a schema or in words."""
        words = (self.credential_types, self.jurisdictions, self.professions)
        return bool(self.validation) or None not in words

    @property
    def is_whole(self) -> bool:
        """Whether every schema is at hand that says what may be issued."""
        return len(self.schemas) == len(self.validation)

    def allows(self, document: JsonObject, work: Work | None = None) -> bool:
        """Whether the entity may issue ``document``, by its type and every schema.

        Never while a schema is missing, nor beyond the ``work`` that is left.
        """
        if not self.is_whole:
            return False
        # The type of an SD-JWT VC stands in vct.
        stated = (*as_list(document.get("type", [])), document.get("vct"))
        if self.credential_types is not None and not any(
            name in stated for name in self.credential_types
        ):
            return False
        try:
            for schema in self.schemas:
                validate_every_spelling(document, schema, work=work)
        except MedidError:
            return False
        return True


class Why(StrEnum):
    """Why a link leads no further."""

    NOT_RECOGNIZED = "not-recognized"  # nobody at hand recognizes the entity
    NOT_IN_FORCE = "not-in-force"
    LOOP = "loop"
    TOO_DEEP = "too-deep"  # longer than the authority, or anybody, allows
    TOO_MANY = "too-many"
    OUTPUT_VALIDATION = "output-validation"  # the one above may not recognize, or how
    SCOPE = "scope"  # nothing is left of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A link that leads to no authority, and why.

    Attributes:
        link: The link itself; ``None`` where there is none, or the authority's entry
            stands in the way.
    """

    why: Why
    entity: str
    recognized_by: str | None = None
    link: RecognitionLink | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A path from an authority to an issuer, and what is left of its scope.

    Attributes:
        links: From the authority's own to the issuer's.
    """

    authority: Authority
    links: tuple[RecognitionLink, ...]
    credential_types: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    professions: tuple[str, ...]
    require_registration: tuple[str, ...] | None
    window: Window

    @property
    def issuer(self) -> str:
        """Who is recognized in the end."""
        return self.links[-1].entity

    def as_board(self, documents: Iterable[str]) -> AcceptedBoard:
        """The trust entry that the chain amounts to, for these ``documents`` alone."""
        return AcceptedBoard(
            did=self.issuer,
            x509_anchors=(),
            name=None,
            jurisdictions=self.jurisdictions,
            professions=self.professions,
            credential_types=self.credential_types,
            require_registration=self.require_registration,
            require_hybrid_proofs=False,
            window=self.window,
            recognized_by=self.links[-1].recognized_by,
            status_list_issuers=(),
            documents=frozenset(documents),
            chain=self,
            told=self.told(),
        )

    def told(self) -> ToldChain:
        """The chain as it is told: who, by whom, from when to when, and from where."""
        return ToldChain(
            authority=self.authority.did,
            links=tuple(_told(link) for link in self.links),
            credential_types=self.credential_types,
            jurisdictions=self.jurisdictions,
            professions=self.professions,
            window=self.window,
        )

    def as_json(self) -> JsonObject:
        """As ``told``, in JSON."""
        return self.told().as_json()


def _told(link: RecognitionLink) -> ToldLink:
    return ToldLink(
        entity=link.entity,
        recognized_by=link.recognized_by,
        digest=link.digest,
        url=link.url,
        window=link.window,
    )


class Paths:
    """A search for the chains to one issuer, at one instant.

    Bounded in depth, in the links it looks at and in the words of these that are
    compared; what lies beyond is not found, so that a bound can only ever take
    something away.
    """

    def __init__(
        self,
        links: Iterable[RecognitionLink],
        authorities: Sequence[Authority],
        *,
        covers: Covers,
        at: Instant,
    ) -> None:
        self._links = _by_entity(links)
        self._document: JsonObject | None = None
        self._work = Work(MAX_SCHEMA_STEPS)  # of all searches together
        self._of_links = Allowing(self._work)
        self._of_document = Allowing(self._work)
        self._authorities = authorities
        self._narrowing = Narrowing(covers)  # of all searches together
        self._at = at
        self._steps = 0
        self._whatever = False
        self._type: str | None = None
        self.obstacles: list[Obstacle] = []
        # Whether a schema that is not at hand stood in the way of the last search.
        self.is_open = False

    def to(self, issuer: str, document: JsonObject) -> tuple[Chain, ...]:
        """Every chain by which ``issuer`` may have issued ``document``.

        ``obstacles`` says what became of the others.
        """
        self._steps, self.obstacles, self._document = 0, [], document
        self.is_open = False
        self._of_document = Allowing(self._work)
        return tuple(self._climb(issuer, ()))

    def to_any(
        self, issuer: str, *, credential_type: str | None = None
    ) -> Iterator[Chain]:
        """Every chain by which ``issuer`` is recognized, whatever it issues.

        A document may still not meet the schemas of the last link. Where they are not
        at hand there is no chain. ``credential_type`` leaves out what the last link
        says of other types.
        """
        self._steps, self.obstacles, self._document = 0, [], None
        self.is_open = False
        self._whatever, self._type = True, credential_type
        try:
            yield from self._climb(issuer, ())
        finally:
            self._whatever = False

    def _climb(
        self, entity: str, below: tuple[RecognitionLink, ...]
    ) -> Iterator[Chain]:
        found = self._links.get(entity, ())
        if not found and not any(one.did == entity for one in self._authorities):
            self._miss(Why.NOT_RECOGNIZED, entity)
        for link in found:
            self._steps += 1
            why = self._why_not(link, below)
            if why is not None:
                opens = why is Why.OUTPUT_VALIDATION and not link.is_whole
                # What first leaves it open is told, whatever was told before.
                first, self.is_open = opens > self.is_open, opens or self.is_open
                self._miss(why, entity, link.recognized_by, link, always=first)
                continue
            path = (link, *below)
            yield from self._end(path)
            yield from self._climb(link.recognized_by, path)

    def _why_not(
        self, link: RecognitionLink, below: tuple[RecognitionLink, ...]
    ) -> Why | None:
        if self._steps > MAX_STEPS:
            return Why.TOO_MANY
        if len(below) >= MAX_DEPTH:
            return Why.TOO_DEEP
        on_path = {link.entity, *(one.entity for one in below)}
        if link.recognized_by in on_path:
            return Why.LOOP
        if not link.window.contains(self._at):
            return Why.NOT_IN_FORCE
        return None if self._may_issue(link, below) else Why.OUTPUT_VALIDATION

    def _may_issue(
        self, link: RecognitionLink, below: tuple[RecognitionLink, ...]
    ) -> bool:
        # What the entity issues is the recognition below, or what is asked about.
        if self._whatever and not below:
            named, asked = link.credential_types, self._type
            return link.is_whole and (named is None or asked is None or asked in named)
        issued = below[0].issued if below else self._document
        if issued is None:
            return not link.validation
        known = self._of_links if below else self._of_document
        return known.asked(link, issued)

    def _end(self, path: tuple[RecognitionLink, ...]) -> Iterator[Chain]:
        """The chains that end here, at an authority by that name."""
        for authority in self._authorities:
            if authority.did != path[0].recognized_by:
                continue
            chain = self._chain(authority, path)
            if isinstance(chain, Chain):
                yield chain
            else:
                self._miss(chain, path[0].entity, authority.did)

    def _chain(
        self, authority: Authority, path: tuple[RecognitionLink, ...]
    ) -> Chain | Why:
        if not authority.window.contains(self._at):
            return Why.NOT_IN_FORCE
        if len(path) > 1 + authority.delegable:
            return Why.TOO_DEEP
        # Of every one: whoever may issue anything could recognize himself once more.
        if authority.require_output_validation and not all(
            link.says_what for link in path
        ):
            return Why.OUTPUT_VALIDATION
        return self._narrowed(authority, path)

    def _narrowed(
        self, authority: Authority, path: tuple[RecognitionLink, ...]
    ) -> Chain | Why:
        try:
            left = self._narrowing.of(authority, path)
        except TooManyWords:
            return Why.TOO_MANY
        if left.is_empty:
            return Why.SCOPE
        return Chain(
            authority=authority,
            links=path,
            credential_types=left.credential_types,
            jurisdictions=left.jurisdictions,
            professions=left.professions,
            require_registration=left.require_registration,
            window=left.window,
        )

    def _miss(
        self,
        why: Why,
        entity: str,
        by: str | None = None,
        link: RecognitionLink | None = None,
        *,
        always: bool = False,
    ) -> None:
        if always or len(self.obstacles) < MAX_OBSTACLES:
            self.obstacles.append(
                Obstacle(why=why, entity=entity, recognized_by=by, link=link)
            )


def _by_entity(
    links: Iterable[RecognitionLink],
) -> Mapping[str, Sequence[RecognitionLink]]:
    found: dict[str, list[RecognitionLink]] = {}
    for link in links:
        found.setdefault(link.entity, []).append(link)
    return found
