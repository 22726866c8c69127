"""A patient's wallet, or a recorder's: keys, consents and status lists in one folder.

Each custodian is given another identity, and each consent an entry of a status list.
Withdrawing takes what granting takes: one call.

A status list ends after a week. ``publish`` signs the wallet's lists anew; whoever
serves them to verifiers runs it before, best each day.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.consent_store import ListChange, NewConsent
from medid.adapters.caught_up import caught_up, says_withdrawn
from medid.adapters.consents import SqliteConsents
from medid.adapters.identities import Identities
from medid.core import json as strict_json
from medid.core.entropy import Entropy, system_entropy, uuid_urn
from medid.core.instant import Window
from medid.errors import ConfigurationError, EvidenceUnavailable
from medid.health.drafts import Frame
from medid.health.grant_fhir import grant_credential
from medid.issuing import issue, new_list, renew_list, withdraw
from medid.status import BITSTRING_ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from medid.access.consent_store import ConsentStore, KeptConsent
    from medid.adapters.identities import Identity
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.health.grants import Grant
    from medid.issuing import Controller
    from medid.issuing.credential import Issued
    from medid.keys.keyfile import Protection

MAX_ATTEMPTS: Final = 5  # at changing a list that other processes change, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Granting:
    """For whom a grant is made, and how it is kept.

    Attributes:
        custodian: Whom it is shown to: another name is another identity.
        patient: The DID of the patient, where a recorder grants for them.
        reference: What the store calls the patient; their DID by default.
        store: Another store that keeps the consent and its list, a custodian's.
    """

    custodian: str
    patient: str | None = field(default=None, repr=False)
    reference: str | None = field(default=None, repr=False)
    store: ConsentStore | None = None


def _nothing(_url: str) -> None:
    """What is published where nobody says so."""


class Wallet:
    """The wallet in one folder. Safe to share between threads and processes."""

    def __init__(
        self,
        folder: str | Path,
        *,
        password: Callable[[], bytes],
        protection: Protection | None = None,
        entropy: Entropy = system_entropy,
    ) -> None:
        """Open the wallet in ``folder``, or make it.

        Args:
            folder: Its parent must exist.
            password: Opens the keys; asked when one is needed.
            protection: How new key files are protected.
            entropy: Where ids, list names and indexes come from; never keys.

        Raises:
            ConfigurationError: There is something else in its place.
            EvidenceUnavailable: It cannot be made, read or written.
        """
        self.identities: Final = Identities(
            folder, password=password, protection=protection, entropy=entropy
        )
        self.folder: Final = self.identities.folder
        self._entropy = entropy
        self.store: Final = SqliteConsents(self.folder / "consents.db")

    def grant(
        self, grant: Grant, to: Granting, *, at: Instant, lists: str | None = None
    ) -> KeptConsent:
        """Sign ``grant`` and keep it.

        The patient signs by their own key. With ``to.patient`` a recorder does; with a
        mandate in the grant its bearer does.

        Args:
            grant: What is allowed.
            to: For which custodian.
            at: When it is given.
            lists: As for ``Identities.of``.

        Raises:
            MalformedValue: The grant is over, or outside the days of its mandate.
            ConfigurationError: As ``Identities.of`` does, no index is left, or other
                processes keep changing the list.
            ProofGenerationError: medid would refuse the credential.
            SignerError: The key cannot be used.
            EvidenceUnavailable: A store cannot be used.
        """
        identity = self.identities.of(to.custodian, lists=lists)
        signer = self.identities.controller(identity)
        patient = _patient(grant, to, identity)
        self._opened_list(identity, signer, at=at)
        index = self.store.take_index(identity.status_list, entropy=self._entropy)
        frame = Frame(
            id=uuid_urn(self._entropy),
            issuer=identity.did,
            window=Window(),
            status=[_entry(identity.status_list, index)],
        )
        draft = grant_credential(grant, frame, patient=patient, at=at)
        new = NewConsent(
            patient=to.reference or patient,
            custodian=to.custodian,
            document=_object(issue(draft, signer, at=at)),
            grant=grant.as_json(),
        )
        kept = self.store.keep(new, at=at)
        if to.store is not None:
            self._copy_list(to.store, identity, at=at)
            to.store.keep(new, at=at)
        return kept

    def withdraw(
        self, which: str, *, at: Instant, store: ConsentStore | None = None
    ) -> KeptConsent:
        """Withdraw a consent: its status list is signed anew, and kept with the event.

        Args:
            which: The number of the consent in this wallet, or its credential id.
            at: From when it counts.
            store: Another store that keeps the consent, a custodian's.

        Raises:
            ConfigurationError: There is no such consent, it was withdrawn before, or
                other processes keep changing its list.
            SignerError: The key cannot be used.
            EvidenceUnavailable: A store cannot be used.
        """
        found = self.store.find(which)
        if found.withdrawn is not None:
            return self._withdrawn_there(found, store, at=at)
        identity = self.identities.of(found.custodian)
        signer = self.identities.controller(identity)
        url = identity.status_list
        for _ in range(MAX_ATTEMPTS):
            before = self._opened_list(identity, signer, at=at)
            known = strict_json.load_object(before)
            after = _text(withdraw(_object(found.document), known, signer, at=at))
            change = ListChange(url=url, before=before, after=after)
            try:
                kept = self.store.withdraw(found.credential_id, change, at=at)
            except ConfigurationError:
                if self.store.status_list(url) == before:
                    raise
                continue  # somebody withdrew another consent of this list
            if store is not None:
                self._withdrawn_there(kept, store, at=at)
            return kept
        raise _contended()

    def publish(
        self,
        *,
        at: Instant,
        store: ConsentStore | None = None,
        published: Callable[[str], str | None] = _nothing,
    ) -> Mapping[str, str]:
        """Every status list of the wallet, signed anew, by the URL to serve it at.

        What another copy of this wallet has withdrawn, by what the store or the place
        of publication has of it, stays withdrawn.

        Args:
            at: From when the lists are.
            store: Another store, a custodian's; given those that it keeps already.
            published: Gives what is served at a URL now; ``None`` where nothing is.

        Raises:
            ConfigurationError: Other processes keep changing a list.
            SignerError: A key cannot be used.
            EvidenceUnavailable: The wallet, or the store, cannot be used.
        """
        identities = self.identities.all()
        for one in identities:
            self._renew(one, published(one.status_list), at=at)
        if store is not None:
            for one in identities:
                if store.status_list(one.status_list) is not None:
                    self._copy_list(store, one, at=at)
        return {one.status_list: self._kept_list(one.status_list) for one in identities}

    def _withdrawn_there(
        self, kept: KeptConsent, store: ConsentStore | None, *, at: Instant
    ) -> KeptConsent:
        """Tell another store of a withdrawal, which it may have missed before.

        Raises:
            ConfigurationError: It knows of it, or there is no other store.
            EvidenceUnavailable: The store cannot be used.
        """
        if store is None:
            raise ConfigurationError("the consent was withdrawn before")
        self._copy_list(store, self.identities.of(kept.custodian), at=at)
        store.withdraw(kept.credential_id, None, at=at)
        return kept

    def _renew(self, identity: Identity, there: str | None, *, at: Instant) -> None:
        """Sign a list anew, with every withdrawal that ``there`` says."""
        signer = self.identities.controller(identity)
        url = identity.status_list
        for _ in range(MAX_ATTEMPTS):
            before = self._opened_list(identity, signer, at=at)
            known = self._caught_up(before, there, identity, signer, at=at)
            after = _text(renew_list(strict_json.load_object(known), signer, at=at))
            with suppress(ConfigurationError):
                self.store.put_list(url, after, before=before)
                return
        raise _contended()

    def _opened_list(
        self, identity: Identity, signer: Controller, *, at: Instant
    ) -> str:
        """The list of an identity as it is kept; a new one where there is none."""
        url = identity.status_list
        found = self.store.status_list(url)
        if found is None:
            made = _text(new_list(url, "revocation", signer, at=at))
            # Another process may be quicker; then its list is the one that counts.
            with suppress(ConfigurationError):
                self.store.put_list(url, made, before=None)
            found = self._kept_list(url)
        return found

    def _copy_list(
        self, store: ConsentStore, identity: Identity, *, at: Instant
    ) -> None:
        """Put a list into another store, never in place of one that says more."""
        signer = self.identities.controller(identity)
        url = identity.status_list
        for _ in range(MAX_ATTEMPTS):
            # Read in this order: what is there came from here, so that what is here
            # by then is not older, unless this wallet was put back from a copy.
            before = store.status_list(url)
            kept = self._kept_list(url)
            content = self._caught_up(kept, before, identity, signer, at=at)
            with suppress(ConfigurationError):
                if content != kept:
                    self.store.put_list(url, content, before=kept)
                store.put_list(url, content, before=before)
                return
        raise _contended()

    def _caught_up(
        self,
        kept: str,
        there: str | None,
        identity: Identity,
        signer: Controller,
        *,
        at: Instant,
    ) -> str:
        """The list with what others know, and each consent that it takes back noted.

        The note comes first: a list that is joined already tells of nothing that is
        missing, and nobody would look again.
        """
        content = caught_up(kept, there, identity, signer, at=at)
        if content == kept:
            return kept
        gone, after = says_withdrawn(content, identity.status_list), 0
        while page := self.store.page(after=after):
            after = page[-1].number
            for one in page:
                if one.withdrawn is None and gone(one):
                    # Another process may be quicker.
                    with suppress(ConfigurationError):
                        self.store.withdraw(one.credential_id, None, at=at)
        return content

    def _kept_list(self, url: str) -> str:
        found = self.store.status_list(url)
        if found is None:
            raise EvidenceUnavailable("the status list is not kept")
        return found


def _contended() -> ConfigurationError:
    message = "other processes keep changing the status list"
    return ConfigurationError(message, fix="try again when they are done")


def _patient(grant: Grant, to: Granting, identity: Identity) -> str:
    """Whose consent it is: of who signs, of whom they represent, or record for."""
    mandate = grant.representation
    if mandate is None:
        return to.patient or identity.did
    if to.patient not in {None, mandate.of}:
        message = "the mandate is for another patient"
        raise ConfigurationError(message, path="$.representation.of")
    return mandate.of


def _entry(url: str, index: int) -> JsonObject:
    return {
        "id": f"{url}#{index}",
        "type": BITSTRING_ENTRY,
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": url,
    }


def _object(issued: Issued) -> JsonObject:
    if isinstance(issued, dict):
        return issued
    raise ConfigurationError("only a credential with a Data Integrity proof is kept")


def _text(issued: Issued) -> str:
    return strict_json.dumps(_object(issued))
