from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
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
from medid.securing.jose import sign_compact, vc_jwt, verify
from medid.securing.jose.claims import MAX_NUMERIC_DATE
from tests.keys.strategies import key

BOARD = key(KeyKind.ED25519)
KID = "did:example:board#1"
CREDENTIAL: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": "urn:uuid:1",
    "type": ["VerifiableCredential"],
    "issuer": {"id": "did:example:board"},
    "credentialSubject": {"id": "did:example:doctor"},
}
PRESENTATION = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "holder": "did:example:doctor",
}


def token(document: Any = CREDENTIAL, **header: Any) -> str:
    """A signed token; ``None`` removes a header member."""
    members = {"kid": KID, "typ": "vc+jwt", **header}
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    return sign_compact(
        payload, BOARD, {name: v for name, v in members.items() if v is not None}
    )


def claims(**changes: Any) -> vc_jwt.VcJwt:
    return vc_jwt.read(token({**CREDENTIAL, **changes}))


@pytest.mark.parametrize(
    ("document", "typ", "presented"),
    [(CREDENTIAL, "vc+jwt", False), (PRESENTATION, "vp+jwt", True)],
)
def test_what_is_written_is_read(
    document: dict[str, Any], typ: str, presented: bool
) -> None:
    before = copy.deepcopy(document)
    text = vc_jwt.write(document, BOARD, kid=KID, typ=typ)
    read = vc_jwt.read(text)
    verify(read.jws, BOARD.public_key)
    assert read.document == document == before
    assert read.is_presentation is presented
    assert read.jws.kid == KID
    assert vc_jwt.read(text.encode()) == read


@pytest.mark.parametrize(
    "types",
    [
        {"typ": "VC+JWT"},
        {"typ": "application/vc+jwt"},
        {"typ": "Application/VC+JWT", "cty": "application/vc"},
        {"cty": "vc"},
        {"cty": "VC"},
    ],
)
def test_media_types_know_no_case_and_need_no_application(
    types: dict[str, str],
) -> None:
    assert vc_jwt.read(token(**types)).document == CREDENTIAL


@pytest.mark.parametrize(
    "types",
    [
        {"typ": None},
        {"typ": "JWT"},
        {"typ": "kb+jwt"},
        {"typ": "vc+sd-jwt"},
        {"typ": "vc+jwt "},
        {"typ": "application/application/vc+jwt"},
        {"cty": "vp"},
        {"cty": "JWT"},
        {"typ": "vp+jwt", "cty": "vc"},
    ],
)
def test_other_media_types_are_refused(types: dict[str, str | None]) -> None:
    with pytest.raises(MalformedProof):
        vc_jwt.read(token(**types))


@pytest.mark.parametrize("cty", ["", 7, ["vc"]])
def test_a_content_type_is_a_string(cty: object) -> None:
    with pytest.raises(MalformedValue):
        vc_jwt.read(token(cty=cty))


@pytest.mark.parametrize("name", ["vc", "vp"])
@pytest.mark.parametrize("value", [None, {}, "", CREDENTIAL])
def test_there_is_no_vc_or_vp_claim(name: str, value: object) -> None:
    with pytest.raises(MalformedValue) as caught:
        claims(**{name: value})
    assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"hello", b'{"iss":"a","iss":"b"}', b'{"exp":1e999}', b'{"x":NaN}'],
)
def test_a_payload_that_is_no_strict_json_object(payload: bytes) -> None:
    with pytest.raises(ParsingError):
        vc_jwt.read(token(payload))


@pytest.mark.parametrize(
    "changes",
    [
        {"_sd": ["x"]},
        {"_sd": []},
        {"_sd_alg": "sha-256"},
        {"credentialSubject": {"id": "did:example:doctor", "_sd": ["x"]}},
        {"evidence": [{"...": "x"}]},
    ],
)
def test_an_sd_jwt_without_its_disclosures_is_no_jwt(changes: dict[str, Any]) -> None:
    """What was hidden may be the end of a credential, or its status."""
    for typ in ("vc+jwt", "vp+jwt"):
        with pytest.raises(MalformedProof, match="without its disclosures"):
            vc_jwt.read(token({**CREDENTIAL, **changes}, typ=typ))
    with pytest.raises(ProofGenerationError):
        vc_jwt.write({**CREDENTIAL, **changes}, BOARD, kid=KID)


# Registered claims


def test_registered_claims_are_typed() -> None:
    read = claims(
        iss="did:example:board",
        sub="did:example:doctor",
        jti="urn:uuid:1",
        aud=["https://a.example", "https://b.example"],
        nonce="n",
        iat=10,
        nbf=20.5,
        exp=30,
    ).registered
    assert (read.issuer, read.subject) == ("did:example:board", "did:example:doctor")
    assert (read.token_id, read.nonce) == ("urn:uuid:1", "n")
    assert read.audience == ("https://a.example", "https://b.example")
    assert read.issued_at == Instant.from_seconds(10)
    assert read.window == Window(Instant.from_seconds(20.5), Instant.from_seconds(30))


def test_without_registered_claims_nothing_is_said() -> None:
    read = claims().registered
    assert read.window == Window()
    assert read.audience == ()
    assert (read.issuer, read.subject, read.token_id, read.nonce) == (None,) * 4
    assert claims(aud="https://a.example").registered.audience == ("https://a.example",)


@pytest.mark.parametrize("name", ["iat", "nbf", "exp"])
@pytest.mark.parametrize(
    "value",
    [True, False, None, "1", "", [], [1], {}, 10**20, -(10**20), 1e300, 2 * 10**12],
)
def test_what_is_no_numeric_date(name: str, value: object) -> None:
    with pytest.raises(MalformedValue) as caught:
        claims(**{name: value})
    assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize("value", [0, -1, 1.5, MAX_NUMERIC_DATE, -MAX_NUMERIC_DATE])
