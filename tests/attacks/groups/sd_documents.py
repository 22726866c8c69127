"""VCDM 2.0 documents in SD-JWTs: what is kept back, and from whom."""

from __future__ import annotations

from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    BOARD_384,
    CANARIES,
    DOCTOR,
    NAME,
    NONCE,
    STRANGER,
    license_draft,
    plain,
    presentation,
    presented,
)
from tests.attacks.groups.valid import accepted
from tests.attacks.honest import Party, signed
from tests.attacks.lists import LIST, entry, status_list
from tests.attacks.tokens import (
    AUDIENCE,
    NOW_SECONDS,
    VCT,
    bound,
    digest,
    disclosure,
    sd_claims,
    sd_jwt,
    vc_jwt,
)
from tests.attacks.worlds import V1

_ARGS: Final = ("--nonce", NONCE, "--audience", AUDIENCE)
_BOUND: Final = (*_ARGS, "--require-key-binding")
_HOLDER: Final = (*_BOUND, "--require-holder-binding")
_WARD: Final = disclosure("ward", NAME)


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="sd-document", canaries=CANARIES)
    _valid(group)
    _kinds(group)
    _hidden(group)
    _subjects(group)
    _claims(group)
    _bindings(group)
    _presentations(group)
    _envelopes(group)
    return group.made


def payload(issuer: Any = None, **members: Any) -> Doc:
    """A credential with one hidden claim and a holder; ``None`` removes a member."""
    subject = {"id": DOCTOR.did, "_sd": [digest(_WARD)]}
    draft = {"cnf": {"jwk": DOCTOR.jwk}, "credentialSubject": subject, **members}
    return plain(issuer, **draft)


def vc(document: Doc, *shown: str, party: Party = BOARD, **members: Any) -> str:
    """A credential as an SD-JWT."""
    return sd_jwt(document, *shown, party=party, **{"typ": "vc+sd-jwt", **members})


def vp(*entries: Any, party: Party = DOCTOR, **members: Any) -> str:
    """A presentation as an SD-JWT; ``None`` removes a member."""
    draft = {"nonce": NONCE, "aud": AUDIENCE, **members}
    document = presentation(*entries, holder=party.did, **draft)
    return sd_jwt(document, party=party, typ="vp+sd-jwt")


def _valid(group: Group) -> None:
    for party in (BOARD, BOARD_256, BOARD_384):
        text = vc(payload(party.did), _WARD, party=party)
        accepted(group, f"ok-{party.kind.lower()}", text)
    accepted(group, "ok-withheld", vc(payload()))
    accepted(group, "ok-cty", vc(payload(), _WARD, cty="vc"))
    accepted(group, "ok-bound", bound(vc(payload(), _WARD)), args=_HOLDER)
    accepted(group, "ok-bound-withheld", bound(vc(payload())), args=_HOLDER)
    accepted(group, "ok-plain", vc(plain()))
    accepted(group, "ok-license", vc(license_draft()))
    shown = disclosure("name", "A license")
    named = payload(_sd=[digest(shown)])
    accepted(group, "ok-name-shown", vc(named, shown))
    element = disclosure(None, {"type": "Code", "code": "1"})
    proofs = payload(evidence=[{"...": digest(element)}, {"type": "Evidence"}])
    accepted(group, "ok-evidence", vc(proofs))
    subject = {"id": DOCTOR.did, "wards": [{"...": digest(element)}], "_sd": ["decoy"]}
    accepted(group, "ok-array", vc(payload(credentialSubject=subject)))
    listed = payload(credentialStatus=entry())
    accepted(group, "ok-status", vc(listed), documents={LIST: status_list()})
    fine: dict[str, Any] = {
        "iss": {"iss": BOARD.did},
        "sub": {"sub": DOCTOR.did},
        "exp": {"exp": NOW_SECONDS + 1},
        "iat": {"iat": NOW_SECONDS},
    }
    for name, extra in fine.items():
        accepted(group, f"ok-claim-{name}", vc(payload(**extra), _WARD))
    one = signed(plain(), BOARD)
    accepted(group, "ok-presentation", vp(one), args=_ARGS)
    accepted(
        group, "ok-presentation-credential", vp(_enveloped(vc(payload()))), args=_ARGS
    )
    holder = disclosure("holder", DOCTOR.did)
    hidden = presentation(one, nonce=NONCE, aud=AUDIENCE, _sd=[digest(holder)])
    del hidden["holder"]
    text = sd_jwt(hidden, holder, party=DOCTOR, typ="vp+sd-jwt")
    accepted(group, "ok-presentation-shown", text, args=_ARGS)
    own = vp(one, nonce=None, aud=None, cnf={"jwk": DOCTOR.jwk})
    accepted(group, "ok-presentation-bound", bound(own), args=_BOUND[:4])
    accepted(group, "ok-in-presentation", presented(_enveloped(vc(payload()))))


