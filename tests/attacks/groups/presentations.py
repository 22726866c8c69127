"""Presentations: replayed, borrowed, unsigned, or with a bad credential inside."""

from __future__ import annotations

from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    NONCE,
    PATIENT,
    STRANGER,
    did_document,
    edited,
    enveloped,
    plain,
    presentation,
    presented,
)
from tests.attacks.honest import Party, make_proof, proof_set, signed, signed_rdfc
from tests.attacks.lists import INDEX, LIST, entry, status_list, with_status
from tests.attacks.tokens import (
    AUDIENCE,
    NOW_SECONDS,
    disclosures,
    sd_claims,
    sd_jwt,
    vc_jwt,
    vp_jwt,
)
from tests.attacks.worlds import EXAMPLES_V2, V2

_CHALLENGE: Final = ("--challenge", NONCE)
_BOTH: Final = (*_CHALLENGE, "--domain", "hospital.example")
_HOLDER: Final = (*_BOTH, "--require-holder-binding")
_WEB: Final = "did:web:doctor.example"
_WEB_URL: Final = "https://doctor.example/.well-known/did.json"


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="presentation", canaries=CANARIES)
    _challenges(group)
    _domains(group)
    _holders(group)
    _bindings(group)
    _inner(group)
    _shapes(group)
    _enveloped(group)
    _tokens(group)
    return group.made


def _good() -> Doc:
    return signed(plain(), BOARD)


def _challenges(group: Group) -> None:
    good = _good()
    values: dict[str, Any] = {
        "other": "canary-nonce-other",
        "missing": None,
        "empty": "",
        "prefix": NONCE[:-1],
        "longer": NONCE + "0",
        "case": NONCE.upper(),
        "space": NONCE + " ",
        "newline": NONCE + "\n",
        "array": [NONCE],
        "array-of-two": ["other", NONCE],
        "number": 7,
        "object": {"challenge": NONCE},
        "zero-width": NONCE + "\u200b",
    }
    for name, challenge in values.items():
        document = presented(good, challenge=challenge)
        group.add(f"challenge-{name}", document, args=_BOTH)
    group.add(
        "challenge-as-nonce", presented(good, challenge=None, nonce=NONCE), args=_BOTH
    )
    elsewhere = presented(good, challenge=None)
    group.add("challenge-outside-proof", {**elsewhere, "challenge": NONCE}, args=_BOTH)
    injected = {**elsewhere, "proof": {**elsewhere["proof"], "challenge": NONCE}}
    group.add("challenge-injected", injected, args=_BOTH)
    draft = presentation(good)
    options = {"proofPurpose": "authentication", "domain": "hospital.example"}
    mixed = [
        make_proof(draft, DOCTOR, challenge="old", **options),
        make_proof(draft, STRANGER, challenge=NONCE, **options),
    ]
    group.add("challenge-in-strangers-proof", {**draft, "proof": mixed}, args=_BOTH)
    on_credential = signed(plain(), BOARD, challenge=NONCE, domain="hospital.example")
    group.add(
        "challenge-in-credential-proof",
        presented(on_credential, challenge="x"),
        args=_BOTH,
    )


def _domains(group: Group) -> None:
    good = _good()
    values: dict[str, Any] = {
        "other": "evil.example",
        "missing": None,
        "empty": "",
        "empty-array": [],
        "suffix": "hospital.example.evil.example",
        "prefix": "evil.hospital.example",
        "case": "HOSPITAL.EXAMPLE",
        "slash": "hospital.example/",
        "https": "https://hospital.example",
        "array-without": ["evil.example", "other.example"],
        "space": "hospital.example ",
        "number": 7,
        "null-inside": ["hospital.example", None],
    }
    for name, domain in values.items():
        group.add(f"domain-{name}", presented(good, domain=domain), args=_BOTH)
    group.add(
        "domain-wanted-only",
        presented(good, domain=None),
        args=("--domain", "hospital.example"),
    )