def test_what_is_a_numeric_date(value: float) -> None:
    assert claims(exp=value).registered.window.end == Instant.from_seconds(value)


@pytest.mark.parametrize("name", ["iss", "sub", "jti", "nonce", "aud"])
@pytest.mark.parametrize("value", [None, 7, True, "", {}, [], [7], [""], [[]]])
def test_a_claim_of_another_type(name: str, value: object) -> None:
    with pytest.raises(MalformedValue):
        claims(**{name: value})


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "did:example:other"},
        {"iss": "DID:EXAMPLE:BOARD"},
        {"iss": "did:example:board", "issuer": "did:example:other"},
        {"iss": "did:example:board", "issuer": {"name": "no id"}},
        {"sub": "did:example:board"},
        {"sub": "did:example:doctor", "credentialSubject": {}},
        {
            "sub": "did:example:doctor",
            "credentialSubject": [{"id": "did:example:doctor"}, {"id": "did:x:y"}],
        },
        {"jti": "urn:uuid:2"},
        {"iss": "did:example:doctor", "holder": "did:example:board"},
    ],
)
def test_a_claim_that_contradicts_the_document(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedValue, match="contradicts"):
        claims(**changes)


@pytest.mark.parametrize(
    ("header", "changes"),
    [
        ({"iss": "did:example:other"}, {}),
        ({"iss": "did:example:other"}, {"iss": "did:example:board"}),
        ({"sub": "did:example:other"}, {}),
        ({"aud": "https://a.example"}, {"aud": "https://b.example"}),
        ({"iss": 7}, {}),
    ],
)
def test_a_claim_in_the_header_that_contradicts(
    header: dict[str, Any], changes: dict[str, Any]
) -> None:
    with pytest.raises(MalformedValue):
        vc_jwt.read(token({**CREDENTIAL, **changes}, **header))


def test_a_claim_in_the_header_that_says_the_same() -> None:
    header = {"iss": "did:example:board", "aud": "https://a.example"}
    read = vc_jwt.read(token({**CREDENTIAL, "aud": "https://a.example"}, **header))
    assert read.registered.issuer == "did:example:board"
    assert read.registered.audience == ("https://a.example",)


def test_a_presentation_is_issued_by_its_holder() -> None:
    text = token({**PRESENTATION, "iss": "did:example:doctor"}, typ="vp+jwt")
    assert vc_jwt.read(text).registered.issuer == "did:example:doctor"
    with pytest.raises(MalformedValue, match="contradicts"):
        vc_jwt.read(token({**PRESENTATION, "iss": "did:x:other"}, typ="vp+jwt"))


def test_what_the_document_does_not_name_cannot_be_contradicted() -> None:
    text = token({"type": [], "iss": "a", "sub": "b", "jti": "c"})
    read = vc_jwt.read(text).registered
    assert (read.issuer, read.subject, read.token_id) == ("a", "b", "c")


def test_errors_say_where_in_the_document_that_holds_the_token() -> None:
    path = "$.verifiableCredential[1]"
    with pytest.raises(MalformedValue) as caught:
        vc_jwt.read(token({**CREDENTIAL, "exp": "canary-value"}), path=path)
    assert caught.value.path == f"{path}.exp"
    assert "canary" not in str(caught.value)


# Writing


@pytest.mark.parametrize(
    ("document", "typ"),
    [
        ({**CREDENTIAL, "vc": {}}, "vc+jwt"),
        ({**CREDENTIAL, "exp": True}, "vc+jwt"),
        ({**CREDENTIAL, "iss": "did:example:other"}, "vc+jwt"),
        ({**CREDENTIAL, "x": float("inf")}, "vc+jwt"),
        ({**CREDENTIAL, "x": ("tuple",)}, "vc+jwt"),
        (CREDENTIAL, "JWT"),
        (CREDENTIAL, "dc+sd-jwt"),
    ],
)
def test_what_would_be_refused_is_not_written(
    document: dict[str, Any], typ: str
) -> None:
    with pytest.raises(ProofGenerationError):
        vc_jwt.write(document, BOARD, kid=KID, typ=typ)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
MEMBERS = ["iss", "sub", "aud", "jti", "nonce", "iat", "nbf", "exp", "id", "issuer"]


@given(st.sampled_from([*MEMBERS, "credentialSubject", "holder"]), JSON)
def test_only_medid_errors_escape_from_signed_claims(name: str, value: Any) -> None:
    repeated = {"iss": "did:example:board", "sub": "did:example:doctor", "jti": "j"}
    document = {**CREDENTIAL, **repeated, "id": "j", name: value}
    error: MedidError | None = None
    try:
        text = vc_jwt.write(document, BOARD, kid=KID)
        assert vc_jwt.read(text).document == document
    except MedidError as caught:
        error = caught
    assert error is None or error.path.startswith("$")


# When it was issued


def test_when_it_was_issued_may_be_written_as_any_date_of_the_document() -> None:
    found = claims(iat="2026-06-15T12:00:00Z", exp=30).registered
    assert found.issued_at == Instant.parse("2026-06-15T12:00:00Z")
    assert found.window.end == Instant.from_seconds(30)


@pytest.mark.parametrize("iat", ["2026-06-15", "2026-06-15T12:00:00", "1781524800"])
def test_no_other_text_is_a_date(iat: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        claims(iat=iat)
    assert caught.value.path == "$.iat"


@pytest.mark.parametrize("name", ["exp", "nbf"])
def test_when_it_ends_is_a_number(name: str) -> None:
    with pytest.raises(MalformedValue):
        claims(**{name: "2026-06-15T12:00:00Z"})