def _enveloped(text: str, media_type: str = "application/vc+sd-jwt") -> Doc:
    return {
        "@context": plain()["@context"][0],
        "id": f"data:{media_type},{text}",
        "type": "EnvelopedVerifiableCredential",
    }


def _kinds(group: Group) -> None:
    vct = disclosure("vct", VCT)
    context = disclosure("@context", plain()["@context"])
    documents: dict[str, tuple[Doc, tuple[str, ...]]] = {
        "both": (payload(vct=VCT, iss=BOARD.did), ()),
        "both-vct-empty": (payload(vct=""), ()),
        "both-vct-hidden": (payload(_sd=[digest(vct)]), (vct,)),
        "claims-with-context": (
            {**sd_claims(), "@context": [], "type": ["VerifiableCredential"]},
            (),
        ),
        "neither": ({"iss": BOARD.did}, ()),
        "no-context": (payload(**{"@context": None}), ()),
        "no-type": (payload(type=None), ()),
        "context-hidden": (
            payload(**{"@context": None, "_sd": [digest(context)]}),
            (context,),
        ),
        "context-withheld": (payload(**{"@context": None, "_sd": ["x"]}), ()),
        "presentation": (presentation(signed(plain(), BOARD)), ()),
        "vc-claim": (payload(vc=plain()), ()),
        "vp-claim": (payload(vp={}), ()),
        "at-graph": (payload(**{"@graph": []}), ()),
    }
    for name, (document, shown) in documents.items():
        group.add(f"kind-{name}", vc(document, *shown))
    for typ in ("dc+sd-jwt", "JWT", "vc+jwt", "vp+sd-jwt", "sd-jwt", "kb+jwt", None):
        group.add(f"typ-{typ}", vc(payload(), _WARD, typ=typ))
    for cty in ("vp", "JWT", 7):
        group.add(f"cty-{cty}", vc(payload(), cty=cty))
    token = vc(payload(), _WARD).split("~")[0]
    group.add("without-tilde", token)
    group.add("claims-as-presentation", sd_jwt(sd_claims(), typ="vp+sd-jwt"))


_CRITICAL: Final[Doc] = {
    "@context": plain()["@context"],
    "type": ["VerifiableCredential"],
    "issuer": BOARD.did,
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2026-01-02T00:00:00Z",
    "credentialStatus": entry(),
    "credentialSchema": {"id": "https://board.example/s", "type": "JsonSchema"},
    "termsOfUse": {"type": "Terms"},
    "relatedResource": {"id": "https://board.example/r", "digestSRI": "sha256-x"},
    "refreshService": {"type": "Refresh"},
    "cnf": {"jwk": DOCTOR.jwk},
    "iss": BOARD.did,
    "nbf": NOW_SECONDS + 9,
    "exp": NOW_SECONDS - 9,
    "aud": "https://evil.example",
    "status": {"status_list": {"idx": 0, "uri": LIST}},
}


