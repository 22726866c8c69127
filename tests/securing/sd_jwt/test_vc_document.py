"""VCDM documents as SD-JWTs: what they are, and what nobody may keep back."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.errors import (
    HolderBindingError,
    InvalidKey,
    MalformedProof,
    MalformedValue,
    MedidError,
    ProofGenerationError,
)
from medid.securing import jose
from medid.securing.sd_jwt import issue, parse, present, verify_key_binding
from medid.securing.sd_jwt.vc_document import ALWAYS_DISCLOSED
from tests.keys.strategies import seeded
from tests.securing.sd_jwt.tokens import (
    AT,
    AUDIENCE,
    HOLDER,
    ISSUER,
    NONCE,
    NOW,
    bound,
    claims,
    digest,
    disclosure,
    key_binding,
    sd_jwt,
)
from tests.support import examples

V2: Final = "https://www.w3.org/ns/credentials/v2"
BOARD: Final = "did:example:board"
DOCTOR: Final = "did:example:doctor"
WARD: Final = disclosure("ward", "North")
DEPARTMENT: Final = disclosure("department", "Surgery")
SUBJECT: Final[dict[str, Any]] = {"id": DOCTOR, "_sd": [digest(WARD)]}
VCT: Final = "https://credentials.example/license"


def credential(**changes: Any) -> dict[str, Any]:
    """A payload whose subject has one hidden claim; ``None`` removes a member."""
    draft = {
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "issuer": BOARD,
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": SUBJECT,
        **changes,
    }
    return {name: value for name, value in draft.items() if value is not None}


def presentation(**changes: Any) -> dict[str, Any]:
    draft = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": DOCTOR,
        "verifiableCredential": [{"id": "data:application/vc+jwt,x"}],
        **changes,
    }
    return {name: value for name, value in draft.items() if value is not None}


def vc(payload: Any, *shown: str, **header: Any) -> str:
    return sd_jwt(payload, *shown, **{"typ": "vc+sd-jwt", **header})


def vp(payload: Any, *shown: str, **header: Any) -> str:
    return sd_jwt(payload, *shown, **{"typ": "vp+sd-jwt", **header})


def read(text: str) -> Any:
    return parse(text, profile="credential")


def test_the_document_is_the_payload_with_its_disclosures() -> None:
    parsed = read(vc(credential(), WARD))
    jose.verify(parsed.jws, ISSUER.public_key)
    assert parsed.is_document
    assert parsed.withheld == frozenset()
    shown = {"id": DOCTOR, "ward": "North"}
    assert parsed.claims == credential(credentialSubject=shown)


def test_a_claim_of_the_subject_may_be_withheld() -> None:
    parsed = read(vc(credential()))
    assert parsed.claims == credential(credentialSubject={"id": DOCTOR})
    assert parsed.withheld == {("credentialSubject",)}


@pytest.mark.parametrize(
    "changes",
    [
        {"credentialSubject": {"ward": {"_sd": [digest(WARD)]}}},
        {"credentialSubject": {"id": DOCTOR, "wards": [{"...": digest(WARD)}]}},
        {"credentialSubject": [{"_sd": [digest(WARD)]}, {"id": DOCTOR}]},
        {"evidence": [{"...": digest(DEPARTMENT)}, {"type": "x"}]},
        {"evidence": {"type": "x", "_sd": [digest(DEPARTMENT)]}},
        {"credentialSubject": {"_sd": [digest(WARD), digest(DEPARTMENT)]}},
    ],
)
def test_so_may_a_part_of_one_and_of_evidence(changes: dict[str, Any]) -> None:
    assert read(vc(credential(**changes))).withheld


@pytest.mark.parametrize(
    "disclosable", [["/evidence/0"], ["/evidence/0", "/evidence/1"]]
)
def test_evidence_that_is_withheld_as_a_whole_is_not_there(
    disclosable: list[str],
) -> None:
    evidence: list[Any] = [{"type": "x"}, {"type": "y"}][: len(disclosable)]
    text = issued({**DRAFT, "evidence": evidence}, *disclosable)
    parsed = read(present(text, disclose=[]))
    assert "evidence" not in parsed.claims
    assert parsed.withheld == {("evidence", n) for n in range(len(disclosable))}
    shown = read(present(text, disclose=disclosable[:1]))
    assert shown.claims["evidence"] == evidence[:1]
    stated = read(vc(credential(evidence=[])))
    assert stated.claims["evidence"] == []


# What it is


@pytest.mark.parametrize(
    ("typ", "is_document"),
    [("vc+sd-jwt", True), ("application/vc+sd-jwt", True), ("VC+SD-JWT", True)],
)
def test_the_same_typ_is_that_of_either(typ: str, *, is_document: bool) -> None:
    assert read(vc(credential(), typ=typ)).is_document is is_document
    claims = {"iss": BOARD, "vct": VCT}
    parsed = read(vc(claims, typ=typ))
    assert not parsed.is_document
    assert parsed.claims == claims


def test_the_typ_of_claims_is_that_of_claims_alone() -> None:
    claims = {"iss": BOARD, "vct": VCT, "@context": [V2], "type": ["x"]}
    parsed = read(sd_jwt(claims, typ="dc+sd-jwt"))
    assert not parsed.is_document
    with pytest.raises(MalformedValue) as caught:
        read(sd_jwt(credential(), typ="dc+sd-jwt"))
    assert caught.value.path == "$.iss"


HIDDEN_VCT: Final = disclosure("vct", VCT)


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (credential(vct=VCT), []),
        (credential(vct=""), []),
        (credential(_sd=[digest(HIDDEN_VCT)]), [HIDDEN_VCT]),
        ({"iss": BOARD, "vct": VCT, "@context": [V2], "type": "x"}, []),
        (credential(**{"@context": None}), []),
        (credential(type=None), []),
        ({"iss": BOARD}, []),
        ({}, []),
    ],
)
def test_what_could_be_both_or_neither_is_refused(
    payload: dict[str, Any], shown: list[str]
) -> None:
    with pytest.raises(MalformedProof) as caught:
        read(vc(payload, *shown))
    assert caught.value.path == "$.vct"


def test_a_presentation_is_never_a_set_of_claims() -> None:
    assert read(vp(presentation())).is_document
    with pytest.raises(MalformedProof) as caught:
        read(vp({"iss": BOARD, "vct": VCT}))
    assert caught.value.path == "$.vct"


@pytest.mark.parametrize(
    "typ", [None, "JWT", "vc+jwt", "kb+jwt", "sd-jwt", "vc+sd_jwt"]
)
def test_other_types_are_refused(typ: str | None) -> None:
    for payload in (credential(), {"iss": BOARD, "vct": VCT}):
        with pytest.raises(MalformedProof) as caught:
            read(sd_jwt(payload, typ=typ))
        assert caught.value.path == "$.typ"


@pytest.mark.parametrize("cty", ["vc", "VC", "application/vc"])
def test_the_content_type_of_a_credential(cty: str) -> None:
    assert read(vc(credential(), cty=cty)).is_document


@pytest.mark.parametrize(
    "text",
    [
        vc(credential(), cty="vp"),
        vc(credential(), cty="JWT"),
        vp(presentation(), cty="vc"),
    ],
)
def test_another_content_type_is_refused(text: str) -> None:
    with pytest.raises(MalformedProof) as caught:
        read(text)
    assert caught.value.path == "$.cty"


def test_the_typ_of_a_presentation_is_not_that_of_claims() -> None:
    with pytest.raises(MalformedProof) as caught:
        parse(sd_jwt(claims(), typ="vp+sd-jwt"))
    assert caught.value.path == "$.typ"
    with pytest.raises(ProofGenerationError):
        issued(claims(_sd=None), typ="vp+sd-jwt")


def test_the_strict_profile_reads_claims_only() -> None:
    for text in (vc(credential()), vp(presentation())):
        with pytest.raises(MedidError):
            parse(text)
        assert parse(text, profile=None).claims


# What nobody may keep back

VALUES: Final[dict[str, Any]] = {
    **dict.fromkeys(ALWAYS_DISCLOSED, "x"),
    "@context": [V2],
    "type": ["VerifiableCredential"],
    "iss": BOARD,
    "issuer": BOARD,
    "nbf": NOW,
    "exp": NOW,
    "cnf": {"jwk": HOLDER.public_key.to_jwk()},
    "credentialStatus": {"type": "BitstringStatusListEntry"},
    "credentialSubject": {"id": DOCTOR},
    "validUntil": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("is_shown", [True, False])
def test_what_decides_whether_it_counts_is_not_left_to_the_holder(
    name: str, *, is_shown: bool
) -> None:
    hidden = disclosure(name, VALUES[name])
    payload = credential(**{name: None, "_sd": [digest(hidden)]})
    with pytest.raises(MedidError) as caught:
        read(vc(payload, *([hidden] if is_shown else [])))
    assert caught.value.code in {"PROOF_VERIFICATION_ERROR", "MALFORMED_VALUE_ERROR"}


@pytest.mark.parametrize("name", ["cnf", "credentialStatus", "issuer", "termsOfUse"])
@pytest.mark.parametrize("is_shown", [True, False])
def test_nor_is_a_part_of_it(name: str, *, is_shown: bool) -> None:
    hidden = disclosure("part", "x")
    value = {"id": BOARD, "type": "x", "_sd": [digest(hidden)]}
    for member in (value, [value], [{"...": digest(hidden)}]):
        text = vc(credential(**{name: member}), *([hidden] if is_shown else []))
        with pytest.raises(MedidError):
            read(text)


def test_what_decides_nothing_may_be_disclosed_and_not_withheld() -> None:
    hidden = disclosure("name", "A license")
    payload = credential(_sd=[digest(hidden)])
    assert read(vc(payload, hidden)).claims["name"] == "A license"
    with pytest.raises(MalformedProof, match="withheld"):
        read(vc(payload))


def test_a_decoy_beside_the_members_cannot_be_told_from_an_end() -> None:
    with pytest.raises(MalformedProof, match="withheld"):
        read(vc(credential(_sd=[digest("decoy")])))


OTHER: Final = disclosure({"id": "did:example:other"})


def test_a_subject_is_not_hidden_behind_another() -> None:
    both = credential(credentialSubject=[{"id": DOCTOR}, {"...": digest(OTHER)}])
    assert len(read(vc(both, OTHER)).claims["credentialSubject"]) == 2
    with pytest.raises(MalformedProof) as caught:
        read(vc(both))
    assert caught.value.path == "$.credentialSubject"


def test_the_subjects_as_a_whole_are_not_disclosable() -> None:
    hidden = disclosure("credentialSubject", [{"id": DOCTOR}, {"...": digest(OTHER)}])
    payload = credential(credentialSubject=None, _sd=[digest(hidden)])
    for shown in ([hidden], [hidden, OTHER]):
        with pytest.raises(MalformedProof) as caught:
            read(vc(payload, *shown))
        assert caught.value.path == "$.credentialSubject"


# A presentation


def test_what_a_presentation_hides_must_be_shown() -> None:
    hidden = [
        disclosure("holder", DOCTOR),
        disclosure("type", ["VerifiablePresentation"]),
    ]
    digests = [digest(text) for text in hidden]
    payload = presentation(holder=None, type=None, _sd=digests)
    parsed = read(vp(payload, *hidden))
    assert parsed.claims == presentation()
    entry = disclosure({"id": "data:application/vc+jwt,y"})
    listed = presentation(verifiableCredential=[{"...": digest(entry)}])
    assert read(vp(listed, entry)).claims["verifiableCredential"]
    deep = presentation(verifiableCredential=[{"x": {"_sd": [digest(entry)]}}])
    for text in (vp(listed), vp(deep), vp(presentation(_sd=[digest("decoy")]))):
        with pytest.raises(MalformedProof, match="withheld"):
            read(text)


# Registered claims


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "did:example:other"},
        {"iss": BOARD.upper()},
        {"sub": "did:example:other"},
        {"jti": "urn:uuid:other", "id": "urn:uuid:1"},
        {"vc": {}},
        {"vp": None},
        {"exp": True},
        {"exp": "2027-01-01T00:00:00Z"},
        {"iat": "now"},
        {"nbf": "2027-01-01T00:00:00Z"},
    ],
)
def test_claims_that_contradict_or_are_of_another_type(changes: dict[str, Any]) -> None:
    payload = {**credential(), **changes}
    with pytest.raises(MalformedValue):
        read(vc(payload))


def test_a_subject_that_is_withheld_is_contradicted_by_its_claim() -> None:
    hidden = disclosure("id", DOCTOR)
    payload = credential(sub=DOCTOR, credentialSubject={"_sd": [digest(hidden)]})
    assert read(vc(payload, hidden)).registered.subject == DOCTOR
    with pytest.raises(MalformedValue, match="contradicts"):
        read(vc(payload))


def test_a_header_that_contradicts_the_document() -> None:
    assert read(vc(credential(), iss=BOARD)).registered.issuer == BOARD
    with pytest.raises(MalformedValue, match="contradicts"):
        read(vc(credential(), iss="did:example:other"))


@pytest.mark.parametrize("iat", [NOW, "2026-06-15T12:00:00Z"])
def test_when_it_was_issued_may_be_written_as_any_date_of_the_document(
    iat: object,
) -> None:
    found = read(vc(credential(iat=iat, exp=NOW))).registered
    assert found.issued_at == AT
    assert found.window.end == Instant.from_seconds(NOW)


# Binding


def test_a_key_binding_is_that_of_the_key_in_cnf() -> None:
    cnf = {"jwk": HOLDER.public_key.to_jwk()}
    parsed = read(bound(vc(credential(cnf=cnf), WARD)))
    assert parsed.holder_key == HOLDER.public_key
    verify_key_binding(
        parsed,
        parsed.holder_key,
        nonce=NONCE,
        audience=AUDIENCE,
        at=AT,
        max_age_seconds=0,
    )
    with pytest.raises(HolderBindingError):
        read(bound(vc(credential())))
    with pytest.raises(InvalidKey):
        read(vc(credential(cnf={"jwk": {}})))


def test_a_key_binding_brings_no_certificate() -> None:
    text = vc(credential(cnf={"jwk": HOLDER.public_key.to_jwk()}))
    header = {"typ": "kb+jwt", "x5c": ["AA=="]}
    with pytest.raises(MalformedProof) as caught:
        read(text + key_binding(text, header=header))
    assert caught.value.path == "$.kb_jwt.x5c"


# Issuing

DRAFT: Final = credential(
    credentialSubject={"id": DOCTOR, "ward": "North", "rooms": ["1", "2"]},
    evidence=[{"type": "x"}],
)
POINTERS: Final = ["/credentialSubject/ward", "/credentialSubject/rooms/0"]


def issued(draft: dict[str, Any], *pointers: str, typ: str = "vc+sd-jwt") -> str:
    return issue(
        draft,
        ISSUER,
        disclosable=pointers,
        header={"typ": typ},
        holder_key=HOLDER.public_key,
        entropy=seeded(b"salts"),
    )


def test_what_is_issued_is_read_and_presented() -> None:
    text = issued(DRAFT, *POINTERS, "/evidence/0", "/credentialSubject/id")
    cnf = {"jwk": HOLDER.public_key.to_jwk()}
    assert read(text).claims == {**DRAFT, "cnf": cnf}
    shown = present(text, disclose=["/credentialSubject/ward"])
    subject = {"ward": "North", "rooms": ["2"]}
    assert read(shown).claims["credentialSubject"] == subject


@pytest.mark.parametrize(
    "pointer",
    ["/validUntil", "/type", "/@context", "/issuer", "/credentialSubject", "/type/0"],
)
def test_what_would_be_refused_is_not_issued(pointer: str) -> None:
    with pytest.raises(ProofGenerationError):
        issued(DRAFT, pointer)
    with pytest.raises(ProofGenerationError):
        issued({**DRAFT, "vct": VCT})


def test_a_presentation_is_issued_with_what_it_hides() -> None:
    text = issued(presentation(), "/holder", "/verifiableCredential/0", typ="vp+sd-jwt")
    assert read(text).claims["holder"] == DOCTOR
    assert text.count("~") == 3


# Properties

_PLACES: Final = [
    ("credentialSubject", "ward"),
    ("credentialSubject", "id"),
    ("evidence", "0"),
    *((name,) for name in ("validUntil", "type", "issuer", "id", "name", "cnf")),
    ("credentialStatus", "type"),
]


@settings(max_examples=examples(100))
@given(st.sets(st.sampled_from(_PLACES)), st.data())
def test_whatever_is_shown_says_when_it_ends(
    hidden: set[tuple[str, ...]], data: st.DataObject
) -> None:
    """A holder who chooses freely among all disclosures loses no end and no status."""
    draft = credential(
        id="urn:uuid:1",
        name="A license",
        cnf={"jwk": HOLDER.public_key.to_jwk()},
        credentialStatus={"type": "BitstringStatusListEntry", "x": 1},
        credentialSubject={"id": DOCTOR, "ward": "North"},
        evidence=[{"type": "x"}],
    )
    pointers = ["/" + "/".join(place) for place in sorted(hidden)]
    # Issued without the profile, as by an issuer who does not know better.
    text = issue(draft, ISSUER, disclosable=pointers, header={"typ": "example+sd-jwt"})
    token, *disclosures = text.rstrip("~").split("~")
    payload = parse(text, profile=None).jws.payload
    shown = [one for one in disclosures if data.draw(st.booleans())]
    try:
        found = read(vc(payload, *shown)).claims
    except MedidError:
        return
    for name in ("validUntil", "credentialStatus", "type", "issuer", "cnf", "id"):
        assert found[name] == draft[name]
    assert token
