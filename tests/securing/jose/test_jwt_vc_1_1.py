"""JWTs of VCDM 1.1: one document comes out, or nothing does."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.instant import Instant, Window
from medid.errors import (
    MalformedProof,
    MalformedValue,
    MedidError,
    ParsingError,
    ProofGenerationError,
)
from medid.keys import KeyKind
from medid.securing.jose import jwt_vc_1_1, read_document, sign_compact, vc_jwt, verify
from tests.keys.strategies import key
from tests.support import examples

BOARD: Final = key(KeyKind.ED25519)
KID: Final = "did:example:board#1"
ISSUER: Final = "did:example:board"
DOCTOR: Final = "did:example:doctor"
ID: Final = "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11"
V1: Final = "https://www.w3.org/2018/credentials/v1"
START: Final = 1_767_225_600  # 2026-01-01T00:00:00Z
END: Final = 1_798_761_600  # 2027-01-01T00:00:00Z

CREDENTIAL: Final[dict[str, Any]] = {
    "@context": [V1],
    "id": ID,
    "type": ["VerifiableCredential"],
    "issuer": ISSUER,
    "issuanceDate": "2026-01-01T00:00:00Z",
    "expirationDate": "2027-01-01T00:00:00Z",
    "credentialSubject": {"id": DOCTOR, "ward": "North"},
}
PRESENTATION: Final[dict[str, Any]] = {
    "@context": [V1],
    "id": ID,
    "type": ["VerifiablePresentation"],
    "holder": DOCTOR,
    "verifiableCredential": ["e30.e30.e30"],
}
CLAIMS: Final[dict[str, Any]] = {
    "iss": ISSUER,
    "jti": ID,
    "sub": DOCTOR,
    "nbf": START,
    "exp": END,
}
# What is left of the credential when its claims stand for its members.
BARE: Final[dict[str, Any]] = {
    "@context": [V1],
    "type": ["VerifiableCredential"],
    "credentialSubject": {"ward": "North"},
}


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def token(payload: Any, **header: Any) -> str:
    """A signed token; ``None`` removes a header member."""
    members = {"kid": KID, "typ": "JWT", **header}
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return sign_compact(
        body, BOARD, {name: v for name, v in members.items() if v is not None}
    )


def vc(content: Any = BARE, **changes: Any) -> dict[str, Any]:
    """The payload of a credential; ``None`` removes a claim."""
    payload = {**CLAIMS, "vc": content, **changes}
    return {name: value for name, value in payload.items() if value is not None}


def merged(content: Any = BARE, **changes: Any) -> dict[str, Any]:
    """The document that comes out."""
    return jwt_vc_1_1.read(token(vc(content, **changes))).document


# One document


def test_members_that_only_claims_say_are_in_the_document() -> None:
    read = jwt_vc_1_1.read(token(vc()))
    verify(read.jws, BOARD.public_key)
    assert read.document == CREDENTIAL
    assert not read.is_presentation
    start, end = (Instant.from_seconds(one) for one in (START, END))
    assert read.registered.window == Window(start, end)


def test_members_that_claims_repeat_are_in_the_document_once() -> None:
    assert merged(CREDENTIAL) == CREDENTIAL


@pytest.mark.parametrize("name", ["iss", "jti", "sub", "nbf", "exp"])
def test_members_without_a_claim_stand_for_themselves(name: str) -> None:
    assert merged(CREDENTIAL, **{name: None}) == CREDENTIAL


def test_claims_that_are_not_made_add_nothing() -> None:
    assert merged(BARE, **dict.fromkeys(CLAIMS)) == BARE


def test_an_object_without_its_id_gets_the_one_that_the_claim_says() -> None:
    issuer = {"name": "Example State Medical Board"}
    assert merged({**BARE, "issuer": issuer})["issuer"] == {**issuer, "id": ISSUER}
    named = {"id": ISSUER, **issuer}
    assert merged({**BARE, "issuer": named})["issuer"] == named
    holder = {**without(PRESENTATION, "id"), "holder": {"name": "Dr"}}
    read = jwt_vc_1_1.read(token({"iss": DOCTOR, "vp": holder})).document
    assert read["holder"] == {"name": "Dr", "id": DOCTOR}


def test_an_array_of_one_subject_stays_one() -> None:
    subject = BARE["credentialSubject"]
    found = merged({**BARE, "credentialSubject": [subject]})["credentialSubject"]
    assert found == [{**subject, "id": DOCTOR}]


def test_a_presentation_is_by_its_issuer() -> None:
    payload = {
        "iss": DOCTOR,
        "jti": ID,
        "aud": "https://gateway.example",
        "nonce": "n",
        "exp": END,
        "vp": without(PRESENTATION, "id", "holder"),
    }
    read = jwt_vc_1_1.read(token(payload))
    assert read.is_presentation
    assert read.document == PRESENTATION
    assert read.registered.audience == ("https://gateway.example",)
    assert read.registered.nonce == "n"


def test_a_subject_that_is_no_object_has_no_claim() -> None:
    for subject in ("x", ["x"], 7):
        document = {**CREDENTIAL, "credentialSubject": subject}
        found = jwt_vc_1_1.read(jwt_vc_1_1.write(document, BOARD, kid=KID, claims={}))
        assert found.document == document
        assert found.registered.subject is None


def test_what_was_signed_is_not_modified() -> None:
    content = copy.deepcopy(BARE)
    merged(content)
    assert content == BARE


# Dates


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1_767_225_600, "2026-01-01T00:00:00Z"),
        (1_767_225_600.0, "2026-01-01T00:00:00Z"),
        (1_767_225_600.5, "2026-01-01T00:00:00.5Z"),
        (1_767_225_600.123, "2026-01-01T00:00:00.123Z"),
        (1_767_225_600.123456, "2026-01-01T00:00:00.123456Z"),
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
    ],
)
def test_a_numeric_date_is_a_date(number: float, text: str) -> None:
    assert merged(BARE, nbf=number)["issuanceDate"] == text
    assert merged(CREDENTIAL | {"issuanceDate": text}, nbf=number)


def test_the_same_instant_may_be_written_in_another_zone() -> None:
    text = "2026-01-01T01:00:00+01:00"
    found = merged({**CREDENTIAL, "issuanceDate": text})
    assert found["issuanceDate"] == text


def test_a_claim_may_leave_out_the_fraction_of_a_second() -> None:
    dates = {
        "issuanceDate": "2026-01-01T00:00:00.999999999Z",
        "expirationDate": "2027-01-01T01:00:00.5+01:00",
    }
    found = merged({**CREDENTIAL, **dates})
    # The later beginning, and the earlier end.
    assert found["issuanceDate"] == dates["issuanceDate"]
    assert found["expirationDate"] == "2027-01-01T00:00:00Z"
    early = {**CREDENTIAL, "issuanceDate": "1969-12-31T23:59:58.5Z"}
    assert merged(early, nbf=-2)["issuanceDate"] == early["issuanceDate"]
    with pytest.raises(MalformedValue):
        merged(early, nbf=-1)


@pytest.mark.parametrize("name", ["nbf", "exp", "iat"])
@pytest.mark.parametrize("value", [True, "1", "2026-01-01T00:00:00Z", [], {}, 10**20])
def test_what_is_no_numeric_date(name: str, value: object) -> None:
    with pytest.raises(MalformedValue) as caught:
        merged(**{name: value})
    assert caught.value.path == f"$.{name}"


# Contradictions


@pytest.mark.parametrize(
    ("changes", "claims", "path"),
    [
        ({"issuer": "did:example:other"}, {}, "$.iss"),
        ({"issuer": {"id": "did:example:other"}}, {}, "$.iss"),
        ({"issuer": ISSUER.upper()}, {}, "$.iss"),
        ({"issuer": None}, {}, "$.iss"),
        ({"issuer": [ISSUER]}, {}, "$.iss"),
        ({"id": "urn:uuid:other"}, {}, "$.jti"),
        ({"id": None}, {}, "$.jti"),
        ({"credentialSubject": {"id": "did:example:other"}}, {}, "$.sub"),
        ({"credentialSubject": [{"id": "did:example:other"}]}, {}, "$.sub"),
        ({"credentialSubject": []}, {}, "$.sub"),
        ({"credentialSubject": [{"id": DOCTOR}, {"a": 1}]}, {}, "$.sub"),
        ({"credentialSubject": [{}, {}]}, {}, "$.sub"),
        ({"credentialSubject": DOCTOR}, {}, "$.vc.credentialSubject"),
        ({"issuanceDate": "2026-01-01T00:00:01Z"}, {}, "$.nbf"),
        ({"issuanceDate": "2026-01-01T00:00:00Z"}, {"nbf": START + 0.001}, "$.nbf"),
        ({"issuanceDate": "2026-01-01"}, {}, "$.vc.issuanceDate"),
        ({"issuanceDate": START}, {}, "$.vc.issuanceDate"),
        ({"issuanceDate": "2025-12-31T23:59:59.9Z"}, {}, "$.nbf"),
        ({"issuanceDate": "2026-01-01T00:00:00.5Z"}, {"nbf": START + 1}, "$.nbf"),
        ({"issuanceDate": "2026-01-01T00:00:00.5Z"}, {"nbf": START + 0.4}, "$.nbf"),
        ({"expirationDate": "2028-01-01T00:00:00Z"}, {}, "$.exp"),
        ({"expirationDate": None}, {}, "$.vc.expirationDate"),
    ],
)
def test_a_claim_that_contradicts_the_credential(
    changes: dict[str, Any], claims: dict[str, Any], path: str
) -> None:
    with pytest.raises(MalformedValue) as caught:
        merged({**BARE, **changes}, **claims)
    assert caught.value.path == path
    assert "example:other" not in str(caught.value)


def test_a_claim_that_contradicts_the_presentation() -> None:
    for claims in ({"iss": ISSUER}, {"jti": "urn:uuid:other"}):
        with pytest.raises(MalformedValue, match="contradicts"):
            jwt_vc_1_1.read(token({**claims, "vp": PRESENTATION}))


@pytest.mark.parametrize(
    "header", [{"iss": "did:example:other"}, {"sub": "did:example:other"}, {"iss": 7}]
)
def test_a_claim_in_the_header_that_contradicts(header: dict[str, Any]) -> None:
    for claims in (CLAIMS, dict.fromkeys(CLAIMS)):
        with pytest.raises(MalformedValue):
            jwt_vc_1_1.read(token(vc(CREDENTIAL, **claims), **header))


def test_a_claim_in_the_header_alone_counts() -> None:
    read = jwt_vc_1_1.read(token(vc(BARE, iss=None), iss=ISSUER))
    assert read.document["issuer"] == ISSUER
    assert read.registered.issuer == ISSUER


# Neither more nor less than one document


@pytest.mark.parametrize(
    "payload",
    [
        {},
        CLAIMS,
        {**CLAIMS, "vc": BARE, "vp": PRESENTATION},
        {**CLAIMS, "VC": BARE},
        CREDENTIAL,
        {"iss": ISSUER, "vct": "https://credentials.example/license"},
    ],
)
def test_there_is_exactly_one_of_the_two_claims(payload: dict[str, Any]) -> None:
    with pytest.raises(MalformedValue) as caught:
        jwt_vc_1_1.read(token(payload))
    assert caught.value.path == "$.vc"


@pytest.mark.parametrize("name", ["vc", "vp"])
@pytest.mark.parametrize(
    "value", [None, True, 7, "", json.dumps(CREDENTIAL), [CREDENTIAL], []]
)
def test_the_claim_is_an_object(name: str, value: object) -> None:
    with pytest.raises(MalformedValue) as caught:
        jwt_vc_1_1.read(token({"iss": ISSUER, name: value}))
    assert caught.value.path == f"$.{name}"


MISPLACED: Final[dict[str, Any]] = {
    **CREDENTIAL,
    "@graph": [],
    "@id": ID,
    "@type": ["VerifiableCredential"],
    "credentialSchema": {},
    "credentialStatus": {"type": "BitstringStatusListEntry"},
    "holder": DOCTOR,
    "proof": {},
    "refreshService": {},
    "termsOfUse": {},
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2026-01-01T00:00:00Z",
    "vct": "https://credentials.example/license",
    "verifiableCredential": [],
}


@pytest.mark.parametrize("name", MISPLACED)
def test_no_other_document_stands_beside_the_claim(name: str) -> None:
    with pytest.raises(MalformedValue):
        merged(BARE, **{name: MISPLACED[name]})


def test_other_claims_are_left_alone() -> None:
    assert merged(BARE, iat=START, azp="x", cnf={"kid": "x"}, nonce="n") == CREDENTIAL


STATUS: Final = {"status_list": {"idx": 0, "uri": "https://board.example/1"}}


def test_a_status_claim_stands_for_no_member() -> None:
    for text in (token(vc(BARE, status=STATUS)), token(vc(BARE), status=STATUS)):
        read = jwt_vc_1_1.read(text)
        assert read.document == CREDENTIAL
        assert read.registered.status == STATUS
    within = {**BARE, "status": "a term of its own contexts"}
    assert jwt_vc_1_1.read(token(vc(within))).registered.status is None


@pytest.mark.parametrize("status", [None, "x", ["x"], [STATUS], 7])
def test_a_status_that_names_no_list_is_none(status: object) -> None:
    with pytest.raises(MalformedValue) as caught:
        jwt_vc_1_1.read(token({**vc(), "status": status}))
    assert caught.value.path == "$.status"


@pytest.mark.parametrize("name", ["vc", "vp"])
def test_no_second_proof_is_left_unverified(name: str) -> None:
    content = CREDENTIAL if name == "vc" else PRESENTATION
    with pytest.raises(MalformedProof) as caught:
        jwt_vc_1_1.read(token({name: {**content, "proof": {"type": "x"}}}))
    assert caught.value.path == f"$.{name}.proof"


@pytest.mark.parametrize(
    "changes",
    [
        {"_sd_alg": "sha-256"},
        {"_sd": []},
        {"vc": {**BARE, "credentialSubject": {"_sd": ["x"], "id": DOCTOR}}},
        {"vc": {**BARE, "evidence": [{"...": "x"}]}},
    ],
)
def test_an_sd_jwt_without_its_disclosures_is_no_jwt(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedProof, match="SD-JWT"):
        jwt_vc_1_1.read(token(vc(**changes)))


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"hello", b'{"vc":{},"vc":{}}', b'{"vc":{"a":1,"a":2}}']
)
def test_a_payload_that_is_no_strict_json_object(payload: bytes) -> None:
    with pytest.raises(ParsingError):
        jwt_vc_1_1.read(token(payload))


# The typ decides


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "Jwt", "application/jwt"])
def test_its_typ_is_jwt_or_absent(typ: str | None) -> None:
    assert read_document(token(vc(), typ=typ)).document == CREDENTIAL


@pytest.mark.parametrize(
    "typ", ["vc+jwt", "vp+jwt", "kb+jwt", "at+jwt", "JWT ", "JOSE"]
)
def test_another_typ_is_another_kind_of_token(typ: str) -> None:
    with pytest.raises(MalformedProof):
        jwt_vc_1_1.read(token(vc(), typ=typ))
    with pytest.raises(MedidError):
        read_document(token(vc(), typ=typ))


@pytest.mark.parametrize("cty", ["JWT", "jwt", "vc", "", 7])
def test_a_nested_jwt_is_refused(cty: object) -> None:
    with pytest.raises(MalformedProof) as caught:
        jwt_vc_1_1.read(token(vc(), cty=cty))
    assert caught.value.path == "$.cty"


@pytest.mark.parametrize("typ", [None, "JWT", "vc+jwt", "vp+jwt", "application/jwt"])
@pytest.mark.parametrize(
    "payload", [vc(), vc(CREDENTIAL), CREDENTIAL, {"vp": PRESENTATION}, PRESENTATION]
)
def test_no_token_is_read_in_both_ways(typ: str | None, payload: object) -> None:
    text = token(payload, typ=typ)
    read = 0
    for module in (jwt_vc_1_1, vc_jwt):
        try:
            module.read(text)
        except MedidError:
            continue
        read += 1
    assert read <= 1


def test_errors_say_where_in_the_document_that_holds_the_token() -> None:
    path = "$.verifiableCredential[1]"
    for read in (jwt_vc_1_1.read, read_document):
        with pytest.raises(MalformedValue) as caught:
            read(token(vc(exp="canary-value")), path=path)
        assert caught.value.path == f"{path}.exp"
        assert "canary" not in str(caught.value)


# Writing


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"id": None},
        {"expirationDate": None},
        {"issuanceDate": "2026-01-01T00:00:00.250Z"},
        {"issuanceDate": "2026-01-01T02:00:00+02:00"},
        {"issuer": {"id": ISSUER, "name": "Board"}},
        {"credentialSubject": {"ward": "North"}},
        {"credentialSubject": [{"id": DOCTOR}, {"id": "did:example:other"}]},
        {"credentialSubject": [{"id": DOCTOR}]},
    ],
)
def test_what_is_written_is_read(changes: dict[str, Any]) -> None:
    document = {k: v for k, v in (CREDENTIAL | changes).items() if v is not None}
    before = copy.deepcopy(document)
    text = jwt_vc_1_1.write(document, BOARD, kid=KID, claims={})
    read = jwt_vc_1_1.read(text)
    verify(read.jws, BOARD.public_key)
    assert read.document == document == before
    assert read.jws.header == {"alg": "EdDSA", "kid": KID, "typ": "JWT"}


def test_every_claim_that_a_credential_has_is_written() -> None:
    text = jwt_vc_1_1.write(CREDENTIAL, BOARD, kid=KID, claims={})
    payload = json.loads(jwt_vc_1_1.read(text).jws.payload)
    assert payload == {**CLAIMS, "vc": CREDENTIAL}
    assert [type(payload[name]) for name in ("nbf", "exp")] == [int, int]


def test_a_presentation_is_written_with_what_it_answers() -> None:
    asked = {"nonce": "n", "aud": "https://gateway.example"}
    text = jwt_vc_1_1.write(PRESENTATION, BOARD, kid=KID, claims=asked)
    read = jwt_vc_1_1.read(text)
    assert read.is_presentation
    assert read.document == PRESENTATION
    payload = json.loads(read.jws.payload)
    assert payload == {**asked, "iss": DOCTOR, "jti": ID, "vp": PRESENTATION}


@pytest.mark.parametrize(
    "document",
    [
        {**CREDENTIAL, "issuanceDate": "yesterday"},
        {**CREDENTIAL, "issuanceDate": 7},
        {**CREDENTIAL, "issuanceDate": "2026-01-01T00:00:00.123456789Z"},
        {**CREDENTIAL, "proof": {"type": "x"}},
        {**CREDENTIAL, "x": float("nan")},
        {**CREDENTIAL, "issuer": 7},
        {**CREDENTIAL, "credentialSubject": {"_sd": []}},
    ],
)
def test_what_would_be_refused_is_not_written(document: dict[str, Any]) -> None:
    with pytest.raises(ProofGenerationError):
        jwt_vc_1_1.write(document, BOARD, kid=KID, claims={})


# Properties

_VALUES: Final[st.SearchStrategy[Any]] = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([ISSUER, DOCTOR, ID, "", "did:example:other", START, END]),
    st.sampled_from([{}, [], {"id": ISSUER}, [{"id": DOCTOR}], [{}, {}]]),
    st.sampled_from(["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", 1.5, -1]),
)
_NAMES: Final = [*CREDENTIAL, "holder", "validUntil"]


@settings(max_examples=examples(300))
@given(
    st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=4),
    st.dictionaries(st.sampled_from([*CLAIMS, "iat", "aud"]), _VALUES, max_size=3),
    st.sets(st.sampled_from(list(CLAIMS)), max_size=5),
)
def test_what_comes_out_agrees_with_all_that_went_in(
    changes: dict[str, Any], claims: dict[str, Any], left_out: set[str]
) -> None:
    content = {**CREDENTIAL, **changes}
    payload = {**without(CLAIMS, *left_out), **claims, "vc": content}
    try:
        document = jwt_vc_1_1.read(token(payload)).document
    except MedidError:
        return
    # Nothing that was stated is lost or changed.
    assert {**document, "credentialSubject": 0, "issuer": 0, "id": 0} == {
        **content,
        "credentialSubject": 0,
        "issuer": 0,
        "id": 0,
    }
    for claim, name in (("iss", "issuer"), ("jti", "id")):
        if claim in payload:
            found = document[name]
            assert payload[claim] == (found["id"] if isinstance(found, dict) else found)
    for claim, name in (("nbf", "issuanceDate"), ("exp", "expirationDate")):
        if claim in payload:
            stated = Instant.parse(str(document[name]))
            assert stated == Instant.from_seconds(payload[claim])