def _hidden(group: Group) -> None:
    for name, value in _CRITICAL.items():
        hidden = disclosure(name, value)
        document = payload(**{name: None, "_sd": [digest(hidden)]})
        group.add(f"hidden-{name}-shown", vc(document, hidden))
        group.add(f"hidden-{name}-withheld", vc(document))
        group.add(f"hidden-{name}-bound", bound(vc(document)), args=_BOUND)
        part = disclosure("part", "x")
        if isinstance(value, dict):
            inside = payload(**{name: {**value, "_sd": [digest(part)]}})
            group.add(f"hidden-{name}-part", vc(inside))
            group.add(f"hidden-{name}-part-shown", vc(inside, part))
    group.add("decoy-at-root", vc(payload(_sd=[digest("decoy")])))
    group.add("name-withheld", vc(payload(_sd=[digest(disclosure("name", "x"))])))


def _subjects(group: Group) -> None:
    other = disclosure(None, {"id": STRANGER.did})
    both = payload(credentialSubject=[{"id": DOCTOR.did}, {"...": digest(other)}])
    group.add("subject-withheld", vc(both))
    group.add("subject-withheld-bound", bound(vc(both)), args=_HOLDER)
    whole = disclosure("credentialSubject", {"id": DOCTOR.did})
    document = payload(credentialSubject=None, _sd=[digest(whole)])
    group.add("subject-whole-shown", vc(document, whole))
    group.add("subject-whole-withheld", vc(document))
    identifier = disclosure("id", STRANGER.did)
    about = payload(credentialSubject={"ward": "x", "_sd": [digest(identifier)]})
    group.add("subject-id-claimed", vc({**about, "sub": DOCTOR.did}, identifier))
    group.add("subject-id-withheld-claimed", vc({**about, "sub": DOCTOR.did}))
    shown = presented(_enveloped(vc(about)), domain=AUDIENCE)
    holder = ("--nonce", NONCE, "--audience", AUDIENCE, "--require-holder-binding")
    group.add("subject-id-withheld-presented", shown, args=holder)


def _claims(group: Group) -> None:
    wrong: dict[str, Any] = {
        "iss-other": {"iss": STRANGER.did},
        "sub-other": {"sub": STRANGER.did},
        "jti-other": {"jti": "urn:x:y"},
        "exp-past": {"exp": NOW_SECONDS},
        "exp-true": {"exp": True},
        "exp-date": {"exp": "2027-01-01T00:00:00Z"},
        "nbf-future": {"nbf": NOW_SECONDS + 1},
        "iat-future": {"iat": NOW_SECONDS + 1},
        "iat-future-date": {"iat": "2026-06-15T12:00:01Z"},
        "iat-text": {"iat": "now"},
        "status-claim": {"status": {"other_list": {"idx": 0, "uri": LIST}}},
        "valid-until-past": {"validUntil": "2026-06-15T12:00:00Z"},
        "context-unknown": {"@context": [*plain()["@context"], "https://evil.example"]},
    }
    for name, extra in wrong.items():
        group.add(f"claim-{name}", vc(payload(**extra), _WARD))
    group.add("stranger", vc(payload(), _WARD, party=STRANGER))
    group.add("stranger-kid", vc(payload(), party=STRANGER, kid=BOARD.method))
    group.add("tampered", vc(payload(), _WARD).replace(".", ".A", 1))
    group.add("disclosure-other", vc(payload(), disclosure("ward", "Mallory")))
    group.add(
        "revoked",
        vc(payload(credentialStatus=entry())),
        documents={LIST: status_list(94_567)},
    )
    group.add(
        "status-absent", vc(payload(credentialStatus=entry())), expect="undecided"
    )
    claimed = {"status": {"status_list": {"idx": 0, "uri": LIST}}}
    group.add("status-claim-absent", vc(payload(**claimed)), expect="undecided")
    cut = disclosure("ttl", 1)
    listed = status_list()
    del listed["proof"]
    listed["credentialSubject"] = {**listed["credentialSubject"], "_sd": [digest(cut)]}
    group.add(
        "status-list-cut",
        vc(payload(credentialStatus=entry())),
        documents={LIST: vc(listed)},
    )


