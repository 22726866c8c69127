"""From events to the document: names, relationships, ends, services."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.multibase import to_base58btc
from medid.dids.ethr.material import MAX_KEY_BYTES
from medid.dids.resolution import LATEST
from medid.dids.syntax import Did
from medid.errors import InvalidVerificationMethod, MedidError
from medid.keys import KeyKind, PublicKey
from tests.dids.builders import ED25519, P256, RSA, SECP256K1, X25519
from tests.dids.ethr.builders import (
    DID,
    FOREVER,
    IDENTITY,
    OTHER,
    Told,
    as_of,
    at,
    resolved,
    time_of,
)
from tests.support import examples

PEM = RSA.to_pem().encode()
OWN = (f"{DID}#controller", f"{DID}#controllerKey")


def listed(told: Told, relationship: str = "assertionMethod") -> list[str]:
    """What is listed beside the owner, by the end of its name."""
    raw: Any = resolved(told).document.raw
    return [
        one.partition("#")[2] for one in raw.get(relationship, []) if one not in OWN
    ]


def uncompressed(key: PublicKey = SECP256K1) -> bytes:
    from medid.core import base64url

    members: Any = key.to_jwk()
    return b"\4" + b"".join(base64url.decode(members[name]) for name in "xy")


def test_an_account_that_nobody_changed_owns_itself() -> None:
    document = resolved(Told().document(latest=3)).document
    raw: Any = document.raw
    assert raw["id"] == str(DID)
    assert [method["id"] for method in raw["verificationMethod"]] == [*OWN]
    assert raw["authentication"] == raw["assertionMethod"] == [*OWN]
    assert "keyAgreement" not in raw
    assert "service" not in raw
    method = document.method_for(OWN[1], "authentication")
    assert method.key == SECP256K1


def test_a_did_of_an_address_alone_has_no_key() -> None:
    did = Did.parse(f"did:ethr:0x7a69:0x{IDENTITY.hex()}")
    for told in (Told().document(latest=3), Told().delegate().document()):
        raw: Any = resolved(told, did=did).document.raw
        names = [method["id"] for method in raw["verificationMethod"]]
        assert names == raw["assertionMethod"]
        assert names[0] == f"{did}#controller"
        assert f"{did}#controllerKey" not in names


def test_an_account_is_no_key_to_verify_with() -> None:
    document = resolved(Told().document(latest=3)).document
    with pytest.raises(InvalidVerificationMethod, match="unknown"):
        document.method_for(OWN[0], "assertionMethod")


def test_the_key_in_the_did_speaks_only_while_its_account_owns_it() -> None:
    told = Told().owner(OTHER)
    raw: Any = resolved(told).document.raw
    assert raw["assertionMethod"] == [OWN[0]]
    account = raw["verificationMethod"][0]["blockchainAccountId"]
    assert account == "eip155:31337:0x1111111111111111111111111111111111111111"
    with pytest.raises(MedidError):
        resolved(told).document.method_for(OWN[1], "assertionMethod")
    again = resolved(told.owner(IDENTITY)).document
    assert again.method_for(OWN[1], "assertionMethod").key == SECP256K1


@pytest.mark.parametrize(
    ("kind", "lists"),
    [
        ("veriKey", {"assertionMethod"}),
        ("sigAuth", {"assertionMethod", "authentication"}),
    ],
)
def test_delegates(kind: str, lists: set[str]) -> None:
    told = Told().delegate(kind=kind)
    for name in ("assertionMethod", "authentication", "keyAgreement"):
        assert listed(told, name) == (["delegate-1"] if name in lists else [])
    assert listed(told.delegate(kind=kind, valid_to=time_of(1))) == []


def test_a_delegate_of_another_type_is_counted_and_not_listed() -> None:
    told = Told().delegate(kind="else").delegate()
    assert listed(told) == ["delegate-2"]


def test_revocations_are_counted_and_names_never_pass_on() -> None:
    # The example of the method's specification, section "id properties of entries".
    told = (
        Told()
        .attribute("did/pub/Ed25519/veriKey", ED25519.raw)
        .attribute("did/pub/Multikey/veriKey", b"\x80\x24" + P256.raw)
        .delegate(valid_to=time_of(6))
        .attribute("did/svc/Hub", b"https://board.example/")
        .attribute("did/pub/Ed25519/veriKey", ED25519.raw, valid_to=0)
        .delegate(b"\2" * 20)
    )
    assert listed(told) == ["delegate-2", "delegate-5"]
    document = told.document(latest=6)
    expired = resolved(document, as_of(version_time=at(6))).document
    assert f"{DID}#delegate-3" in expired.ids_for("assertionMethod")
    expired = resolved(document, as_of(version_time=at(6, 0.001))).document
    assert f"{DID}#delegate-3" not in expired.ids_for("assertionMethod")


def test_what_is_stated_again_gets_a_new_name() -> None:
    told = Told().delegate().delegate(b"\2" * 20).delegate()
    assert listed(told) == ["delegate-3", "delegate-2"]


def test_a_revocation_is_of_this_value_under_this_name() -> None:
    told = (
        Told()
        .attribute("did/pub/Ed25519/veriKey", ED25519.raw)
        .attribute("did/pub/Ed25519/sigAuth", ED25519.raw, valid_to=0)
        .attribute("did/pub/Ed25519/veriKey", X25519.raw, valid_to=0)
        .delegate(kind="sigAuth", valid_to=0)
    )
    assert listed(told) == ["delegate-1"]
    told.attribute("did/pub/Ed25519/veriKey", ED25519.raw, valid_to=0)
    assert listed(told) == []


@pytest.mark.parametrize("purpose", ["veriKey", "sigAuth", "enc", "other", None])
@pytest.mark.parametrize(
    ("algorithm", "value", "key"),
    [
        ("Secp256k1", SECP256K1.raw, SECP256K1),
        ("Secp256k1", uncompressed(), SECP256K1),
        ("Ed25519", ED25519.raw, ED25519),
        ("X25519", X25519.raw, X25519),
        ("Multikey", b"\x80\x24" + P256.raw, P256),
    ],
)
def test_keys_of_known_kinds(
    algorithm: str, value: bytes, key: PublicKey, purpose: str | None
) -> None:
    name = f"did/pub/{algorithm}" + (f"/{purpose}" if purpose else "")
    told = Told().attribute(name, value)
    document = resolved(told).document
    url = f"{DID}#delegate-1"
    lists = {
        "enc": {"keyAgreement"},
        "sigAuth": {"assertionMethod", "authentication"},
    }.get(purpose or "", {"assertionMethod"})
    for relationship in ("assertionMethod", "authentication", "keyAgreement"):
        assert listed(told, relationship) == (
            ["delegate-1"] if relationship in lists else []
        )
    usable = {"keyAgreement"} if key.kind is KeyKind.X25519 else {*lists}
    if key.kind is KeyKind.ED25519:
        usable -= {"keyAgreement"}
    for relationship in lists & usable:
        assert document.method_for(url, relationship).key == key


@pytest.mark.parametrize("hint", ["hex", "base64", "base58", "pem", "odd"])
def test_a_hint_at_the_encoding_changes_nothing_for_them(hint: str) -> None:
    plain = resolved(Told().attribute("did/pub/Ed25519/veriKey", ED25519.raw))
    hinted = resolved(Told().attribute(f"did/pub/Ed25519/veriKey/{hint}", ED25519.raw))
    assert hinted.document.raw == plain.document.raw


def test_an_rsa_key_is_written_as_pem() -> None:
    told = Told().attribute("did/pub/RSA/veriKey/pem", PEM)
    document = resolved(told).document
    assert document.method_for(f"{DID}#delegate-1", "assertionMethod").key == RSA


@pytest.mark.parametrize(
    ("hint", "members"),
    [
        ("", {"publicKeyHex": "fbff"}),
        ("/hex", {"publicKeyHex": "fbff"}),
        ("/base64", {"publicKeyBase64": "+/8="}),
        ("/base58", {"publicKeyBase58": to_base58btc(b"\xfb\xff")[1:]}),
        ("/odd", {"value": "fbff"}),
    ],
)
def test_a_kind_of_key_that_nobody_knows_follows_the_hint(
    hint: str, members: dict[str, str]
) -> None:
    told = Told().attribute(f"did/pub/Runes/veriKey{hint}", b"\xfb\xff")
    raw: Any = resolved(told).document.raw
    assert raw["verificationMethod"][-1] == {
        "id": f"{DID}#delegate-1",
        "type": "Runes",
        "controller": str(DID),
        **members,
    }
    with pytest.raises(InvalidVerificationMethod):
        resolved(told).document.method_for(f"{DID}#delegate-1", "assertionMethod")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("did/pub/Secp256k1/veriKey", ED25519.raw),
        ("did/pub/Secp256k1/veriKey", b"\2" + b"\xff" * 32),
        ("did/pub/Secp256k1/veriKey", uncompressed()[:-1] + b"\0"),
        ("did/pub/Secp256k1/veriKey", b"\5" + uncompressed()[1:]),
        ("did/pub/Secp256k1/veriKey", b""),
        ("did/pub/RSA/veriKey/pem", b"\xff"),
        ("did/pub/Ed25519/veriKey", bytes(MAX_KEY_BYTES + 1)),
        ("did/pub/", b""),
        ("did/pub/Ed25519/veriKey/hex/more", ED25519.raw),
        ("did/pub/Ed-25519/veriKey", ED25519.raw),
    ],
)
def test_what_is_no_key_is_counted_and_not_listed(name: str, value: bytes) -> None:
    if name == "did/pub/Secp256k1/veriKey" and value[-1:] == b"\0":
        assert value != uncompressed()
    told = Told().attribute(name, value).delegate()
    assert listed(told) == ["delegate-2"]


@pytest.mark.parametrize(
    "name", ["did/pup/Ed25519/veriKey", "note", "", "DID/pub/Ed25519"]
)
def test_other_attributes_say_nothing_about_the_did(name: str) -> None:
    told = Told().attribute(name, ED25519.raw).delegate()
    assert listed(told) == ["delegate-1"]


@pytest.mark.parametrize(
    ("value", "endpoint"),
    [
        (b"https://board.example/hub", "https://board.example/hub"),
        (b'"https://board.example/hub"', "https://board.example/hub"),
        (b'{"uri": "https://board.example/"}', {"uri": "https://board.example/"}),
        (b'["https://a.example/"]', ["https://a.example/"]),
    ],
)
def test_services(value: bytes, endpoint: object) -> None:
    told = Told().attribute("did/svc/Hub", value)
    raw: Any = resolved(told).document.raw
    assert raw["service"] == [
        {"id": f"{DID}#service-1", "type": "Hub", "serviceEndpoint": endpoint}
    ]
    told.attribute("did/svc/Hub", value, valid_to=0)
    assert "service" not in resolved(told).document.raw


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xff",
        b"a note",
        b"7",
        b"null",
        b"true",
        b'["a note"]',
        b"h:" + b"x" * 9_000,
    ],
)
def test_what_is_no_endpoint_is_counted_and_costs_nothing_else(value: bytes) -> None:
    told = (
        Told()
        .attribute("did/svc/Hub", value)
        .attribute("did/svc/Hub", b"https://board.example/")
        .delegate()
    )
    raw: Any = resolved(told).document.raw
    assert [one["id"] for one in raw["service"]] == [f"{DID}#service-2"]
    assert listed(told) == ["delegate-1"]


def test_each_type_has_the_context_that_defines_it() -> None:
    def contexts(told: Told) -> Any:
        return resolved(told).document.raw["@context"]

    plain = contexts(Told().owner(OTHER))
    assert plain == [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/suites/secp256k1recovery-2020/v2",
    ]
    more = contexts(
        Told()
        .owner(OTHER)
        .attribute("did/pub/Ed25519/veriKey", ED25519.raw)
        .attribute("did/pub/Ed25519/sigAuth", ED25519.raw)
        .attribute("did/pub/Runes/veriKey", b"\1")
    )
    assert more[2:] == [
        "https://w3id.org/security/suites/ed25519-2020/v1",
        {"publicKeyHex": "https://w3id.org/security#publicKeyHex"},
    ]


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"\1" * 20, b"\2" * 20, b"\3" * 20]),
            st.sampled_from(["veriKey", "sigAuth", "else"]),
            st.sampled_from([0, time_of(4), time_of(9), FOREVER]),
        ),
        max_size=8,
    ),
    st.integers(0, 12),
)
def test_the_last_word_on_a_delegate_decides(
    stated: list[tuple[bytes, str, int]], number: int
) -> None:
    told = Told()
    for account, kind, valid_to in stated:
        told.delegate(account, kind, valid_to=valid_to)
    now = at(number)
    last = {
        (account, kind): (f"{DID}#delegate-{index}", valid_to)
        for index, (account, kind, valid_to) in enumerate(stated[:number], 1)
    }
    expected = {
        name
        for (_, kind), (name, valid_to) in last.items()
        if kind != "else" and valid_to >= time_of(number)
    }
    document = told.document(latest=max(len(stated), number))
    found = resolved(document, as_of(version_time=now)).document
    assert {*found.ids_for("assertionMethod")} - {*OWN} == expected
    assert LATEST.version_time is None
