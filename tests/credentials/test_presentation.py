"""What makes a presentation, and where a wrong one is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medid.credentials import (
    CONTEXT_V1,
    Credential,
    EnvelopedCredential,
    check_self_asserted,
    parse_enveloped_credential,
    parse_enveloped_presentation,
    parse_presentation,
)
from medid.errors import (
    HolderBindingError,
    MalformedValue,
    MethodNotSupported,
    TooLarge,
)
from tests.credentials.documents import (
    enveloped,
    license_credential,
    old_credential,
    presentation,
    without,
)

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue


def refused_at(document: JsonObject) -> str:
    with pytest.raises(MalformedValue) as caught:
        parse_presentation(document)
    return caught.value.path


def test_every_member_is_read() -> None:
    document = presentation()
    found = parse_presentation(document)
    assert found.version == "2.0"
    assert found.id == "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5"
    assert found.holder == "did:example:doctor"
    assert found.has_proof
    assert found.document is document
    embedded, closed = found.entries
    assert isinstance(embedded, Credential)
    assert embedded.path == "$"
    assert isinstance(closed, EnvelopedCredential)
    assert closed.media_type == "application/vc+jwt"
    assert closed.content == "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl"
    assert found.credentials == (license_credential(), closed)
    assert found.self_asserted == ()


def test_a_presentation_may_hold_nothing_but_its_type() -> None:
    document = without(presentation(), "verifiableCredential")
    found = parse_presentation(without(without(document, "holder"), "proof"))
    assert (found.holder, found.entries, found.has_proof) == (None, (), False)


def test_a_presentation_of_one_credential_needs_no_array() -> None:
    found = parse_presentation(presentation(verifiableCredential=license_credential()))
    [entry] = found.entries
    assert entry.path == "$"


def test_a_presentation_of_version_1_1() -> None:
    old: JsonValue = [old_credential()]
    contexts: JsonValue = [CONTEXT_V1]
    changes = {"@context": contexts, "verifiableCredential": old}
    assert parse_presentation(presentation(**changes)).version == "1.1"


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("holder", "doctor", "$.holder"),
        ("holder", None, "$.holder"),
        ("holder", ["did:example:doctor"], "$.holder"),
        ("holder", {"name": "x"}, "$.holder.id"),
        ("holder", {"id": ["did:example:doctor"]}, "$.holder.id"),
        ("type", ["VerifiableCredential"], "$.type"),
        ("type", ["VerifiableCredential", "VerifiablePresentation"], "$.type"),
        ("id", ["urn:x:y"], "$.id"),
        ("proof", [], "$.proof"),
        ("verifiableCredential", [], "$.verifiableCredential"),
        ("verifiableCredential", "eyJ.e30.x", "$.verifiableCredential"),
        ("verifiableCredential", ["eyJ.e30.x"], "$.verifiableCredential[0]"),
        ("verifiableCredential", [[]], "$.verifiableCredential[0]"),
        ("verifiableCredential", [{}], "$.verifiableCredential[0].type"),
        ("termsOfUse", {}, "$.termsOfUse.type"),
    ],
)
def test_members_of_another_form(name: str, value: JsonValue, path: str) -> None:
    assert refused_at(presentation(**{name: value})) == path


def test_one_malformed_credential_refuses_the_presentation() -> None:
    wrong = license_credential(issuer="board")
    both: JsonValue = [license_credential(), wrong]
    assert refused_at(presentation(verifiableCredential=both)) == (
        "$.verifiableCredential[1].issuer"
    )


def test_more_than_32_credentials_are_refused() -> None:
    many: JsonValue = [enveloped() for _ in range(33)]
    with pytest.raises(TooLarge) as caught:
        parse_presentation(presentation(verifiableCredential=many))
    assert caught.value.path == "$.verifiableCredential"
    allowed: JsonValue = [enveloped() for _ in range(32)]
    found = parse_presentation(presentation(verifiableCredential=allowed))
    assert len(found.entries) == 32


@pytest.mark.parametrize(
    ("url", "media_type"),
    [
        ("data:application/vc-ld+jwt,a.b.c", "application/vc+jwt"),
        ("data:application/vc-ld+jwt;base64url,a.b.c", "application/vc+jwt"),
        ("data:application/vc+sd-jwt,a.b.c~d~", "application/vc+sd-jwt"),
        ("data:application/vc-ld+sd-jwt,a.b.c~", "application/vc+sd-jwt"),
        ("data:application/dc+sd-jwt,a.b.c~", "application/dc+sd-jwt"),
        ("data:application/vc+cose;base64,0oRY+/==", "application/vc+cose"),
        ("data:application/vc+cose;base64,0oRY", "application/vc+cose"),
    ],
)
def test_envelopes_that_can_be_opened(url: str, media_type: str) -> None:
    assert parse_enveloped_credential(enveloped(id=url)).media_type == media_type


@pytest.mark.parametrize("encoded", ["YS5iLmN+ZH4=", "YS5iLmN+ZH4"])
def test_a_token_in_base64_is_the_same_token(encoded: str) -> None:
    """RFC 2397 leaves it to whoever writes a URL."""
    for media_type in ("application/vc+sd-jwt", "application/dc+sd-jwt"):
        url = f"data:{media_type};base64,{encoded}"
        found = parse_enveloped_credential(enveloped(id=url))
        assert (found.media_type, found.content) == (media_type, "a.b.c~d~")


@pytest.mark.parametrize(
    "url",
    [
        "data:application/vc+cwt;base64,0oRY+/==",
        "data:application/vp+cose;base64,0oRY+/==",
        "data:application/json,{}",
        "data:text/html;charset=utf-8,<p>",
        "data:application/vp+jwt,a.b.c",
    ],
)
def test_an_envelope_that_cannot_be_opened_is_not_called_wrong(url: str) -> None:
    with pytest.raises(MethodNotSupported) as caught:
        parse_enveloped_credential(enveloped(id=url))
    assert caught.value.path == "$.id"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": "https://board.example/vc"}, "$.id"),
        ({"id": "data:application/vc+jwt,"}, "$.id"),
        ({"id": "data:application/vc+jwt,a b"}, "$.id"),
        ({"id": "data:application/vc+jwt,a.b.c\n"}, "$.id"),
        ({"id": "data:application/vc+jwt;base64,a.b.c"}, "$.id"),
        ({"id": "data:application/vc+jwt;base64,YS5iLmM=="}, "$.id"),
        ({"id": "data:application/vc+jwt;base64,YS5iIGM="}, "$.id"),
        ({"id": "data:application/vc+jwt;base64,6S5iLmM="}, "$.id"),
        ({"id": "data:application/vc+jwt;base64,YS5iLmMK"}, "$.id"),
        ({"id": "data:application/vc+jwt;base64url,YS5iIGM="}, "$.id"),
        ({"id": "data:application/vc+jwt;charset=utf-8;base64,YS5iLmM="}, "$.id"),
        ({"id": "data:application/vc+jwt;base64;base64,YS5iLmM="}, "$.id"),
        ({"id": "data:application/vc+cose,0oRY"}, "$.id"),
        ({"id": "data:application/vc+cose;base64url,0oRY"}, "$.id"),
        ({"id": "data:application/vc+cose;base64,0oR-_A"}, "$.id"),
        ({"id": "data:application/vc+cose;base64,0oRY\n\n"}, "$.id"),
        ({"id": "data:application/vc+cose;base64,0oRY==="}, "$.id"),
        ({"id": "data:application/vc+cose;charset=utf-8;base64,0oRY"}, "$.id"),
        ({"id": 1}, "$.id"),
        ({"type": ["EnvelopedVerifiableCredential", "VerifiableCredential"]}, "$"),
        ({"type": "VerifiableCredential"}, "$"),
        ({"@context": CONTEXT_V1}, "$"),
        ({"credentialSubject": {"id": "did:x:y"}}, "$.credentialSubject"),
        ({"issuer": "did:example:board"}, "$.issuer"),
    ],
)
def test_a_malformed_envelope(changes: JsonObject, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        parse_enveloped_credential(enveloped(**changes))
    assert caught.value.path == path


def test_an_enveloped_presentation() -> None:
    document = enveloped(
        type="EnvelopedVerifiablePresentation",
        id="data:application/vp+jwt,a.b.c",
    )
    found = parse_enveloped_presentation(document)
    assert (found.media_type, found.content) == ("application/vp+jwt", "a.b.c")
    with pytest.raises(MalformedValue):
        parse_enveloped_presentation(enveloped())


def test_what_is_enveloped_does_not_show_in_the_representation() -> None:
    assert "eyJ" not in repr(parse_enveloped_credential(enveloped()))


def test_a_credential_without_proof_speaks_for_its_holder_only() -> None:
    own = without(license_credential(issuer="did:example:doctor"), "proof")
    document = presentation(verifiableCredential=own)
    check_self_asserted(parse_presentation(document))
    for changes in ({"holder": "did:example:other"}, {}):
        found = parse_presentation({**without(document, "holder"), **changes})
        with pytest.raises(HolderBindingError) as caught:
            check_self_asserted(found)
        assert caught.value.path == "$.verifiableCredential.issuer"


def test_credentials_with_a_proof_or_an_envelope_are_not_asked_whose_they_are() -> None:
    stranger = license_credential(issuer="did:example:stranger")
    own = without(license_credential(issuer="did:example:doctor"), "proof")
    check_self_asserted(
        parse_presentation(
            presentation(verifiableCredential=[stranger, enveloped(), own])
        )
    )
    foreign = without(stranger, "proof")
    found = parse_presentation(
        presentation(verifiableCredential=[enveloped(), stranger, foreign])
    )
    with pytest.raises(HolderBindingError) as caught:
        check_self_asserted(found)
    assert caught.value.path == "$.verifiableCredential[2].issuer"


# Tokens, which stand for themselves in JWTs of version 1.1


def with_tokens(*entries: JsonValue, single: bool = False) -> JsonObject:
    document = presentation()
    document["@context"] = [CONTEXT_V1]
    document["verifiableCredential"] = entries[0] if single else list(entries)
    return without(document, "proof")


def test_tokens_are_read_where_they_may_stand() -> None:
    document = with_tokens("e30.e30.c2ln", old_credential(), enveloped())
    first, second, third = parse_presentation(document, tokens=True).entries
    assert isinstance(first, EnvelopedCredential)
    assert (first.media_type, first.content) == ("application/jwt", "e30.e30.c2ln")
    assert isinstance(second, Credential)
    assert isinstance(third, EnvelopedCredential)
    [only] = parse_presentation(with_tokens("a.b.c", single=True), tokens=True).entries
    assert isinstance(only, EnvelopedCredential)
    with pytest.raises(MalformedValue) as caught:
        parse_presentation(document)
    assert caught.value.path == "$.verifiableCredential[0]"


@pytest.mark.parametrize("entry", ["", "a b.c.d", "{}", "a.b.c\n", 7, None, ["a.b.c"]])
def test_what_is_no_token(entry: JsonValue) -> None:
    with pytest.raises(MalformedValue) as caught:
        parse_presentation(with_tokens("a.b.c", entry), tokens=True)
    assert caught.value.path == "$.verifiableCredential[1]"


def test_tokens_are_counted_too() -> None:
    with pytest.raises(TooLarge):
        parse_presentation(with_tokens(*["a.b.c"] * 33), tokens=True)
    assert len(parse_presentation(with_tokens(*["a.b.c"] * 32), tokens=True).entries)
    with pytest.raises(MalformedValue):
        parse_presentation(with_tokens(), tokens=True)
