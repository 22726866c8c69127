"""Valid presentations, JWTs and SD-JWTs: all are accepted."""

from __future__ import annotations

from typing import Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    BOARD_384,
    CANARIES,
    DOCTOR,
    NONCE,
    PATIENT,
    did_document,
    enveloped,
    license_draft,
    plain,
    presentation,
    presented,
)
from tests.attacks.groups.valid import accepted
from tests.attacks.honest import KeyKind, Party, b64, proof_set, signed, signed_rdfc
from tests.attacks.lists import LIST, entry, status_list, with_status
from tests.attacks.tokens import (
    AUDIENCE,
    NOW_SECONDS,
    VCT,
    bound,
    compact,
    digest,
    disclosure,
    disclosures,
    header,
    sd_claims,
    sd_jwt,
    vc_jwt,
    vp_jwt,
)

_BOTH: Final = ("--challenge", NONCE, "--domain", "hospital.example")
_HOLDER: Final = (*_BOTH, "--require-holder-binding")
_ARGS: Final = ("--nonce", NONCE, "--audience", AUDIENCE, "--require-key-binding")


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="valid-token", canaries=CANARIES)
    _presentations(group)
    _jwts(group)
    _sd_jwts(group)
    _bindings(group)
    return group.made


def _presentations(group: Group) -> None:
    one = signed(plain(), BOARD)
    two = signed_rdfc(license_draft(), BOARD)
    accepted(group, "presentation-one", presented(one), args=_BOTH)
    accepted(group, "presentation-two", presented(one, two), args=_BOTH)
    accepted(group, "presentation-bound", presented(one, two), args=_HOLDER)
    accepted(group, "presentation-not-asked", presented(one))
    single = {**presentation(one), "verifiableCredential": one}
    options = {"proofPurpose": "authentication", "challenge": NONCE}
    domain = {"domain": "hospital.example"}
    accepted(
        group,
        "presentation-single",
        signed(single, DOCTOR, **options, **domain),
        args=_BOTH,
    )
    rdfc = signed_rdfc(presentation(one), DOCTOR, **options, **domain)
    accepted(group, "presentation-rdfc", rdfc, args=_BOTH)
    holder = {**presentation(one), "holder": {"id": DOCTOR.did, "name": "Dr"}}
    accepted(
        group,
        "presentation-holder-object",
        signed(holder, DOCTOR, **options, **domain),
        args=_BOTH,
    )
    named = {**presentation(one), "id": "urn:uuid:22222222-2222-4222-8222-222222222222"}
    accepted(
        group, "presentation-id", signed(named, DOCTOR, **options, **domain), args=_BOTH
    )
    array = presented(one, domain=["hospital.example"])
    accepted(group, "presentation-domain-array", array, args=_BOTH)
    envelope = enveloped(vc_jwt(plain()))
    accepted(group, "presentation-enveloped", presented(envelope), args=_BOTH)
    accepted(group, "presentation-mixed", presented(one, envelope, two), args=_BOTH)
    accepted(group, "presentation-enveloped-bound", presented(envelope), args=_HOLDER)
    many = [signed(plain(id=f"urn:x:{n}"), BOARD) for n in range(32)]
    accepted(group, "presentation-32", presented(*many), args=_BOTH)
    status = with_status(entry())
    accepted(
        group,
        "presentation-status",
        presented(status),
        args=_BOTH,
        documents={LIST: status_list()},
    )
    pair = proof_set(presentation(one), DOCTOR, DOCTOR, **options, **domain)
    accepted(group, "presentation-two-proofs", pair, args=_BOTH)
    web = "did:web:doctor.example"
    by_web = signed(
        presentation(one, holder=web),
        DOCTOR,
        verificationMethod=f"{web}#key-1",
        **options,
        **domain,
    )
    url = "https://doctor.example/.well-known/did.json"
    accepted(
        group,
        "presentation-did-web",
        by_web,
        args=_BOTH,
        documents={url: did_document(web, DOCTOR)},
    )
    claims = {**presentation(one), "nonce": NONCE, "aud": AUDIENCE}
    args = ("--nonce", NONCE, "--audience", AUDIENCE)
    accepted(group, "presentation-jwt", vp_jwt(claims), args=args)
    accepted(
        group,
        "presentation-jwt-audiences",
        vp_jwt({**claims, "aud": [AUDIENCE]}),
        args=args,
    )
    wrapped = enveloped(vp_jwt(claims), "application/vp+jwt")
    wrapped["type"] = "EnvelopedVerifiablePresentation"
    accepted(group, "presentation-envelope", wrapped, args=args)
    inside = {**claims, "verifiableCredential": [envelope]}
    accepted(group, "presentation-jwt-enveloped", vp_jwt(inside), args=args)
    accepted(
        group, "presentation-jwt-iss", vp_jwt({**claims, "iss": DOCTOR.did}), args=args
    )