def _holders(group: Group) -> None:
    good = _good()
    other = signed(
        presentation(good, holder=DOCTOR.did),
        STRANGER,
        proofPurpose="authentication",
        challenge=NONCE,
        domain="hospital.example",
    )
    group.add("holder-other-key", other, args=_BOTH)
    holders: dict[str, Any] = {
        "array": [DOCTOR.did],
        "number": 7,
        "empty": "",
        "empty-object": {},
        "relative": "me",
        "name-only": {"name": "Dr"},
        "fragment": DOCTOR.method,
        "case": DOCTOR.did.upper(),
        "space": DOCTOR.did + " ",
    }
    options = {
        "proofPurpose": "authentication",
        "challenge": NONCE,
        "domain": "hospital.example",
    }
    for name, holder in holders.items():
        draft = {**presentation(good), "holder": holder}
        group.add(f"holder-{name}", signed(draft, DOCTOR, **options), args=_BOTH)
    draft = presentation(good, holder=_WEB)
    document = signed(draft, DOCTOR, verificationMethod=f"{_WEB}#key-1", **options)
    listed = did_document(_WEB, DOCTOR, authentication=None)
    group.add(
        "holder-key-not-for-authentication",
        document,
        args=_BOTH,
        documents={_WEB_URL: listed},
    )
    stranger = did_document(_WEB, STRANGER)
    group.add(
        "holder-key-of-other", document, args=_BOTH, documents={_WEB_URL: stranger}
    )
    group.add("holder-document-absent", document, args=_BOTH, expect="undecided")


def _bindings(group: Group) -> None:
    foreign = signed(plain(credentialSubject={"id": PATIENT.did, "name": "x"}), BOARD)
    none = signed(plain(credentialSubject={"name": "x"}), BOARD)
    two = [{"id": DOCTOR.did, "name": "x"}, {"id": PATIENT.did, "name": "y"}]
    several = signed(plain(credentialSubject=two), BOARD)
    code = "HOLDER_BINDING_ERROR"
    group.add("binding-other-subject", presented(foreign), args=_HOLDER, codes=code)
    group.add("binding-no-subject-id", presented(none), args=_HOLDER, codes=code)
    group.add("binding-one-of-two", presented(several), args=_HOLDER)
    group.add(
        "binding-second-credential",
        presented(_good(), foreign),
        args=_HOLDER,
        codes=code,
    )
    group.add(
        "binding-stolen", presented(_good(), party=STRANGER), args=_HOLDER, codes=code
    )
    group.add("binding-no-credential", presented(), args=_HOLDER)
    case = signed(
        plain(credentialSubject={"id": DOCTOR.did.upper(), "name": "x"}), BOARD
    )
    group.add("binding-case", presented(case), args=_HOLDER)
    fragment = signed(
        plain(credentialSubject={"id": DOCTOR.method, "name": "x"}), BOARD
    )
    group.add("binding-fragment", presented(fragment), args=_HOLDER)
    group.add("binding-bare-credential", _good(), args=("--require-holder-binding",))
    unsigned = presentation(_good())
    group.add("binding-unsigned", unsigned, args=("--require-holder-binding",))


