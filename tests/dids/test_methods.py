"""did:key, did:jwk and did:web: one spelling in, one document out."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url
from medid.core.evidence import Evidence
from medid.core.multibase import from_base58btc, to_base58btc, to_base64url
from medid.dids.document import (
    KEY_AGREEMENT,
    MAX_BYTES,
    RELATIONSHIPS,
    SIGNING,
    DidDocument,
)
from medid.dids.methods import jwk, key, web
from medid.dids.methods.web import NamedKey
from medid.dids.resolution import LATEST, ResolutionOptions
from medid.dids.syntax import Did, DidUrl
from medid.errors import (
    ConfigurationError,
    DidNotFound,
    EvidenceUnavailable,
    FetchBlocked,
    FetchFailed,
    InvalidDid,
    InvalidDidDocument,
    InvalidKey,
    InvalidVerificationMethod,
    MedidError,
    TooLarge,
    WeakCryptography,
)
from medid.keys import KeyKind, PublicKey
from tests.dids.builders import (
    BOARD,
    ED25519,
    KEYS,
    ML_DSA_44,
    ML_DSA_65,
    P256,
    P384,
    RSA,
    SECP256K1,
    X25519,
    board,
    published,
)

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

# did:key.


def read_web(did: Did, evidence: Evidence) -> DidDocument:
    return web.resolve(did, evidence, LATEST).document


@pytest.mark.parametrize("public", KEYS, ids=lambda public: str(public.kind))
def test_a_did_key_is_its_key(public: PublicKey) -> None:
    did = key.create(public)
    assert not key.needs(did, Evidence())
    document = key.expand(did)
    assert document.id == did
    used = {KEY_AGREEMENT} if public.kind is KeyKind.X25519 else {*SIGNING}
    for name in RELATIONSHIPS:
        expected = (f"{did}#{did.id}",) if name in used else ()
        assert document.ids_for(name) == expected
    for name in used:
        assert document.method_for(f"{did}#{did.id}", name).key == public


@pytest.mark.parametrize("public", KEYS, ids=lambda public: str(public.kind))
@pytest.mark.parametrize("derive", [False, True])
@pytest.mark.parametrize("form", ["Multikey", "JsonWebKey"])
def test_a_spelled_document_is_the_one_that_would_be_read(
    public: PublicKey, derive: bool, form: key.KeyFormat
) -> None:
    did = key.create(public)
    spelled = key.expand(did, public_key_format=form, derive_key_agreement=derive)
    read = DidDocument.parse(spelled.raw, expected=did)
    assert spelled == read
    for name in RELATIONSHIPS:
        assert spelled.ids_for(name) == read.ids_for(name)


def test_a_did_key_document_is_written_as_the_specification_shows() -> None:
    # The worked example of the did:key specification, section "Create".
    did = Did.parse("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")
    raw = key.expand(did, derive_key_agreement=True).raw
    assert raw["verificationMethod"] == [
        {
            "id": f"{did}#{did.id}",
            "type": "Multikey",
            "controller": str(did),
            "publicKeyMultibase": did.id,
        },
        {
            "id": f"{did}#z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p",
            "type": "Multikey",
            "controller": str(did),
            "publicKeyMultibase": "z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p",
        },
    ]
    assert raw["assertionMethod"] == [f"{did}#{did.id}"]
    assert raw["keyAgreement"] == [
        f"{did}#z6LSj72tK8brWgZja8NLRwPigth2T9QRiG1uH9oKZuKjdh9p"
    ]
    assert "keyAgreement" not in key.expand(did).raw


@pytest.mark.parametrize("public", KEYS, ids=lambda public: str(public.kind))
@pytest.mark.parametrize("derive", [False, True])
def test_vocabularies_differ_and_keys_do_not(public: PublicKey, derive: bool) -> None:
    did = key.create(public)
    plain = key.expand(did, derive_key_agreement=derive)
    formats: list[key.KeyFormat] = ["JsonWebKey"]
    if public.kind in {KeyKind.ED25519, KeyKind.X25519}:
        formats.append("Ed25519VerificationKey2020")
    for form in formats:
        other = key.expand(did, public_key_format=form, derive_key_agreement=derive)
        assert other.raw != plain.raw
        for name in RELATIONSHIPS:
            assert other.ids_for(name) == plain.ids_for(name)
            for method in plain.ids_for(name):
                found = other.method_for(method, name)
                assert found.key == plain.method_for(method, name).key
                assert found.type != "Multikey"


def test_there_is_no_2020_type_for_nist_curves() -> None:
    with pytest.raises(InvalidKey, match="no 2020 type"):
        key.expand(key.create(P256), public_key_format="Ed25519VerificationKey2020")


@pytest.mark.parametrize(
    "identifier",
    [
        "6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "Z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "z",
        "z0OIl",
        "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2do-",
        "1:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        "u",
        "uAAA=",
        to_base58btc(b"\xed\x81\x00" + ED25519.raw),
        to_base58btc(b"\xff" * 12),
    ],
)
def test_what_is_no_multikey_is_no_did_key(identifier: str) -> None:
    with pytest.raises(InvalidDid):
        key.expand(Did.parse(f"did:key:{identifier}"))


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"\xed\x01" + ED25519.raw[:-1], InvalidKey),
        (b"\xed\x01" + ED25519.raw + b"\x00", InvalidKey),
        (b"\xe7\x01\x02" + bytes(32), InvalidKey),  # x = 0 is not on secp256k1
        (b"\x82\x24\x02" + b"\xff" * 66, InvalidKey),  # beyond the field of P-521
        (b"\x83\x24" + bytes(57), InvalidKey),  # Ed448
        (b"\x85\x24\x30\x00", InvalidKey),  # no RSA key
        (b"\x85\x26" + bytes(600), InvalidKey),  # an RSA private key
        (b"\x90\x24" + ML_DSA_65.raw, InvalidKey),  # of the other parameter set
        (b"\x90\x24" + bytes(1_312), WeakCryptography),  # zeros
        (b"\x80\x26" + bytes(32), InvalidKey),  # an Ed25519 private key
        (b"\x80\x24\x04" + bytes(64), InvalidKey),  # not a compressed point
        (b"\xed\x01\x01" + bytes(31), WeakCryptography),  # the neutral element
        (b"\xed\x01" + bytes(32), WeakCryptography),  # order 4
        (b"\xec\x01" + bytes(32), WeakCryptography),
    ],
)
def test_a_did_key_of_no_usable_key_is_refused(
    raw: bytes, error: type[MedidError]
) -> None:
    write = to_base64url if raw.startswith(b"\x90\x24") else to_base58btc
    with pytest.raises(error):
        key.expand(Did(method="key", id=write(raw)))


@given(st.binary(min_size=1, max_size=60), st.sampled_from([0xED01, 0x8024, 0x8124]))
def test_whatever_is_accepted_is_in_its_one_spelling(data: bytes, code: int) -> None:
    for raw in (data, code.to_bytes(2, "big") + data.ljust(33, b"\x02")[:33]):
        did = Did(method="key", id=to_base58btc(raw))
        try:
            document = key.expand(did)
        except MedidError:
            continue
        (name,) = document.ids_for("assertionMethod") or document.ids_for(KEY_AGREEMENT)
        assert name == f"{did}#{did.id}"
        assert from_base58btc(did.id) == raw


def test_a_kept_document_cannot_be_changed_by_its_users() -> None:
    did = key.create(ED25519)
    key.expand(did).raw["verificationMethod"] = []
    assert key.expand(did).raw["verificationMethod"] != []


# did:jwk.


def as_did(value: JsonValue | bytes) -> Did:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Did(method="jwk", id=base64url.encode(data))


@pytest.mark.parametrize("public", KEYS, ids=lambda public: str(public.kind))
def test_a_did_jwk_is_its_key(public: PublicKey) -> None:
    did = jwk.create(public)
    assert not jwk.needs(did, Evidence())
    document = jwk.expand(did)
    used = {KEY_AGREEMENT} if public.kind is KeyKind.X25519 else {*SIGNING}
    for name in RELATIONSHIPS:
        assert document.ids_for(name) == ((f"{did}#0",) if name in used else ())
    for name in used:
        assert document.method_for(f"{did}#0", name).key == public


@pytest.mark.parametrize(
    ("public", "use", "listed"),
    [
        (P256, None, {*RELATIONSHIPS}),
        (P256, "sig", {*SIGNING}),
        (P256, "enc", {KEY_AGREEMENT}),
        (P256, "other", {*RELATIONSHIPS}),
        (P384, None, {*RELATIONSHIPS}),
        (ED25519, None, {*SIGNING}),
        (ED25519, "sig", {*SIGNING}),
        (ED25519, "enc", set()),
        (SECP256K1, None, {*RELATIONSHIPS}),
        (SECP256K1, "sig", {*SIGNING}),
        (RSA, None, {*RELATIONSHIPS}),
        (RSA, "sig", {*SIGNING}),
        (RSA, "enc", {KEY_AGREEMENT}),
        (ML_DSA_44, None, {*SIGNING}),
        (ML_DSA_65, "sig", {*SIGNING}),
        (ML_DSA_65, "enc", set()),
        (X25519, None, {KEY_AGREEMENT}),
        (X25519, "enc", {KEY_AGREEMENT}),
        (X25519, "sig", set()),
    ],
)
def test_use_decides_what_a_did_jwk_is_listed_for(
    public: PublicKey, use: str | None, listed: set[str]
) -> None:
    members = {} if use is None else {"use": use}
    did = as_did({**public.to_jwk(), **members})
    document = jwk.expand(did)
    assert {name for name in RELATIONSHIPS if document.ids_for(name)} == listed


def test_the_algorithm_of_a_did_jwk_is_asked_when_its_key_is_used() -> None:
    did = as_did({**RSA.to_jwk(), "alg": "PS256"})
    method = jwk.expand(did).method_for(f"{did}#0", "assertionMethod")
    assert (method.key, method.key.algorithm) == (RSA, "PS256")
    other = as_did({**RSA.to_jwk(), "alg": "RS512"})
    with pytest.raises(InvalidKey):
        jwk.expand(other).method_for(f"{other}#0", "assertionMethod")


def test_the_longest_identifiers_are_within_the_limit() -> None:
    by_key, by_jwk = key.create(ML_DSA_65), jwk.create(ML_DSA_65)
    assert DidUrl.parse(f"{by_key}#{by_key.id}").did == by_key
    assert len(f"{by_key}#{by_key.id}") == 5_223
    assert DidUrl.parse(f"{by_jwk}#0").did == by_jwk


def test_an_encryption_key_is_not_used_for_signatures() -> None:
    did = as_did({**P256.to_jwk(), "key_ops": ["encrypt"]})
    with pytest.raises(InvalidVerificationMethod):
        jwk.expand(did).method_for(f"{did}#0", "assertionMethod")


def test_further_members_of_the_jwk_are_kept_and_kid_names_nothing() -> None:
    members: JsonObject = {**P256.to_jwk(), "kid": "my-key", "custom": [1]}
    did = as_did(members)
    document = jwk.expand(did)
    methods = cast("list[JsonObject]", document.raw["verificationMethod"])
    assert methods[0]["publicKeyJwk"] == members
    with pytest.raises(InvalidVerificationMethod):
        document.method_for(f"{did}#my-key", "assertionMethod")


@pytest.mark.parametrize(
    "did",
    [
        as_did(b"{"),
        as_did([]),
        as_did("x"),
        as_did(b'{"kty":"EC","kty":"EC"}'),
        as_did({**P256.to_jwk(), "use": 7}),
        as_did({**P256.to_jwk(), "use": None}),
        as_did({**P256.to_jwk(), "d": "AA"}),
        as_did({"kty": "oct", "k": "AA"}),
        as_did({"kty": "RSA", "p": "AA"}),
        as_did({**RSA.to_jwk(), "d": "AA"}),
        as_did({**ML_DSA_44.to_jwk(), "priv": "A" * 43}),
        Did(method="jwk", id="e30%3D"),
        Did(method="jwk", id="e31"),
        Did(method="jwk", id="a"),
        Did(method="jwk", id="e30:e30"),
    ],
    ids=str,
)
def test_what_is_no_public_jwk_is_no_did_jwk(did: Did) -> None:
    with pytest.raises(InvalidDid):
        jwk.expand(did)


def test_a_private_did_jwk_says_what_is_wrong() -> None:
    with pytest.raises(InvalidDid, match="publishes a private key"):
        jwk.expand(as_did({**P256.to_jwk(), "d": "AA"}))


@pytest.mark.parametrize(
    "members",
    [
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "AKP", "alg": "ML-DSA-87", "pub": "AA"},
        {"kty": "AKP", "pub": ML_DSA_44.to_jwk()["pub"]},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {},
    ],
)
def test_a_did_jwk_of_no_usable_key_is_refused(members: JsonObject) -> None:
    with pytest.raises(InvalidKey):
        jwk.expand(as_did(members))


# did:web.


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:board.example", "https://board.example/.well-known/did.json"),
        ("did:web:a.b-c.d1.example:x", "https://a.b-c.d1.example/x/did.json"),
        (
            "did:web:board.example%3A8443:units:7",
            "https://board.example:8443/units/7/did.json",
        ),
        ("did:web:board.example%3a1", "https://board.example:1/.well-known/did.json"),
        ("did:web:board.example:a%20b", None),
        ("did:web:board.example:%C3%A9", "https://board.example/%C3%A9/did.json"),
        ("did:web:board.example:a.b_c-d", "https://board.example/a.b_c-d/did.json"),
        (
            "did:web:xn--bcher-kva.example",
            "https://xn--bcher-kva.example/.well-known/did.json",
        ),
        ("did:web:localhost%3A8443", "https://localhost:8443/.well-known/did.json"),
    ],
)
def test_a_did_web_names_one_url(did: str, url: str | None) -> None:
    if url is None:
        with pytest.raises(InvalidDid):
            web.document_url(Did.parse(did))
        return
    (need,) = web.needs(Did.parse(did), Evidence())
    assert web.document_url(Did.parse(did)) == need.url == url
    assert (need.kind, need.max_bytes) == ("did-document", MAX_BYTES)
    assert "application/did" in need.accept


def test_a_did_web_has_no_versions() -> None:
    evidence = published(board())
    for options in (
        ResolutionOptions(version_id="1"),
        ResolutionOptions(version_number=1),
    ):
        with pytest.raises(DidNotFound, match="no versions"):
            web.resolve(Did.parse(BOARD), evidence, options)


@pytest.mark.parametrize(
    "identifier",
    [
        "example",
        "Board.example",
        "board.EXAMPLE",
        "board.example.",
        ".board.example",
        "board..example",
        "-board.example",
        "board-.example",
        "bo_ard.example",
        "board%2Eexample",
        "b%6Fard.example",
        "127.0.0.1",
        "127.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "017700000001",
        "2130706433",
        "1.2.3.0x4",
        "board.example.1",
        "%5B%3A%3A1%5D",
        "%3A%3A1",
        "user%40board.example",
        "user%3Apw%40board.example",
        "board.example%3A",
        "board.example%3A0",
        "board.example%3A080",
        "board.example%3A65536",
        "board.example%3A99999",
        "board.example%3A4_2",
        "board.example%3A443%3A1",
        "board.example%3a443%3A1",
        "board.example%253A443",
        "board.example%2Fpath",
        "board.example%5Cpath",
        "board.example%3Fx",
        "board.example%23x",
        "localhost.",
        "sub.localhost%00",
        "local",
        "%6Cocalhost",
        ("a" * 64) + ".example",
        ("a." * 130) + "example",
        "board.example:",
        "board.example::a",
        "board.example:.",
        "board.example:..",
        "board.example:%2e%2e",
        "board.example:%2E",
        "board.example:a%2Fb",
        "board.example:a%2fb",
        "board.example:a%5Cb",
        "board.example:a%3Fb",
        "board.example:a%23b",
        "board.example:a%252e",
        "board.example:a%00b",
        "board.example:a%0Ab",
        "board.example:a%7Fb",
        "board.example:%FF",
        "board.example:x:..:y",
    ],
)
def test_a_misleading_did_web_is_refused(identifier: str) -> None:
    with pytest.raises(InvalidDid):
        web.needs(Did.parse(f"did:web:{identifier}"), Evidence())


def test_other_methods_have_no_url() -> None:
    with pytest.raises(InvalidDid):
        web.document_url(Did.parse("did:webvh:board.example"))


_LABELS = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,3})?", fullmatch=True)
_SEGMENTS = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True)


@given(
    st.lists(_LABELS, min_size=2, max_size=4),
    st.none() | st.integers(1, 65535),
    st.lists(_SEGMENTS, max_size=3),
)
def test_every_place_has_one_did_and_every_did_one_place(
    labels: list[str], port: int | None, segments: list[str]
) -> None:
    host = ".".join(labels)
    did = web.create(host, *segments, port=port)
    place = host if port is None else f"{host}:{port}"
    path = "/".join([*segments, "did.json"]) if segments else ".well-known/did.json"
    assert web.document_url(did) == f"https://{place}/{path}"


@pytest.mark.parametrize(
    ("host", "segments", "port"),
    [
        ("127.0.0.1", (), None),
        ("board.example", ("a/b",), None),
        ("board.example", ("",), None),
        ("board.example", ("..",), None),
        ("board.example", (), 0),
        ("board.example", (), -1),
    ],
)
def test_no_did_web_is_made_that_would_not_resolve(
    host: str, segments: tuple[str, ...], port: int | None
) -> None:
    with pytest.raises(InvalidDid):
        web.create(host, *segments, port=port)


def test_a_published_document_is_read() -> None:
    document = read_web(Did.parse(BOARD), published(board()))
    assert document.raw == board()


@pytest.mark.parametrize(
    "media_type",
    ["", "application/did", "application/json", "application/did+ld+json"],
)
def test_json_may_be_called_by_any_of_its_names(media_type: str) -> None:
    evidence = published(board(), media_type=media_type)
    assert read_web(Did.parse(BOARD), evidence).raw == board()


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "text/plain", "application/jsonx", "application/json\n", "json"],
)
def test_what_is_not_served_as_json_is_no_document(media_type: str) -> None:
    with pytest.raises(InvalidDidDocument, match="something else"):
        read_web(Did.parse(BOARD), published(board(), media_type=media_type))


def test_a_login_page_is_no_document() -> None:
    page = published(b"<html>Sign in</html>", media_type="application/json")
    with pytest.raises(InvalidDidDocument):
        read_web(Did.parse(BOARD), page)


def test_a_document_of_another_did_is_refused() -> None:
    other = published(board(id="did:web:evil.example"))
    with pytest.raises(InvalidDidDocument, match="another DID"):
        read_web(Did.parse(BOARD), other)


def test_the_same_bytes_under_another_did_are_read_anew() -> None:
    evidence = published(board())
    read_web(Did.parse(BOARD), evidence)
    with pytest.raises(InvalidDidDocument, match="another DID"):
        read_web(
            Did.parse("did:web:evil.example"),
            published(board(), did="did:web:evil.example"),
        )


def test_a_private_key_in_the_document_refuses_it() -> None:
    method: JsonObject = {
        "id": "#k",
        "type": "JsonWebKey",
        "controller": BOARD,
        "publicKeyJwk": {**P256.to_jwk(), "d": "AA"},
    }
    with pytest.raises(InvalidDidDocument, match="publishes a private key"):
        read_web(Did.parse(BOARD), published(board(verificationMethod=[method])))


def test_a_huge_document_is_refused() -> None:
    content = json.dumps(board(x="x" * MAX_BYTES)).encode()
    with pytest.raises(TooLarge):
        read_web(Did.parse(BOARD), published(content))


class NotThere(FetchFailed):
    """As a fetcher reports that the host answered 404."""

    status = 404


class Gone(FetchFailed):
    """As a fetcher reports that the host answered 410."""

    status = 410


class Broken(FetchFailed):
    """As a fetcher reports that the host answered 500."""

    status = 500


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (NotThere, DidNotFound),
        (Gone, DidNotFound),
        (Broken, FetchFailed),
        (FetchFailed, FetchFailed),
        (FetchBlocked, FetchBlocked),
    ],
)
def test_failed_fetches_keep_their_meaning(
    answer: type[MedidError], expected: type[MedidError]
) -> None:
    url = web.document_url(Did.parse(BOARD))
    evidence = Evidence().with_answers([(url, answer("the fetch failed"))])
    with pytest.raises(expected):
        read_web(Did.parse(BOARD), evidence)


def test_without_evidence_nothing_is_known() -> None:
    with pytest.raises(EvidenceUnavailable):
        read_web(Did.parse(BOARD), Evidence())


def test_a_document_to_publish_serves_as_planned() -> None:
    did = Did.parse(BOARD)
    raw = web.document(
        did,
        [
            NamedKey(fragment="licenses-2026", key=ED25519),
            NamedKey(
                fragment="office",
                key=P384,
                relationships=("authentication", "assertionMethod"),
            ),
            NamedKey(fragment="box", key=X25519, relationships=(KEY_AGREEMENT,)),
            NamedKey(fragment="retired", key=P256, relationships=()),
        ],
    )
    document = read_web(did, published(raw))
    assert document.ids_for("assertionMethod") == (
        f"{BOARD}#licenses-2026",
        f"{BOARD}#office",
    )
    assert document.method_for(f"{BOARD}#box", KEY_AGREEMENT).key == X25519
    assert document.method_for(f"{BOARD}#office", "authentication").key == P384
    assert len(cast("list[JsonValue]", raw["verificationMethod"])) == 4


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [NamedKey(fragment="a", key=ED25519), NamedKey(fragment="a", key=P256)],
        [NamedKey(fragment="a", key=X25519)],
        [NamedKey(fragment="", key=ED25519)],
        [NamedKey(fragment="a", key=ED25519, relationships=("assertion",))],
        [NamedKey(fragment="a", key=ED25519, relationships=("id",))],
        [NamedKey(fragment="a", key=ED25519, relationships=("@context",))],
    ],
)
def test_no_document_is_made_that_medid_would_not_use(keys: list[NamedKey]) -> None:
    with pytest.raises(ConfigurationError):
        web.document(Did.parse(BOARD), keys)


def test_a_fragment_must_be_one() -> None:
    with pytest.raises(ConfigurationError):
        web.document(Did.parse(BOARD), [NamedKey(fragment="a b", key=ED25519)])
    with pytest.raises(InvalidDid):
        web.document(key.create(ED25519), [NamedKey(fragment="a", key=ED25519)])


@pytest.mark.parametrize("name", ["key", "jwk", "web"])
def test_methods_do_not_import_each_other(name: str) -> None:
    code = (
        f"import sys, medid.dids.methods.{name}\n"
        "print(*(m for m in sys.modules if m.startswith('medid.dids.methods.')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [f"medid.dids.methods.{name}"]
