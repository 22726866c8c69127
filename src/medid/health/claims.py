"""What license and consent have in common around their claims.

Which credential it is, whom it is about, and when it holds, in the two shapes claims
come in: a credential of the VC data model, or the claims of an SD-JWT VC.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#credential-subject,
https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.instant import Instant, Window
from medid.errors import MalformedValue, MissingFact, child
from medid.health.vocabulary import node_type
from medid.securing.sd_jwt.processing import path_of

_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.credentials import Credential
    from medid.health.words import CredentialType
    from medid.securing.sd_jwt import SdJwt
    from medid.securing.sd_jwt.processing import Trail


def only_subject(
    credential: Credential, kind: CredentialType
) -> tuple[JsonObject, str]:
    """The claims of the one subject of a credential of ``kind``, and their path.

    Raises:
        MalformedValue: Another type, or not exactly one subject.
    """
    if kind.name not in credential.types:
        path = child(credential.path, "type")
        raise MalformedValue(f"not a {kind.name}", path=path)
    path = child(credential.path, "credentialSubject")
    if len(credential.subjects) != 1:
        message = f"a {kind.name} has exactly one subject"
        raise MalformedValue(message, path=path)
    if isinstance(credential.document.get("credentialSubject"), list):
        path = child(path, 0)
    return credential.subjects[0].claims, path


def check_vct(claims: JsonObject, kind: CredentialType) -> None:
    """Return if the claims of an SD-JWT VC are of ``kind``.

    Raises:
        MalformedValue: They are of another type, or of none.
    """
    if claims.get("vct") != kind.iri:
        message = f"the type is not that of a {kind.name}"
        raise MalformedValue(message, path="$.vct", fix=f"expected {kind.iri}")


def check_nothing_withheld(sd_jwt: SdJwt, kind: CredentialType) -> None:
    """Return if the holder shows the whole of what a credential of ``kind`` is about.

    A license without its conditions reads like an unconditional one, so a holder may
    keep back identifiers and names, and no part of the license. A decoy digest there
    cannot be told from a claim that was kept back, and refuses as well.

    Raises:
        MissingFact: A digest in a required member has no disclosure.
    """
    subject = _subject_of(sd_jwt)
    for term in node_type(kind.subject).terms:
        place = (*subject, term.name)
        if term.required and any(
            trail[: len(place)] == place for trail in sd_jwt.withheld
        ):
            raise _kept_back(path_of(place))


def check_shown_whole(sd_jwt: SdJwt) -> None:
    """Return if the holder shows the whole credential.

    Who presents a patient's consent is not who gave it, and must not choose from it.

    Raises:
        MissingFact: A digest has no disclosure.
    """
    if sd_jwt.withheld:
        raise _kept_back("$")


def _subject_of(sd_jwt: SdJwt) -> Trail:
    """Where the claims about the subject stand."""
    if not sd_jwt.is_document:
        return ()
    stands_in_array = isinstance(sd_jwt.claims.get("credentialSubject"), list)
    return ("credentialSubject", 0) if stands_in_array else ("credentialSubject",)


def _kept_back(path: str) -> MissingFact:
    return MissingFact(
        "the holder kept back a part of this",
        path=path,
        fix="present the credential with all of its claims disclosed",
    )


def claimed_window(claims: JsonObject) -> Window:
    """The time from ``nbf`` to ``exp``, where they are stated.

    Raises:
        MalformedValue: One of them is not a number of seconds.
    """
    return Window(_seconds(claims, "nbf"), _seconds(claims, "exp"))


def _seconds(claims: JsonObject, name: str) -> Instant | None:
    found: JsonValue = claims.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise MalformedValue("not a number of seconds", path=child("$", name))
    if abs(found) > _LAST_SECOND:
        raise MalformedValue("a time outside the calendar", path=child("$", name))
    return Instant.from_seconds(found)
