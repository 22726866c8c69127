"""An evidence bundle: one decision with everything that it stood on, signed.

It is the case written down: what was presented and asked, the consents on file, the
trust registry, the settings that mattered and every byte of evidence, with the decision
that came of it. ``judge`` needs nothing else, so that anybody who has the file can
repeat the decision years later, without a network.

The verifier signs the digests of the members, each for itself, so that a reader can say
which of them was changed. A bundle holds the presentation itself: it is as sensitive as
the record that it was about.

Spec: https://www.rfc-editor.org/rfc/rfc7515, https://www.rfc-editor.org/rfc/rfc8785
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.bundle_parts import (
    bytes_of,
    read_challenge,
    read_contexts,
    read_expectations,
    write_challenge,
    write_contexts,
    write_expectations,
)
from medid.access.bundle_site import (
    read_passport,
    read_policy,
    write_passport,
    write_policy,
)
from medid.access.judge import Case, prejudge
from medid.access.request import AccessRequest
from medid.access.sources import MemoryConsents, read_kept
from medid.core import base64url
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fields import as_object, required, required_str
from medid.core.instant import Instant, system_clock
from medid.core.json import JsonLimits
from medid.core.version import VERSION
from medid.errors import ConfigurationError, MalformedValue, located
from medid.securing.jose.members import SignedForm
from medid.trust import TrustRegistry
from medid.verifying.judging import Judgement
from medid.verifying.opening import open_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.access.bundle_site import RecordedPolicy
    from medid.access.decision import Decision
    from medid.access.site_policy import SitePolicy
    from medid.core.json import JsonObject
    from medid.issuing.controller import Controller
    from medid.keys import PublicKey
    from medid.securing.jose import Jws

# As much as the sealed evidence of a decision may have, and the trust registry with it.
MAX_BUNDLE_BYTES: Final = 100_663_296
MAX_CONSENTS: Final = 1_000  # of one patient; one has a handful

LIMITS: Final = JsonLimits(max_bytes=MAX_BUNDLE_BYTES, max_members=2_000_000)
FORMAT: Final = "medid evidence bundle 1"
TYP: Final = "medid-bundle+json"

_SIGNED: Final = (
    "library",
    "at",
    "presentation",
    "consents",
    "request",
    "trust",
    "expectations",
    "contexts",
    "challenge",
    "evidence",
    "decision",
)
# Only where the verifier took its trust from a source that may change its answer.
_UNTIL: Final = "trustUntil"
# Bundles have it since it is asked for; the key of then is found by it.
_SIGNED_AT: Final = "signedAt"
# Only where the deployer's own code brought them to the case.
_PASSPORT: Final = "passport"
_POLICY: Final = "policy"
FORM: Final = SignedForm(
    name="bundle",
    format=FORMAT,
    typ=TYP,
    signed=_SIGNED,
    optional=(_SIGNED_AT, _UNTIL, _PASSPORT, _POLICY),
    unsigned=("timestamps",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An evidence bundle as it was read; ``check`` says whether it was signed.

    Attributes:
        document: The whole, as JSON. Never modified.
        jws: The signature, of which nothing has been verified.
        decision: What was decided, as an AuthZEN response with every reason.
        library: The version of medid that decided.
        at: As of when it was decided.
        signed_at: When it was signed, by its own word.
        evidence: Everything that others published and that the decision stood on.
        policy: What is said about the site's own policy, where there was one.
    """

    document: JsonObject = field(repr=False, hash=False)
    jws: Jws = field(repr=False)
    decision: JsonObject = field(repr=False, hash=False)
    library: str
    at: Instant
    signed_at: Instant
    evidence: Evidence = field(repr=False)
    policy: RecordedPolicy | None = None

    @property
    def kid(self) -> str:
        """The verification method that is said to have signed it."""
        return required_str(self.jws.header, "kid", "$.signature")

    def check(self, key: PublicKey) -> None:
        """Return if ``key`` signed every member of this bundle.

        Raises:
            InvalidSignature: Another key signed, or a member is not the one signed;
                the path says which.
            WeakCryptography: The algorithm does not fit the key.
            MalformedValue: What was signed are no digests of a bundle's members.
            MethodNotSupported: The cryptography that is installed lacks the algorithm.
        """
        FORM.check(self.document, self.jws, key)