def _bindings(group: Group) -> None:
    text = vc(payload(), _WARD)
    group.add("binding-missing", text, args=_BOUND)
    group.add("binding-missing-nonce-asked", text, args=("--nonce", NONCE))
    group.add("binding-missing-holder-asked", text, args=("--require-holder-binding",))
    group.add("binding-stranger", bound(text, STRANGER), args=_BOUND)
    group.add("binding-stranger-not-asked", bound(text, STRANGER))
    group.add("binding-nonce", bound(text, nonce="canary-nonce-other"), args=_BOUND)
    group.add("binding-aud", bound(text, aud="https://evil.example"), args=_BOUND)
    group.add("binding-hash", bound(text, sd_hash=digest("x")), args=_BOUND)
    group.add("binding-old", bound(text, iat=NOW_SECONDS - 86_400), args=_BOUND)
    group.add("binding-no-cnf", bound(vc(payload(cnf=None))), args=_BOUND)
    more = bound(vc(payload())).split("~")[-1]
    group.add("binding-of-fewer", text + more, args=_BOUND)
    group.add("vct-asked", text, args=("--vct", VCT))
    key = {"alg": "EdDSA", "typ": "kb+jwt", "x5c": ["MIIB"]}
    group.add("binding-certificate", bound(text, head=key), args=_BOUND)


def _presentations(group: Group) -> None:
    one = signed(plain(), BOARD)
    wrong: dict[str, Any] = {
        "nonce-other": {"nonce": "canary-nonce-other"},
        "nonce-missing": {"nonce": None},
        "aud-other": {"aud": "https://evil.example"},
        "aud-two": {"aud": [AUDIENCE, "https://evil.example"]},
        "iss-other": {"iss": STRANGER.did},
        "exp-past": {"exp": NOW_SECONDS},
        "vct": {"vct": VCT},
    }
    for name, extra in wrong.items():
        group.add(f"presentation-{name}", vp(one, **extra), args=_ARGS)
    hidden = disclosure(None, _enveloped(vc_jwt(plain())))
    listed = vp(one, {"...": digest(hidden)})
    group.add("presentation-credential-withheld", listed, args=_ARGS)
    group.add("presentation-withheld", vp(one, _sd=[digest("x")]), args=_ARGS)
    nonce = disclosure("nonce", NONCE)
    answered = vp(one, nonce=None, _sd=[digest(nonce)])
    group.add("presentation-nonce-withheld", answered, args=_ARGS)
    own = vp(one, nonce="canary-nonce-old", cnf={"jwk": DOCTOR.jwk})
    group.add("presentation-binding-other-nonce", bound(own), args=_ARGS)
    mine = vp(one, cnf={"jwk": DOCTOR.jwk})
    group.add("presentation-binding-stranger", bound(mine, STRANGER))
    group.add("presentation-binding-no-cnf", bound(vp(one)))
    stolen = sd_jwt(
        presentation(one, nonce=NONCE, aud=AUDIENCE), party=STRANGER, typ="vp+sd-jwt"
    )
    group.add("presentation-signed-by-another", stolen, args=_ARGS)
    group.add("presentation-unsecured-credential", vp(plain()), args=_ARGS)
    older = presentation(one, **{"@context": [V1], "nonce": NONCE, "aud": AUDIENCE})
    group.add(
        "presentation-as-credential", sd_jwt(older, party=DOCTOR, typ="vc+sd-jwt")
    )


def _envelopes(group: Group) -> None:
    document, claims = vc(payload(), _WARD), sd_jwt(sd_claims())
    shown = vp(signed(plain(), BOARD))
    for name, (text, media) in {
        "document-as-claims": (document, "application/dc+sd-jwt"),
        "claims-as-document": (claims, "application/vc+sd-jwt"),
        "document-as-jwt": (document, "application/vc+jwt"),
        "jwt-as-document": (vc_jwt(plain()), "application/vc+sd-jwt"),
        "presentation-as-document": (shown, "application/vc+sd-jwt"),
        "presentation-as-itself": (shown, "application/vp+sd-jwt"),
    }.items():
        expect: Any = "not-verified" if name.endswith("itself") else "refused"
        group.add(f"envelope-{name}", _enveloped(text, media), expect=expect)
        inside = presented(_enveloped(text, media))
        group.add(f"envelope-{name}-presented", inside, expect=expect)
