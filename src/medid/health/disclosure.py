"""What of a license or consent its holder must not be able to keep back.

A license without its conditions reads like an unconditional one, and a consent without
its status like one that was given. What restricts is therefore shown in every part of
such a credential; a board that uses other software has to see to it itself.

Spec: https://w3id.org/medid/health/v1#PractitionerLicense
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object
from medid.health.support_vocabulary import SUPPORT_CREDENTIALS
from medid.health.vocabulary import CREDENTIALS, LICENSE_CREDENTIAL

if TYPE_CHECKING:
    from medid.credentials import Credential

# The members of PractitionerLicense that take away, and never add, when they are shown.
RESTRICTING: Final = (
    "licenseStatus",
    "statusSince",
    "registrationType",
    "issuedOn",
    "expiresOn",
    "condition",
    "compact",
    "encumbered",
    "privilegeAction",
    "adverseAction",
)


def always_shown(credential: Credential) -> tuple[str, ...]:
    """JSON pointers to what of ``credential`` every part of it has to show.

    Of a license, what restricts it; of the other credentials that medid reads, all
    that they say. A credential of another type is not judged.

    Args:
        credential: Of the shape that its type requires, or a part of it.
    """
    if LICENSE_CREDENTIAL.name in credential.types:
        return tuple(_of_license(credential))
    kinds = (*CREDENTIALS, *SUPPORT_CREDENTIALS)
    if any(kind.name in credential.types for kind in kinds):
        return ("/credentialSubject",)
    return ()


def _of_license(credential: Credential) -> list[str]:
    (subject,) = credential.subjects
    license_ = as_object(subject.claims.get("license"), "$.credentialSubject.license")
    start = "/credentialSubject"
    if isinstance(credential.document["credentialSubject"], list):
        start += "/0"
    return [f"{start}/license/{name}" for name in RESTRICTING if name in license_]
