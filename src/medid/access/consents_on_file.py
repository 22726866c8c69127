"""The consents on file for one patient, verified and read into facts.

Whatever is on file and cannot be read may be a refusal, so it is never passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.access.facts import read_facts
from medid.access.sources import MemoryConsents, read_kept
from medid.errors import EvidenceUnavailable
from medid.verifying.credential import judge_credential

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.access.consent_types import ConsentFacts
    from medid.core.json import JsonValue
    from medid.trust import TrustRegistry
    from medid.verifying.judging import Judgement
    from medid.verifying.opening import Secured


def verified_consents(
    credentials: Sequence[Secured],
    records: Sequence[Mapping[str, JsonValue]],
    *,
    judgement: Judgement,
    trust: TrustRegistry,
) -> tuple[ConsentFacts, ...]:
    """The facts of what is on file, as far as verification found.

    Raises:
        EvidenceUnavailable: A consent on file cannot be read.
    """
    verdicts = [judge_credential(one, judgement) for one in credentials]
    facts = read_facts(
        verdicts,
        kept=[dict(one) for one in records],
        trust=trust,
        judgement=judgement,
    )
    for found in facts.unreadable:
        message = f"a consent on file cannot be read ({found.code})"
        raise EvidenceUnavailable(message, path=found.path or "$")
    return facts.consents


def open_consents(
    patient: str, documents: Sequence[bytes | str | Mapping[str, JsonValue]]
) -> tuple[tuple[Secured, ...], tuple[Mapping[str, JsonValue], ...]]:
    """Consent credentials, opened, and plain FHIR Consents of the custodian's own.

    Raises:
        EvidenceUnavailable: One of them is neither.
    """
    return read_kept(MemoryConsents({patient: documents}), patient)
