"""From a compiled permit to an access token: IHE PCF and IUA, RFC 9396, SMART.

The authorization server puts the members into a token of its own and signs it. Whoever
takes the token shows what its residual leaves and nothing else, carries out the
obligations, and asks medid no more until it ends.

Nothing but a permit makes a token, and a permit that a token cannot say as narrowly as
it is makes none.

Spec: https://profiles.ihe.net/ITI/PCF/other.html#updates-to-iti-71,
https://www.rfc-editor.org/rfc/rfc9396.html#section-7
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.consent_match import ANY_TYPE
from medid.access.consent_scopes import MAX_SCOPES, narrow
from medid.access.consent_types import PROFILE_URI, Obligation
from medid.access.token_residual import full_url, residual
from medid.access.tokens_in import CONSENTED_ACCESS
from medid.errors import ConfigurationError, MalformedValue
from medid.health.codes import NPI

if TYPE_CHECKING:
    from medid.access.compiled import CompiledDecision
    from medid.access.consent_rules import Prepared
    from medid.access.consent_types import ConsentFacts
    from medid.access.judge import Prejudged
    from medid.access.request import AccessRequest
    from medid.access.tokens_in import TokenRequest
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

_LOCAL: Final = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.\-]{1,64}")
# Without "~", which tells consents of one id apart in reasons and names none.
_ABSOLUTE: Final = re.compile(r"(?:https?://|urn:)[!-}]+")
_BASE: Final = re.compile(r"https?://[!-~]*[!-.0-~]")
_SECOND: Final = 1_000_000_000  # nanoseconds
_PATIENT_LEVEL: Final = "patient/"  # the other levels are of more than one patient


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenGrant:
    """What an access token may say, until ``expires`` and no longer.

    Attributes:
        extensions: ``ihe_iua`` with the purposes, ``ihe_pcf`` with what is withheld.
        authorization_details: The same as one object of RFC 9396.
        scope: The SMART scopes that are left; ``None`` where none were asked for.
        expires: The token ends with the decision, or before.
        obligations: What whoever shows data has to do. The token has no member for
            them: an authorization server that cannot see to them gives out no token.
    """

    extensions: JsonObject = field(repr=False, hash=False)
    authorization_details: tuple[JsonObject, ...] = field(repr=False, hash=False)
    scope: str | None
    expires: Instant
    obligations: tuple[Obligation, ...] = ()

    def claims(self) -> JsonObject:
        """The members of a JWT: exp, extensions, authorization_details and scope."""
        claims: JsonObject = {
            # Whole seconds, and never later than the decision.
            "exp": self.expires.nanoseconds // _SECOND,
            "extensions": self.extensions,
            "authorization_details": [*self.authorization_details],
        }
        return claims if self.scope is None else {**claims, "scope": self.scope}


def token_grant(
    compiled: CompiledDecision,
    *,
    at: Instant,
    asked: TokenRequest | None = None,
    base: str | None = None,
) -> TokenGrant:
    """What an access token may say about a compiled permit.

    Args:
        compiled: The decision, as ``AccessVerifier.compile`` made it.
        at: The present.
        asked: The token request it answers; it states the scopes, and has to agree with
            the license that was presented.
        base: The URL of the custodian's FHIR server, for the references of the token.

    Raises:
        ConfigurationError: Not a permit, expired, or one that a token cannot express:
            see ``residual``; a site policy is in force, or no scope is left.
        MalformedValue: The token request is another one, or contradicts the license.
    """
    if at >= compiled.expires:
        message = "the compiled decision has expired: compile it again"
        raise ConfigurationError(message)
    prejudged = compiled.prejudged
    prepared, obligations = _permitted(prejudged)
    if compiled.policy is not None:
        message = "the site's own policy is asked about each resource"
        fix = "ask the compiled decision about each resource instead"
        raise ConfigurationError(message, path="$.policy", fix=fix)
    if asked is not None:
        _check_agrees(prejudged, asked)
    if base is not None and not _BASE.fullmatch(base):
        message = "not an http(s) URL without a slash at its end"
        raise ConfigurationError(message, path="$.base")
    extensions, details = _written(prejudged.case.request, prepared, base)
    if asked is not None:
        details |= _limits(asked)
    return TokenGrant(
        extensions=extensions,
        authorization_details=(details,),
        scope=None if asked is None else _scope(prejudged, prepared, asked.scope),
        expires=compiled.expires,
        obligations=obligations,
    )


def _written(
    request: AccessRequest, prepared: Prepared, base: str | None
) -> tuple[JsonObject, JsonObject]:
    """The permit as extensions, and as authorization details."""
    left = residual(prepared, base=base)
    purposes: list[JsonValue] = [
        {"system": one.system, "code": one.code} for one in sorted(request.purposes)
    ]
    patient = full_url(request.patient, base)
    documents: list[JsonValue] = [_document(left.consent, base)]
    pcf: JsonObject = {"patient_id": patient, "doc_id": documents}
    details: JsonObject = {
        "type": CONSENTED_ACCESS,
        "actions": [request.action],
        "patient": patient,
        "purpose_of_use": purposes,
        "consents": documents,
    }
    if policies := _policies(left.consent):
        pcf["acp"] = policies
    if left.rules:
        pcf["residual"] = details["residual"] = [*left.rules]
    return {"ihe_iua": {"purpose_of_use": purposes}, "ihe_pcf": pcf}, details


def _limits(asked: TokenRequest) -> JsonObject:
    """To what the access is limited: who asks for one resource is not given all."""
    limits: JsonObject = {}
    if asked.datatypes:
        limits["datatypes"] = [*asked.datatypes]
    if asked.identifiers:
        (limits["identifier"],) = asked.identifiers
    return limits


def _permitted(prejudged: Prejudged) -> tuple[Prepared, tuple[Obligation, ...]]:
    """The consents, and what the permit obliges to; some data has to be permitted."""
    license_, prepared = prejudged.license, prejudged.consents
    if (
        prejudged.refused is None
        and license_ is not None
        and license_.decision == "permit"
        and prepared is not None
        and (finding := prepared.check_type(ANY_TYPE))
    ):
        licensed = (Obligation(code, PROFILE_URI) for code in license_.obligations)
        return prepared, (*finding.obligations, *licensed)
    message = "nothing but a permit makes an access token"
    raise ConfigurationError(message, fix="answer the token request with a refusal")


def _check_agrees(prejudged: Prejudged, asked: TokenRequest) -> None:
    if asked.request.document != prejudged.case.request.document:
        message = "the decision is about another request than the token's"
        raise MalformedValue(message)
    facts, stated = prejudged.facts, asked.provider
    if stated is None or facts is None:
        return
    own = facts.identifiers_of(
        prejudged.presenter or "", trust=prejudged.case.trust, at=prejudged.case.at
    )
    if (NPI, stated) not in own:
        message = "the license that was presented shows another identifier, or none"
        path = "$.extensions.ihe_iua.national_provider_identifier"
        raise MalformedValue(message, path=path)


def _scope(prejudged: Prejudged, prepared: Prepared, scope: str | None) -> str | None:
    if scope is None:
        return None
    # What is withheld was worked out for one action and one patient.
    asked = prepared.cases[0].asked
    wanted = scope.split(" ")
    if len(wanted) > MAX_SCOPES:
        raise ConfigurationError("too many scopes", path="$.scope")
    granted = narrow(
        " ".join(one for one in wanted if one.startswith(_PATIENT_LEVEL)),
        prejudged.facts.consents if prejudged.facts is not None else (),
        asked.request,
        asked.settings,
        only=asked.request.action,
    )
    if not granted.scope:
        message = "no scope is left: a token has those of one patient and one action"
        raise ConfigurationError(message, path="$.scope")
    return granted.scope


def _document(consent: ConsentFacts, base: str | None) -> JsonValue:
    if consent.credential is not None and _ABSOLUTE.fullmatch(consent.id):
        return consent.id
    name = consent.resource.get("id")
    if isinstance(name, str) and _LOCAL.fullmatch(f"Consent/{name}"):
        return full_url(f"Consent/{name}", base)
    message = "the consent has no id that a token could name it by"
    raise ConfigurationError(message, path="$.consents")


def _policies(consent: ConsentFacts) -> list[JsonValue]:
    """The URL of each policy; the consent was read, and none of them is judged.

    PCF means the identifier of a privacy policy: R4's ``policy.uri``, or the ``url`` of
    R5's ``policyBasis``. A reference is not a URL, and the code of a law
    (``policyRule``, ``regulatoryBasis``) is no policy: both stay in the consent that
    ``doc_id`` names.
    """
    stated, basis = (consent.resource.get(name) for name in ("policy", "policyBasis"))
    found = stated if isinstance(stated, list) else []
    uris = [one.get("uri") for one in found if isinstance(one, dict)]
    uris += [basis.get("url")] if isinstance(basis, dict) else []
    return [uri for uri in uris if isinstance(uri, str)]
