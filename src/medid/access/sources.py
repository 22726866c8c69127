"""The consent source port: consents that the custodian keeps.

A presenter shows the consents that help. Withdrawals and refusals that were left out
are the reason for this port: what the custodian keeps is read beside what was shown,
and a deny wins wherever it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from medid.access.facts import says_it_is
from medid.core import json as strict_json
from medid.core.arguments import checked_arguments
from medid.errors import EvidenceUnavailable, MalformedValue, Refused, located
from medid.health.references import on_this_server, unversioned
from medid.health.vocabulary import CONSENT_CREDENTIAL
from medid.verifying.opening import open_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.verifying.opening import Secured


class ConsentSource(Protocol):
    """Finds the consents on file for a patient."""

    def consents(self, patient: str) -> Sequence[bytes | str | Mapping[str, JsonValue]]:
        """Every consent on file, withdrawn and expired ones too; empty for none.

        A store that keeps patients of other servers as well, such as
        ``https://ehr.example/fhir/Patient/p-9``, gives theirs too for ``Patient/p-9``:
        whether they are the same cannot be told, and one of them may be a refusal.

        Args:
            patient: A name of the patient: the local reference, such as
                ``Patient/p-9``, or a DID. One that has several is asked for by each.

        Returns:
            Secured consent credentials in any format medid reads, and plain FHIR
            Consents of the custodian's own record.

        Raises:
            Unchecked: The store cannot be read now; nothing is permitted then.
        """


class MemoryConsents:
    """Consents held in memory, by patient reference, of whatever version."""

    @checked_arguments
    def __init__(
        self,
        consents: Mapping[str, Sequence[bytes | str | Mapping[str, JsonValue]]] = (
            MappingProxyType({})
        ),
    ) -> None:
        self._consents: dict[str, list[bytes | str | Mapping[str, JsonValue]]] = {}
        for name, found in consents.items():
            self._consents.setdefault(unversioned(name), []).extend(found)
        self._alike: dict[str, list[str]] = {}
        for name in self._consents:
            if (here := on_this_server(name)) != name:
                self._alike.setdefault(here, []).append(name)

    @checked_arguments
    def consents(self, patient: str) -> Sequence[bytes | str | Mapping[str, JsonValue]]:
        """The consents of ``patient``; empty for none.

        For an id of this server also those of whom another server calls the same: one
        of them may be a refusal of this patient.
        """
        here = unversioned(patient)
        names = (here, *self._alike.get(here, ()))
        return tuple(one for name in names for one in self._consents.get(name, ()))


def read_kept(
    source: ConsentSource | None, *names: str
) -> tuple[tuple[Secured, ...], tuple[JsonObject, ...]]:
    """The custodian's consents: credentials to verify, and its own records.

    Args:
        source: Where they are; ``None`` keeps none.
        names: Of one patient, all of which are asked for.

    Raises:
        Unchecked: The store or what is in it cannot be read.
    """
    credentials: list[Secured] = []
    records: list[JsonObject] = []
    if source is None:
        return (), ()
    with _on_file("$.consents"):
        found = list(_asked_for(source, names))
    for number, consent in enumerate(found):
        with _on_file(f"$.consents[{number}]"):
            record = _own_record(consent)
            if record is not None:
                records.append(record)
            else:
                credentials.append(_kept_credential(consent))
    return tuple(credentials), tuple(records)


def _asked_for(
    source: ConsentSource, names: Sequence[str]
) -> Iterator[bytes | str | Mapping[str, JsonValue]]:
    """What is kept under any of the names, once each.

    Whoever takes it keeps it until the end: objects are known by where they are.
    """
    seen: set[bytes | str | int] = set()
    for name in names:
        found = list(source.consents(name))
        keys = [it if isinstance(it, bytes | str) else id(it) for it in found]
        yield from (it for it, key in zip(found, keys, strict=True) if key not in seen)
        seen.update(keys)


@contextmanager
def _on_file(path: str) -> Iterator[None]:
    """Whatever is on file and cannot be read may be a refusal: nothing is permitted.

    Raises:
        EvidenceUnavailable: What is on file is not readable as a consent.
    """
    try:
        with located(path):
            yield
    except Refused as error:
        message = f"a consent on file cannot be read ({error.code})"
        raise EvidenceUnavailable(message, path=error.path) from error


def _kept_credential(consent: bytes | str | Mapping[str, JsonValue]) -> Secured:
    opened = open_document(consent)
    if not says_it_is(opened, CONSENT_CREDENTIAL):
        message = "what is on file is neither a consent credential nor a FHIR Consent"
        raise MalformedValue(message, path="$.type")
    return opened


def _own_record(consent: object) -> JsonObject | None:
    """The consent itself where it is a plain FHIR Consent; ``None`` where secured."""
    if isinstance(consent, bytes | str):
        text = consent.strip()
        if text[:1] not in (b"{", "{"):
            return None
        value = strict_json.loads(consent)
    elif isinstance(consent, Mapping):
        value = strict_json.check(dict(consent))
    else:
        raise MalformedValue("neither bytes nor text nor a JSON object")
    if not isinstance(value, dict) or value.get("resourceType") != "Consent":
        return None
    return value
