"""The consent source port: consents that the custodian keeps.

A presenter shows the consents that help. Withdrawals and refusals that were left out
are the reason for this port: what the custodian keeps is read beside what was shown,
and a deny wins wherever it comes from.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonValue


class ConsentSource(Protocol):
    """Finds the consents on file for a patient."""

    def consents(self, patient: str) -> Sequence[bytes | str | Mapping[str, JsonValue]]:
        """Every consent on file, withdrawn and expired ones too; empty for none.

        Args:
            patient: The local reference of the request, such as ``Patient/p-9``.

        Returns:
            Secured consent credentials in any format medid reads, and plain FHIR
            Consents of the custodian's own record.

        Raises:
            Unchecked: The store cannot be read now; nothing is permitted then.
        """


class MemoryConsents:
    """Consents held in memory, by patient reference."""

    def __init__(
        self,
        consents: Mapping[str, Sequence[bytes | str | Mapping[str, JsonValue]]] = (
            MappingProxyType({})
        ),
    ) -> None:
        self._consents = {name: tuple(found) for name, found in consents.items()}

    def consents(self, patient: str) -> Sequence[bytes | str | Mapping[str, JsonValue]]:
        """The consents of ``patient``; empty for none."""
        return self._consents.get(patient, ())