def _jwts(group: Group) -> None:
    for party in (BOARD, BOARD_256, BOARD_384):
        name = party.kind.lower()
        accepted(group, f"jwt-{name}", vc_jwt(plain(party.did), party))
        own = party.did_jwk
        token = vc_jwt(plain(own), party, kid=f"{own}#0")
        accepted(group, f"jwt-did-jwk-{name}", token)
    for party in (BOARD_256, BOARD_384):
        head = compact(header(party))
        body = compact(plain(party.did))
        signing_input = f"{b64(head)}.{b64(body)}"
        for high in (True, False):
            signature = party.sign(signing_input.encode(), high_s=high)
            label = f"jwt-{party.kind.lower()}-{'high' if high else 'low'}-s"
            accepted(group, label, f"{signing_input}.{b64(signature)}")
    members: dict[str, Doc] = {
        "kid-missing": {"kid": None},
        "kid-relative": {"kid": f"#{BOARD.multikey}"},
        "cty": {"cty": "vc"},
        "fully-specified": {"alg": "Ed25519"},
        "iss-header": {"iss": BOARD.did},
        "unknown-member": {"x-trace": "abc"},
    }
    for name, extra in members.items():
        accepted(group, f"jwt-header-{name}", vc_jwt(plain(), **extra))
    claims: dict[str, Doc] = {
        "iss": {"iss": BOARD.did},
        "exp": {"exp": NOW_SECONDS + 1},
        "exp-float": {"exp": NOW_SECONDS + 0.5},
        "nbf-now": {"nbf": NOW_SECONDS},
        "iat": {"iat": NOW_SECONDS - 60},
        "issuer-object": {"issuer": {"id": BOARD.did, "name": "Board"}},
    }
    for name, extra in claims.items():
        accepted(group, f"jwt-claim-{name}", vc_jwt({**plain(), **extra}))
    accepted(group, "jwt-license", vc_jwt(license_draft()))
    listed = vc_jwt(plain(credentialStatus=entry()))
    accepted(group, "jwt-status", listed, documents={LIST: status_list()})
    bare = enveloped(vc_jwt(plain()))
    accepted(group, "jwt-enveloped", bare)


def _sd_jwts(group: Group) -> None:
    one, two = disclosures()
    claims = sd_claims(one, two)
    accepted(group, "sd-all", sd_jwt(claims, one, two))
    accepted(group, "sd-one", sd_jwt(claims, one))
    accepted(group, "sd-none", sd_jwt(claims))
    accepted(group, "sd-other-order", sd_jwt(claims, two, one))
    accepted(group, "sd-vct", sd_jwt(claims, one), args=("--vct", VCT))
    accepted(group, "sd-no-alg", sd_jwt(sd_claims(one, _sd_alg=None), one))
    decoys = [digest(f"decoy {n}") for n in range(5)]
    with_decoys = sd_claims(one, _sd=sorted([digest(one), *decoys]))
    accepted(group, "sd-decoys", sd_jwt(with_decoys, one))
    accepted(group, "sd-only-decoys", sd_jwt(sd_claims(_sd=decoys)))
    accepted(group, "sd-empty", sd_jwt(sd_claims(_sd=[])))
    accepted(group, "sd-no-disclosables", sd_jwt(sd_claims(_sd=None, _sd_alg=None)))
    element = disclosure(None, "surgeon")
    array = sd_claims(
        one, roles=["nurse", {"...": digest(element)}, {"...": decoys[0]}]
    )
    accepted(group, "sd-array-shown", sd_jwt(array, element))
    accepted(group, "sd-array-hidden", sd_jwt(array))
    inner = disclosure("street", "Main")
    outer = disclosure("address", {"_sd": [digest(inner)], "country": "US"})
    nested = sd_claims(outer)
    accepted(group, "sd-nested-both", sd_jwt(nested, outer, inner))
    accepted(group, "sd-nested-both-reversed", sd_jwt(nested, inner, outer))
    accepted(group, "sd-nested-outer", sd_jwt(nested, outer))
    structured = sd_claims(address={"_sd": [digest(inner)], "country": "US"})
    accepted(group, "sd-structured", sd_jwt(structured, inner))
    for name, value in {
        "object": {"a": [1, {"b": None}]},
        "null": None,
        "false": False,
        "empty": "",
    }.items():
        text = disclosure("value", value)
        accepted(group, f"sd-value-{name}", sd_jwt(sd_claims(text), text))
    for party in (BOARD_256, BOARD_384):
        text = sd_jwt(sd_claims(one, iss=party.did), one, party=party)
        accepted(group, f"sd-{party.kind.lower()}", text)
    spaced = b64(b'[ "salt" , "given_name" , "X" ]')
    accepted(group, "sd-disclosure-spaces", sd_jwt(sd_claims(spaced), spaced))
    accepted(group, "sd-legacy-typ", sd_jwt(claims, one, typ="vc+sd-jwt"))
    accepted(group, "sd-kid-missing", sd_jwt(claims, one, kid=None))
    accepted(group, "sd-no-exp", sd_jwt(sd_claims(one, exp=None), one))


def _bindings(group: Group) -> None:
    one, two = disclosures()
    text = sd_jwt(sd_claims(one, two), one)
    accepted(group, "binding", bound(text), args=_ARGS)
    accepted(group, "binding-not-asked", bound(text))
    accepted(group, "binding-none-shown", bound(sd_jwt(sd_claims(one))), args=_ARGS)
    kinds: tuple[KeyKind, ...] = ("P-256", "P-384")
    for kind in kinds:
        holder = Party(f"holder {kind}", kind)
        own = sd_jwt(sd_claims(one, cnf={"jwk": holder.jwk}), one)
        accepted(group, f"binding-{kind.lower()}", bound(own, holder), args=_ARGS)
    recent = bound(text, iat=NOW_SECONDS - 30)
    accepted(group, "binding-30-seconds-old", recent, args=_ARGS)
    patient = sd_jwt(sd_claims(one, cnf={"jwk": PATIENT.jwk}), one)
    accepted(group, "binding-patient", bound(patient, PATIENT), args=_ARGS)
