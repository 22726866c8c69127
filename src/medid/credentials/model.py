"""What a credential or presentation says, once its shape has been checked.

Data only. Every object keeps the JSON it was read from untouched, so nothing is lost
and a document can be compared with what was signed. ``repr`` shows no claims.

Spec: https://www.w3.org/TR/vc-data-model-2.0/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from medid.core.instant import Window
    from medid.core.json import JsonObject, JsonValue

CONTEXT_V1: Final = "https://www.w3.org/2018/credentials/v1"
CONTEXT_V2: Final = "https://www.w3.org/ns/credentials/v2"

Version: TypeAlias = Literal["1.1", "2.0"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageValue:
    """A text with its language and base direction, where they are stated."""

    value: str
    language: str | None
    direction: Literal["ltr", "rtl"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A cryptographic digest of a resource: ``algorithm`` is sha256, 384 or 512."""

    algorithm: Literal["sha256", "sha384", "sha512"]
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who claims to have issued; that it is true is for the proof to show."""

    id: str
    names: tuple[LanguageValue, ...] = ()
    descriptions: tuple[LanguageValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One whom the credential is about, with all claims (``id`` among them)."""

    id: str | None
    claims: JsonObject = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedObject:
    """An ``evidence``, ``termsOfUse``, ``refreshService`` or ``proof`` object."""

    id: str | None
    types: tuple[str, ...]
    raw: JsonObject = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaReference:
    """A ``credentialSchema``: where the schema is, and which bytes it must be."""

    id: str
    types: tuple[str, ...]
    digests: tuple[Digest, ...]
    path: str
    raw: JsonObject = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedResource:
    """A ``relatedResource``: a document elsewhere, tied to this one by its digests."""

    id: str
    digests: tuple[Digest, ...]
    media_type: str | None
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMessage:
    """What one status code of a ``message`` list means: ``status`` is its number."""

    status: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEntry:
    """A ``credentialStatus``; what is after ``id`` is set for known types only.

    Attributes:
        type: The known status type, or the first type where none is known.
        index: Position in the list, from 0.
        size: Bits per entry.
        messages: One for each possible value, in the order of the values.
    """

    type: str
    types: tuple[str, ...]
    path: str
    id: str | None = None
    purpose: str | None = None
    index: int | None = None
    list_url: str | None = None
    size: int = 1
    messages: tuple[StatusMessage, ...] = ()
    references: tuple[str, ...] = ()
    raw: JsonObject = field(repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A credential whose shape is right. Nothing about it has been verified."""

    version: Version
    id: str | None
    types: tuple[str, ...]
    contexts: tuple[JsonValue, ...] = field(repr=False, hash=False)
    issuer: Issuer
    subjects: tuple[Subject, ...]
    validity: Window
    names: tuple[LanguageValue, ...] = field(default=(), repr=False)
    descriptions: tuple[LanguageValue, ...] = field(default=(), repr=False)
    status: tuple[StatusEntry, ...] = ()
    schemas: tuple[SchemaReference, ...] = ()
    related_resources: tuple[RelatedResource, ...] = ()
    evidence: tuple[TypedObject, ...] = ()
    terms_of_use: tuple[TypedObject, ...] = ()
    refresh_service: tuple[TypedObject, ...] = ()
    path: str
    document: JsonObject = field(repr=False, hash=False)

    @property
    def has_proof(self) -> bool:
        """Whether there is an embedded proof. Says nothing about its worth."""
        return "proof" in self.document


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopedCredential:
    """A credential inside a ``data:`` URL, still as the text of its envelope."""

    media_type: str
    content: str = field(repr=False)
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopedPresentation:
    """A presentation inside a ``data:`` URL, still as the text of its envelope."""

    media_type: str
    content: str = field(repr=False)
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """A presentation whose shape is right. Nothing about it has been verified.

    Attributes:
        entries: The credentials, in the order of the document, shape checked.
    """

    version: Version
    id: str | None
    types: tuple[str, ...]
    contexts: tuple[JsonValue, ...] = field(repr=False, hash=False)
    holder: str | None
    entries: tuple[Credential | EnvelopedCredential, ...]
    terms_of_use: tuple[TypedObject, ...] = ()
    refresh_service: tuple[TypedObject, ...] = ()
    path: str
    document: JsonObject = field(repr=False, hash=False)

    @property
    def credentials(self) -> tuple[JsonObject | EnvelopedCredential, ...]:
        """The credentials as they stand in the document."""
        return tuple(
            entry.document if isinstance(entry, Credential) else entry
            for entry in self.entries
        )

    @property
    def self_asserted(self) -> tuple[Credential, ...]:
        """The credentials without a proof of their own.

        Only the presentation's proof can speak for them, and only for its holder:
        ``medid.credentials.check_self_asserted``.
        """
        return tuple(
            entry
            for entry in self.entries
            if isinstance(entry, Credential) and not entry.has_proof
        )

    @property
    def has_proof(self) -> bool:
        """Whether there is an embedded proof. Says nothing about its worth."""
        return "proof" in self.document
