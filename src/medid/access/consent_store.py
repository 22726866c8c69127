"""The consent store port: what a wallet or a custodian keeps of grants and withdrawals.

Whoever decides reads it as a consent source. Whoever signs for a patient keeps there
what was given, the status lists that the consents name, and what became of them. What
was written once stays: a withdrawal is one more event and takes nothing away.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.entropy import Entropy
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """A consent that is to be kept.

    Attributes:
        patient: What the store's owner calls the patient: a local reference or a DID.
        custodian: For whom the consent is.
        document: The signed credential: a JSON object, or a token.
        grant: What was granted, as JSON; ``None`` where only the credential is known.
    """

    patient: str = field(repr=False)
    custodian: str
    document: JsonObject | str = field(repr=False, hash=False)
    grant: JsonObject | None = field(default=None, repr=False, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptConsent(NewConsent):
    """A consent on file.

    Attributes:
        number: Counts the consents of one store, from 1.
        credential_id: The id of the credential.
        given: When it was given.
        withdrawn: When it was withdrawn, where it was.
    """

    number: int
    credential_id: str
    given: Instant
    withdrawn: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """Something that happened to a consent; never changed and never removed."""

    credential_id: str
    kind: Literal["granted", "withdrawn"]
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """A status list that takes the place of another one.

    Attributes:
        url: Where it is published.
        before: The list that it was made of, as it was kept.
        after: The new one.
    """

    url: str
    before: str = field(repr=False)
    after: str = field(repr=False)


class ConsentStore(Protocol):
    """Keeps consents of many patients; each call is one transaction."""

    def consents(self, patient: str) -> Sequence[bytes | str | Mapping[str, JsonValue]]:
        """As ``ConsentSource`` has it: everything on file, what was withdrawn too."""

    def keep(self, new: NewConsent, *, at: Instant) -> KeptConsent:
        """Keep a consent that was given.

        Raises:
            MalformedValue: Not a consent credential with an id.
            ConfigurationError: It is kept already, or the patient has too many.
            EvidenceUnavailable: The store cannot be used.
        """

    def withdraw(
        self, credential_id: str, change: ListChange | None, *, at: Instant
    ) -> KeptConsent:
        """Note that a consent was withdrawn, and keep the list that says so.

        Raises:
            ConfigurationError: There is no such consent, it was withdrawn before, or
                the list was changed meanwhile.
            EvidenceUnavailable: The store cannot be used.
        """

    def find(self, which: str) -> KeptConsent:
        """The consent with this number or credential id.

        Raises:
            ConfigurationError: There is none.
            EvidenceUnavailable: The store cannot be used.
        """

    def kept(self, patient: str | None = None) -> Sequence[KeptConsent]:
        """The consents of a patient, or the newest of all, in the order of numbers."""

    def page(
        self, *, recipient: str | None = None, after: int = 0, limit: int
    ) -> Sequence[KeptConsent]:
        """Consents of whomever, in the order of their numbers, page by page.

        Args:
            recipient: Only those that name them: a DID, a reference, or a number as
                ``system|value``. It finds consents, and says nothing of who may see
                what.
            after: The number behind which they are.
            limit: For how many at most.
        """

    def history(self, credential_id: str | None = None) -> Sequence[ConsentEvent]:
        """What happened, in its order: to one consent, or to all."""

    def status_list(self, url: str) -> str | None:
        """The status list that is published at ``url``; ``None`` for none."""

    def put_list(self, url: str, content: str, *, before: str | None) -> None:
        """Keep a status list in the place of ``before``; ``None`` for a new one.

        Raises:
            ConfigurationError: Another one is kept than ``before``.
            EvidenceUnavailable: The store cannot be used.
        """

    def take_index(self, url: str, *, entropy: Entropy) -> int:
        """An index of the list at ``url`` that nobody took before, and takes after.

        Raises:
            ConfigurationError: None is left.
            EvidenceUnavailable: The store cannot be used.
        """