def _inner(group: Group) -> None:
    good = _good()
    broken: dict[str, Any] = {
        "tampered": edited(good, "validUntil", value="2029-01-01T00:00:00Z"),
        "unsigned": plain(),
        "proof-empty": {**plain(), "proof": []},
        "expired": signed(plain(validUntil="2026-01-31T00:00:00Z"), BOARD),
        "not-yet-valid": signed(plain(validFrom="2026-12-01T00:00:00Z"), BOARD),
        "by-stranger": signed(plain(), STRANGER),
        "by-holder": signed(plain(), DOCTOR),
        "undefined-term": signed_rdfc(plain(licenseStatus="active"), BOARD),
        "inline-context": signed({**plain(), "@context": [V2, {"x": "urn:x"}]}, BOARD),
        "no-context": signed(
            {k: v for k, v in plain().items() if k != "@context"}, BOARD
        ),
        "text": "credential",
        "number": 7,
        "null": None,
        "array": [good],
        "empty-object": {},
        "jwt-text": vc_jwt(plain()),
        "reference": {"id": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11"},
        "reference-text": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11",
        "wrong-type": signed(
            plain(**{"@context": [V2, EXAMPLES_V2]}, type=["License"]), BOARD
        ),
        "presentation": presented(good),
        "unsigned-presentation": presentation(good),
    }
    for name, credential in broken.items():
        for place in ("only", "second"):
            inner = (credential,) if place == "only" else (good, credential)
            group.add(
                f"inner-{name}-{place}",
                presented(*inner),
                args=_BOTH,
                why="one bad credential is a bad presentation",
            )
    revoked = with_status(entry())
    group.add(
        "inner-revoked",
        presented(good, revoked),
        args=_BOTH,
        codes="REVOKED",
        documents={LIST: status_list(INDEX)},
    )
    group.add(
        "inner-status-absent", presented(good, revoked), args=_BOTH, expect="undecided"
    )
    many = [signed(plain(id=f"urn:x:{n}"), BOARD) for n in range(33)]
    group.add("inner-33", presented(*many), args=_BOTH, codes="TOO_LARGE")


def _shapes(group: Group) -> None:
    good = _good()
    group.add("unsigned", presentation(good))
    group.add("unsigned-challenge", presentation(good), args=_BOTH)
    group.add("proof-empty", {**presentation(good), "proof": []}, args=_BOTH)
    group.add("proof-null", {**presentation(good), "proof": None}, args=_BOTH)
    group.add("proof-of-credential", {**presentation(good), "proof": good["proof"]})
    options = {"challenge": NONCE, "domain": "hospital.example"}
    for purpose in ("assertionMethod", "capabilityInvocation", "keyAgreement", ""):
        document = presented(good, proofPurpose=purpose)
        group.add(f"purpose-{purpose or 'empty'}", document, args=_BOTH)
    shapes: dict[str, Any] = {
        "text": {"verifiableCredential": "x"},
        "number": {"verifiableCredential": 7},
        "context-missing": {"@context": None},
        "context-other": {"@context": [EXAMPLES_V2]},
        "type-missing": {"type": None},
        "type-other": {"@context": [V2, EXAMPLES_V2], "type": ["Presentation"]},
        "type-credential": {"type": ["VerifiableCredential"]},
        "id-number": {"id": 7},
        "id-two": {"id": ["urn:x:1", "urn:x:2"]},
        "undefined-term": {"license": "x"},
        "verified": {"verified": True},
    }
    for name, members in shapes.items():
        draft = presentation(good, **members)
        document = signed_rdfc(draft, DOCTOR, proofPurpose="authentication", **options)
        group.add(f"shape-{name}", document, args=_BOTH)
    stale = presented(good, created="2026-06-16T12:00:00Z")
    group.add("created-future", stale, args=_BOTH)
    ended = presented(good, expires="2026-06-15T11:00:00Z")
    group.add("expires-past", ended, args=_BOTH)
    draft = presentation(good)
    pair = proof_set(draft, DOCTOR, STRANGER, proofPurpose="authentication", **options)
    pair["proof"][1]["proofValue"] = pair["proof"][0]["proofValue"]
    group.add("set-one-bad", pair, args=_BOTH)


def _enveloped(group: Group) -> None:
    token = vc_jwt(plain())
    head, body, signature = token.split(".")
    broken: dict[str, Any] = {
        "tampered": enveloped(f"{head}.{body[:-2]}AA.{signature}"),
        "signature-cut": enveloped(f"{head}.{body}."),
        "stranger": enveloped(vc_jwt(plain(), STRANGER)),
        "expired": enveloped(vc_jwt(plain(validUntil="2026-01-31T00:00:00Z"))),
        "media-type-json": enveloped(token, "application/json"),
        "media-type-text": enveloped(token, "text/plain"),
        "media-type-none": enveloped(token, ""),
        "media-type-vp": enveloped(token, "application/vp+jwt"),
        "media-type-sd": enveloped(token, "application/vc+sd-jwt"),
        "base64": enveloped(token, "application/vc+jwt;base64"),
        "https": {**enveloped(token), "id": "https://evil.example/credential"},
        "id-missing": {k: v for k, v in enveloped(token).items() if k != "id"},
        "type-missing": {k: v for k, v in enveloped(token).items() if k != "type"},
        "type-credential": {**enveloped(token), "type": "VerifiableCredential"},
        "type-presentation": {
            **enveloped(token),
            "type": "EnvelopedVerifiablePresentation",
        },
        "no-context": {k: v for k, v in enveloped(token).items() if k != "@context"},
        "empty-token": enveloped(""),
        "presentation-inside": enveloped(
            vp_jwt(presentation(_good())), "application/vp+jwt"
        ),
        "spaces": enveloped(" " + token),
        "extra-claims": {**enveloped(token), "credentialSubject": {"id": STRANGER.did}},
    }
    for name, credential in broken.items():
        group.add(
            f"enveloped-{name}",
            presented(credential),
            args=_BOTH,
            expect="not-verified" if name == "https" else "refused",
        )
    group.add("enveloped-bare", enveloped(f"{head}.{body}.{signature[:-4]}AAAA"))


def _tokens(group: Group) -> None:
    args = ("--nonce", NONCE, "--audience", AUDIENCE)
    claims = {**presentation(_good()), "nonce": NONCE, "aud": AUDIENCE}
    variants: dict[str, Doc] = {
        "nonce-other": {**claims, "nonce": "other"},
        "nonce-missing": {k: v for k, v in claims.items() if k != "nonce"},
        "nonce-array": {**claims, "nonce": [NONCE]},
        "audience-other": {**claims, "aud": "https://evil.example"},
        "audience-missing": {k: v for k, v in claims.items() if k != "aud"},
        "audience-empty": {**claims, "aud": []},
        "audience-prefix": {**claims, "aud": AUDIENCE + ".evil.example"},
        "audience-number": {**claims, "aud": 7},
        "holder-other": {**claims, "holder": STRANGER.did},
        "iss-other": {**claims, "iss": STRANGER.did},
        "exp-past": {**claims, "exp": NOW_SECONDS - 1},
        "nbf-future": {**claims, "nbf": NOW_SECONDS + 3600},
        "vp-claim": {**claims, "vp": presentation(_good())},
        "inner-unsigned": {**claims, "verifiableCredential": [plain()]},
    }
    for name, payload in variants.items():
        group.add(f"token-{name}", vp_jwt(payload), args=args)
    group.add("token-stranger", vp_jwt(claims, STRANGER), args=args)
    group.add("token-typ-credential", vp_jwt(claims, typ="vc+jwt"), args=args)
    _enveloped_presentations(group, claims, args)
    other = vp_jwt(claims, Party("twin"), kid=DOCTOR.method)
    group.add("token-kid-of-other", other, args=args)


def _enveloped_presentations(group: Group, claims: Doc, args: tuple[str, ...]) -> None:
    def wrapped(token: str, media_type: str = "application/vp+jwt") -> Doc:
        envelope = enveloped(token, media_type)
        return {**envelope, "type": "EnvelopedVerifiablePresentation"}

    token = vp_jwt(claims)
    shapes: dict[str, Doc] = {
        "nonce-other": wrapped(vp_jwt({**claims, "nonce": "other"})),
        "audience-other": wrapped(vp_jwt({**claims, "aud": "https://evil.example"})),
        "tampered": wrapped(token[:-6] + "AAAAAA"),
        "stranger": wrapped(vp_jwt(claims, STRANGER)),
        "media-type": wrapped(token, "application/vc+jwt"),
        "credential-inside": wrapped(vc_jwt(plain())),
        "type-credential": enveloped(token, "application/vp+jwt"),
        "holder-outside": {**wrapped(token), "holder": STRANGER.did},
        "credential-outside": {**wrapped(token), "verifiableCredential": [plain()]},
    }
    for name, shape in shapes.items():
        group.add(f"envelope-{name}", shape, args=args)
    subject = sd_claims(*disclosures(), sub=PATIENT.did)
    other = enveloped(sd_jwt(subject), "application/dc+sd-jwt")
    group.add("enveloped-sd-jwt-other-subject", presented(other), args=_HOLDER)
    cnf = {"jwk": PATIENT.jwk}
    key = enveloped(sd_jwt(sd_claims(cnf=cnf)), "application/dc+sd-jwt")
    group.add("enveloped-sd-jwt-other-key", presented(key), args=_HOLDER)
    late = enveloped(sd_jwt(sd_claims(exp=NOW_SECONDS - 1)), "application/dc+sd-jwt")
    group.add("enveloped-sd-jwt-expired", presented(late), args=_BOTH)
