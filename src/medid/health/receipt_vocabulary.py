"""The words of a consent receipt that is a credential: a third table beside the others.

The receipt itself is JSON of another specification and is signed as it is.

Spec: https://w3id.org/medid/health/receipts/v1, https://www.iso.org/standard/80392.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from medid.health.words import CredentialType, NodeType, Term

RECEIPT_CONTEXT_URL: Final = "https://w3id.org/medid/health/receipts/v1"
RECEIPT_CONTEXT_FILE: Final = (
    Path(__file__).parent / "contexts" / "medid-health-receipts-v1.jsonld"
)
_NAMESPACE: Final = RECEIPT_CONTEXT_URL + "#"

ISO_27560: Final = "iso-27560"
KANTARA: Final = "kantara-1.1"
FORMATS: Final = (ISO_27560, KANTARA)

RECEIPT_NODES: Final = (
    NodeType(
        name="ReceiptHolder",
        iri=_NAMESPACE + "ReceiptHolder",
        doc="The person whose consent the receipt is about",
        terms=(
            Term(
                name="receiptFormat",
                iri=_NAMESPACE + "receiptFormat",
                datatype="code",
                required=True,
                values=FORMATS,
                values_iri=_NAMESPACE,
                doc="The specification whose members the receipt has",
            ),
            Term(
                name="consentReceipt",
                iri=_NAMESPACE + "consentReceipt",
                datatype="json",
                required=True,
                doc="The receipt, as its specification writes it",
            ),
        ),
    ),
)

RECEIPT_CREDENTIAL: Final = CredentialType(
    name="ConsentReceiptCredential",
    subject="ReceiptHolder",
    status_required=False,
    doc="Whoever was given a consent, or gave it, confirms what it was",
    context=RECEIPT_CONTEXT_URL,
)
RECEIPT_CREDENTIALS: Final = (RECEIPT_CREDENTIAL,)