def write(  # noqa: PLR0913 - the parts of a bundle, each by name
    case: Case,
    decision: Decision,
    *,
    presentation: bytes,
    consents: Sequence[bytes] = (),
    policy: SitePolicy | None = None,
    controller: Controller,
    at: Instant | None = None,
) -> JsonObject:
    """The signed bundle of ``case`` and the decision that came of it.

    Args:
        case: What was judged, as ``AccessVerifier.prepare`` gave it.
        decision: What ``judge`` or ``AccessVerifier.conclude`` said about it.
        presentation: The bytes that were presented.
        consents: What the consent source gave for the patient, in its order.
        policy: The site's own policy, for its content; what it said is written down
            anyway.
        controller: The verifier's own key, and the DID that it is under.
        at: When it is signed; the present by default.

    Raises:
        ConfigurationError: The bytes are not those of the case, or the policy is
            another.
        TooLarge: It has more bytes than a bundle may have.
        SignerError: The key store refused, or could not be reached.
    """
    _check_same(case, presentation, consents)
    document: JsonObject = {
        "format": FORMAT,
        "library": VERSION,
        "at": str(case.at),
        _SIGNED_AT: str(at if at is not None else system_clock()),
        "presentation": base64url.encode(presentation),
        "consents": [base64url.encode(one) for one in consents],
        "request": case.request.document,
        "trust": case.trust.document,
        "expectations": write_expectations(case.judgement.expect),
        "contexts": write_contexts(case),
        "challenge": write_challenge(case.challenge),
        "evidence": case.judgement.evidence.as_json(),
        "decision": decision.as_json(),
    }
    if case.trust_until is not None:
        document[_UNTIL] = str(case.trust_until)
    if case.request.passport is not None:
        document[_PASSPORT] = write_passport(case.request.passport)
    if case.policy is not None:
        found = prejudge(case)
        document[_POLICY] = write_policy(found, decision, case.policy, policy)
    # Read back, so that what is signed is what a reader will find.
    copy = as_object(strict_json.loads(strict_json.dumps(document), limits=LIMITS), "$")
    copy["signature"] = FORM.sign(
        copy, controller.signer, kid=controller.verification_method
    )
    return copy


def read(data: bytes | str) -> Bundle:
    """The bundle in ``data``. Nothing is verified: see ``Bundle.check``.

    Raises:
        TooLarge: It has more bytes or members than a bundle may have.
        ParsingError: Not strict JSON, or the signature is no JWS.
        MalformedValue: A member is missing, unknown or of another form.
        MedidError: As ``securing.jose.parse_compact`` raises.
    """
    document = as_object(strict_json.loads(data, limits=LIMITS), "$")
    jws = FORM.read(document)
    with located("$.evidence"):
        evidence = Evidence.from_json(document["evidence"])
    return Bundle(
        document=document,
        jws=jws,
        decision=required(document, "decision", dict, "$"),
        library=required_str(document, "library", "$"),
        at=_instant(document, "at"),
        signed_at=_instant(document, _SIGNED_AT if _SIGNED_AT in document else "at"),
        evidence=evidence,
        policy=read_policy(document[_POLICY]) if _POLICY in document else None,
    )


def case_of(bundle: Bundle) -> Case:
    """The case that ``bundle`` writes down, ready for ``judge``.

    Raises:
        EvidenceUnavailable: A context is not in this version of medid, or is another.
        MedidError: A member is not of its form.
    """
    document = bundle.document
    with located("$.presentation"):
        presented = open_document(bytes_of(document["presentation"], "$"))
    with located("$.request"):
        request = AccessRequest.from_json(required(document, "request", dict, "$"))
    if _PASSPORT in document:
        request = request.with_passport(read_passport(document[_PASSPORT]))
    with located("$.trust"):
        trust = TrustRegistry.from_json(required(document, "trust", dict, "$"))
    credentials, records = read_kept(
        MemoryConsents({request.patient: _consents(document)}), request.patient
    )
    judgement = Judgement(
        at=bundle.at,
        contexts=read_contexts(required(document, "contexts", dict, "$")),
        evidence=bundle.evidence,
        trust=trust,
        expect=read_expectations(required(document, "expectations", dict, "$")),
    )
    return Case(
        presented=presented,
        request=request,
        judgement=judgement,
        trust=trust,
        kept=credentials,
        records=records,
        challenge=read_challenge(document["challenge"]),
        policy=None if bundle.policy is None else bundle.policy.digest,
        trust_until=_instant(document, _UNTIL) if _UNTIL in document else None,
    )


def _instant(document: JsonObject, name: str) -> Instant:
    return Instant.parse(required_str(document, name, "$"), path=f"$.{name}")


def _consents(document: JsonObject) -> list[bytes]:
    found = required(document, "consents", list, "$")
    if len(found) > MAX_CONSENTS:
        raise MalformedValue(f"at most {MAX_CONSENTS} consents", path="$.consents")
    return [bytes_of(one, f"$.consents[{place}]") for place, one in enumerate(found)]


def _check_same(case: Case, presentation: bytes, consents: Sequence[bytes]) -> None:
    """Return if the bytes are those that the case was made of.

    Raises:
        ConfigurationError: They are not.
    """
    patient = case.request.patient
    kept, records = read_kept(MemoryConsents({patient: tuple(consents)}), patient)
    same = (
        open_document(presentation).digest == case.presented.digest
        and [one.digest for one in kept] == [one.digest for one in case.kept]
        and records == case.records
    )
    if not same:
        message = "these are not the bytes that were decided on"
        fix = "give the presentation and consents as the verifier got them"
        raise ConfigurationError(message, fix=fix)
