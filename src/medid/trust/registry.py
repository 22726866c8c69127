"""The trust registry: whose word a verifier relies on, for what, and since when.

An issuer that is not listed is not trusted, and nothing is trusted by default: a
registry that is empty, misspelt or unreadable is refused at the start instead of
being read as "everyone". Issuers are compared as exact text.

Knows no credential's content and decides no request.

Spec: https://www.w3.org/TR/vc-recognized-entities/
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.arguments import checked_arguments
from medid.core.jcs import canonicalize
from medid.core.json import check, load_object
from medid.core.memory import Known
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    IssuerNotAuthorized,
    IssuerNotTrusted,
    child,
)
from medid.trust import crossing
from medid.trust.boards import LICENSE_TYPE, AcceptedBoard, names_profession
from medid.trust.crossing import SUPPORT_NAMESPACE, authorisation_issuers
from medid.trust.documents import (
    LIMITS,
    as_configuration,
    decoded,
    read_trust_file,
)
from medid.trust.recognized import RECOGNITIONS, REGISTRY_TYPE
from medid.trust.settings import Settings, read_settings
from medid.trust.specialties import same_specialty
from medid.trust.unanswered import Wanted, or_unanswered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import Credential
    from medid.trust.federation.settings import Federation
    from medid.trust.unanswered import Unanswered

CONSENT_TYPE: Final = "PatientConsentCredential"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRegistry:
    """Whom to believe. Make one with ``from_json``, ``from_yaml`` or ``from_file``.

    Attributes:
        recognized: Entries that recognitions, trust marks and certificates amount to,
            each for the documents of one judgement. They give no more than what is
            issued: no status lists by others, no confirmations.
        unanswered: What others were to say in it about issuers, and did not.
        otherwise: Issuers whom the authorities recognize, and not for these documents.
    """

    settings: Settings = field(repr=False)
    document: JsonObject = field(repr=False, hash=False)
    known: Known = field(default_factory=Known, compare=False, repr=False)
    recognized: tuple[AcceptedBoard, ...] = field(default=(), repr=False)
    unanswered: tuple[Unanswered, ...] = field(default=(), repr=False, hash=False)
    otherwise: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def from_json(cls, source: bytes | str | Mapping[str, JsonValue]) -> TrustRegistry:
        """The registry that JSON text, or an already decoded object, describes.

        Raises:
            ConfigurationError: Not JSON, empty, or a member is unknown or malformed.
        """
        with as_configuration():
            if isinstance(source, bytes | str):
                return cls._read(load_object(source, limits=LIMITS))
            # A read-only mapping is welcome; anything else is for the check to refuse.
            plain: object = source
            if isinstance(plain, Mapping):
                plain = dict(plain)
            return cls._read(check(plain, limits=LIMITS))

    @classmethod
    @checked_arguments
    def from_yaml(cls, text: bytes | str) -> TrustRegistry:
        """The registry that YAML ``text`` describes; needs the extra ``medid[yaml]``.

        Raises:
            ConfigurationError: Not such YAML, empty, or a member is malformed.
            MissingExtra: PyYAML is not installed.
        """
        from medid.trust.yaml_text import load_yaml

        with as_configuration():
            return cls._read(load_yaml(text, limits=LIMITS))

    @classmethod
    @checked_arguments
    def from_file(cls, path: str | Path) -> TrustRegistry:
        """The registry in the file ``path``: YAML if its name says so, else JSON.

        Raises:
            ConfigurationError: The file cannot be read, or is no registry.
            MissingExtra: It is YAML, and PyYAML is not installed.
        """
        return cls.from_content(read_trust_file(path), path)

    @classmethod
    def from_content(cls, content: bytes, path: str | Path) -> TrustRegistry:
        """The registry in the ``content`` of the file ``path``, which is not read.

        Raises:
            ConfigurationError: It is no registry.
            MissingExtra: It is YAML, and PyYAML is not installed.
        """
        with as_configuration():
            return cls._read(decoded(content, path))

    @classmethod
    def from_credential(cls, credential: Credential) -> TrustRegistry:
        """The registry in a ``TrustRegistryCredential``.

        Args:
            credential: Verified by the caller, with an issuer the caller relies on;
                neither is checked here.

        Raises:
            ConfigurationError: Another credential, or it holds no registry.
        """
        path = child(credential.path, "credentialSubject")
        if REGISTRY_TYPE not in credential.types or len(credential.subjects) != 1:
            message = f"not a {REGISTRY_TYPE} with one subject"
            raise ConfigurationError(message, path=credential.path)
        with as_configuration():
            claims = credential.subjects[0].claims
            found = check(claims.get("trustRegistry"), limits=LIMITS)
            return cls._read(found, child(path, "trustRegistry"))

    @classmethod
    def _read(cls, document: JsonValue, path: str = "$") -> TrustRegistry:
        settings = read_settings(document, path)
        # ``read_settings`` refuses everything but an object.
        return cls(settings=settings, document=_object(document))

    def digest(self) -> str:
        """The SHA-256 (hex) of the registry's canonical JSON, for decision records."""
        return self.known.once("digest", self._digest)

    def _digest(self) -> str:
        return hashlib.sha256(canonicalize(self.document)).hexdigest()

    def admit(self, issuer: str) -> None:
        """Return if ``issuer`` is named anywhere; what it may issue is not asked.

        Raises:
            IssuerNotTrusted: No entry names exactly this issuer.
        """
        named = issuer in self.settings.named
        if not named and all(board.did != issuer for board in self.recognized):
            raise IssuerNotTrusted("no trust entry names this issuer")

    def recognizing(
        self,
        recognized: Iterable[AcceptedBoard],
        *,
        otherwise: Iterable[str] = (),
        unanswered: Iterable[Unanswered] = (),
    ) -> TrustRegistry:
        """This registry, and whom others recognize for the documents of a judgement."""
        return replace(
            self,
            recognized=tuple(recognized),
            otherwise=frozenset(otherwise),
            unanswered=tuple(unanswered),
        )

    def federations(self, issuer: str) -> tuple[Federation, ...]:
        """The federations that are asked about ``issuer``, which no entry names."""
        if issuer.startswith("https://") and issuer not in self.settings.named:
            return self.settings.federations
        return ()

    def over(self, *, at: Instant) -> frozenset[str]:
        """Whom the file names, and with no entry that is in force at ``at``."""
        boards = self.settings.boards
        in_force = {one.did for one in boards if one.window.contains(at)}
        return self.settings.named - in_force

    def anchors(self, issuer: str, *, at: Instant) -> tuple[bytes, ...]:
        """The authorities (DER) under whose certificates ``issuer`` signs at ``at``.

        None where no entry in force has any: the issuer publishes its keys.
        """
        return tuple(
            anchor
            for board in self.settings.boards
            if board.did == issuer and board.window.contains(at)
            for anchor in board.x509_anchors
        )

    def requires_hybrid_proofs(self, issuer: str, *, at: Instant) -> bool:
        """Whether any entry of ``issuer`` in force at ``at`` asks for hybrid proofs.

        Which entry a credential counts by is asked later, so one of several is enough.
        """
        return issuer in self.settings.hybrid and any(
            board.require_hybrid_proofs and board.window.contains(at)
            for board in self.settings.boards
            if board.did == issuer
        )

    def entries(
        self,
        issuer: str,
        credential_type: str,
        *,
        at: Instant,
        document: str | None = None,
        jurisdiction: str | None = None,
        professions: Sequence[str] = (),
    ) -> tuple[AcceptedBoard, ...]:
        """The entries of ``issuer`` for ``credential_type`` in force at ``at``.

        Args:
            issuer: Compared as exact text.
            credential_type: The type as the credential spells it.
            at: The instant as of which is asked.
            document: The digest of what was issued: an issuer who is only recognized
                by others counts for the documents that were judged, and no other.
            jurisdiction: What is asked about, where it is known: on a source that could
                not speak for it nothing waits. It narrows no entry.
            professions: Likewise.

        Raises:
            IssuerNotTrusted: No entry in force names exactly this issuer.
            IssuerNotAuthorized: None of those that do is for this type, or authorities
                recognize the issuer for something else.
            Unchecked: As either, and a source that may allow it has not answered.
        """
        wanted = Wanted(
            issuer=issuer,
            credential_type=credential_type,
            document=document,
            jurisdiction=jurisdiction,
            professions=professions,
        )
        with or_unanswered(self.unanswered, wanted, covers=self.covers):
            named = [
                board
                for board in (*self.settings.boards, *self.recognized)
                if board.did == issuer and board.counts_for(document)
            ]
            if not named:
                if issuer in self.otherwise:
                    raise IssuerNotAuthorized("recognized, and not for what this is")
                raise IssuerNotTrusted("no trust entry names this issuer")
            in_force = [board for board in named if board.window.contains(at)]
            if not in_force:
                fix = "check validFrom and validUntil of the issuer's trust entry"
                raise IssuerNotTrusted("its trust entry is not in force", fix=fix)
            found = [one for one in in_force if credential_type in one.credential_types]
            if not found:
                raise IssuerNotAuthorized("not accepted for credentials of this type")
            return tuple(found)

    def authorize(
        self,
        issuer: str,
        credential_type: str = LICENSE_TYPE,
        *,
        jurisdiction: str | None = None,
        professions: Sequence[str] = (),
        at: Instant,
        document: str | None = None,
    ) -> tuple[str, ...]:
        """Those of ``professions`` for which ``issuer`` may issue this.

        Args:
            issuer: Compared as exact text.
            credential_type: The type as the credential spells it.
            jurisdiction: For where it was issued; ``None`` does not ask.
            professions: Codings of one profession (``system|code``, or a code); an
                entry for any of them will do. None given does not ask.
            at: The instant as of which is asked.
            document: As in ``entries``.

        What supports a license may be issued by whom a compact names for it
        (``authorisationIssuer``), or by a board of either side of a recognition that
        asks for it (``requiresCredential``).

        Raises:
            IssuerNotTrusted: No entry in force names exactly this issuer.
            IssuerNotAuthorized: No single entry covers type, jurisdiction and
                profession together.
            Unchecked: As ``entries``.
        """
        if credential_type == CONSENT_TYPE and issuer in self.settings.consent_signers:
            return ()
        if self._may_support(issuer, credential_type, at=at):
            return ()
        if credential_type in RECOGNITIONS and self._recognizes(issuer, document, at):
            return ()
        wanted = Wanted(
            issuer=issuer,
            credential_type=credential_type,
            document=document,
            jurisdiction=jurisdiction,
            professions=professions,
        )
        with or_unanswered(self.unanswered, wanted, covers=self.covers):
            entries = self.entries(
                issuer,
                credential_type,
                at=at,
                document=document,
                jurisdiction=jurisdiction,
                professions=professions,
            )
            if jurisdiction is not None:
                entries = tuple(
                    one for one in entries if self.issues_for(one, jurisdiction)
                )
            if not entries:
                raise IssuerNotAuthorized("not accepted for this jurisdiction")
            if not professions:
                return ()
            found = {
                profession
                for entry in entries
                for profession in entry.professions_among(tuple(professions))
            }
            if not found:
                raise IssuerNotAuthorized("not accepted for this profession there")
            return tuple(one for one in professions if one in found)

    def _recognizes(self, issuer: str, document: str | None, at: Instant) -> bool:
        """Whether ``issuer`` may say in ``document`` whom it recognizes.

        What that is worth is for the chains to say: by itself it permits nothing.
        """
        return any(
            one.did == issuer and one.window.contains(at)
            for one in self.settings.authorities
        ) or any(
            one.did == issuer and one.window.contains(at) and one.counts_for(document)
            for one in self.recognized
        )

    def _may_support(self, issuer: str, credential_type: str, *, at: Instant) -> bool:
        """Whether a compact or a recognition asks ``issuer`` for this credential.

        Which license it supports, and for whom, is for the rules of licenses.
        """
        match credential_type.removeprefix(SUPPORT_NAMESPACE):
            case crossing.AUTHORISATION_TYPE:
                in_force = [
                    one for one in self.settings.compacts if one.window.contains(at)
                ]
                return issuer in authorisation_issuers(in_force)
            case crossing.DECLARATION_TYPE:
                return self._may_declare(issuer, at=at)
        return False

    def _may_declare(self, issuer: str, *, at: Instant) -> bool:
        """Whether ``issuer`` is a board of either side of a recognition that asks."""
        own = {
            jurisdiction
            for board in self.settings.boards
            if board.did == issuer and board.window.contains(at)
            for jurisdiction in board.jurisdictions
        }
        return any(
            self._overlap(jurisdiction, side)
            for rule in self.settings.recognition
            if rule.requires_credential == crossing.DECLARATION_TYPE
            and rule.window.contains(at)
            for side in (rule.origin, rule.host)
            for jurisdiction in own
        )

    def _overlap(self, word: str, other: str) -> bool:
        """Whether two jurisdictions or unions have a place in common."""
        unions = self.settings.unions
        return any(
            self.covers(one, two) or self.covers(two, one)
            for one in (word, *unions.get(word, ()))
            for two in (other, *unions.get(other, ()))
        )

    def issues_for(self, board: AcceptedBoard, jurisdiction: str) -> bool:
        """Whether ``board`` is accepted for ``jurisdiction`` or what contains it."""
        return any(self.covers(own, jurisdiction) for own in board.jurisdictions)

    def covers(self, jurisdiction: str, place: str) -> bool:
        """Whether ``jurisdiction`` is ``place`` or contains it by configuration.

        Nothing is guessed from how codes begin: ``US`` covers nothing by itself.
        """
        contained = self.settings.containment.get(jurisdiction, ())
        return place == jurisdiction or place in contained

    def includes(self, specialty: str, held: str) -> bool:
        """Whether ``held`` is ``specialty`` or lies within it by configuration.

        Args:
            specialty: What is asked for: a code, or ``system|code``.
            held: What a license states, in either form.
        """
        return names_profession(specialty, held) or any(
            same_specialty(broad, specialty)
            and any(names_profession(one, held) for one in narrower)
            for broad, narrower in self.settings.specialties.items()
        )


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}
