"""What a request may say, and that everything else refuses it with a path."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import MalformedValue, MedidError, ParsingError, TooLarge
from medid.server import requests
from medid.server.requests import (
    CONFORMANCE_RULES,
    DEFAULT_RULES,
    MAX_POINTERS,
    read_derive,
    read_issue,
    read_present,
    read_status,
    read_verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CREDENTIAL = "verifiableCredential"
V2 = "https://www.w3.org/ns/credentials/v2"


def issue(body: bytes) -> Any:
    return read_issue(body, DEFAULT_RULES)


def verify(body: bytes) -> Any:
    return read_verify(body, CREDENTIAL, DEFAULT_RULES)


ENTRY = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": "https://server.example/status/1",
}
# Each reader, and a body that it accepts.
READERS: list[tuple[Callable[[bytes], Any], dict[str, Any]]] = [
    (issue, {"credential": {"a": 1}}),
    (verify, {CREDENTIAL: {"a": 1}}),
    (read_derive, {CREDENTIAL: {"a": 1}, "options": {"selectivePointers": ["/a"]}}),
    (read_present, {"presentation": {"holder": "did:a:b", CREDENTIAL: [{"a": 1}]}}),
    (read_status, {"credentialStatus": ENTRY, "status": True}),
]
EACH = pytest.mark.parametrize(("read", "body"), READERS)


def raw(body: Any) -> bytes:
    return json.dumps(body).encode()


def refused(read: Callable[[bytes], Any], body: Any) -> MedidError:
    with pytest.raises(MedidError) as told:
        read(body if isinstance(body, bytes) else raw(body))
    return told.value


@EACH
def test_what_is_asked_is_read(
    read: Callable[[bytes], Any], body: dict[str, Any]
) -> None:
    read(raw(body))


@EACH
@pytest.mark.parametrize("text", [b"", b"[]", b'"x"', b"{", b'{"a":1,"a":1}', b"\xff"])
def test_what_is_no_json_object_is_refused(
    read: Callable[[bytes], Any], body: Any, text: bytes
) -> None:
    assert isinstance(refused(read, text), ParsingError)


@EACH
def test_an_unknown_member_is_refused(
    read: Callable[[bytes], Any], body: dict[str, Any]
) -> None:
    error = refused(read, {**body, "skipStatus": True})
    assert isinstance(error, MalformedValue)
    assert error.path == "$.skipStatus"


@EACH
def test_a_missing_member_is_named(
    read: Callable[[bytes], Any], body: dict[str, Any]
) -> None:
    for name in body:
        if name != "options":
            without = {one: value for one, value in body.items() if one != name}
            assert refused(read, without).path == f"$.{name}"


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"checks": []}, "$.options.checks"),
        ({"skipStatus": True}, "$.options.skipStatus"),
        ({"now": "2000-01-01T00:00:00Z"}, "$.options.now"),
        ({"trustedIssuers": ["*"]}, "$.options.trustedIssuers"),
        ({"status": "off"}, "$.options.status"),
        ({"skew": 1e9}, "$.options.skew"),
        ({"issuer_signs": False}, "$.options.issuer_signs"),
        ({"challenge": None}, "$.options.challenge"),
        ({"challenge": 7}, "$.options.challenge"),
        ({"domain": ["a"]}, "$.options.domain"),
        ({"requireHolderBinding": "yes"}, "$.options.requireHolderBinding"),
        ({"requireKeyBinding": 1}, "$.options.requireKeyBinding"),
        ({"vct": ""}, "$.options.vct"),
        ([], "$.options"),
        (None, "$.options"),
        ("x", "$.options"),
    ],
)
def test_an_option_that_is_not_allowed_is_refused_by_its_path(
    options: Any, path: str
) -> None:
    body = {CREDENTIAL: {"a": 1}, "options": options}
    assert refused(verify, body).path == path


def test_an_empty_expectation_is_not_none_at_all() -> None:
    options = {"challenge": "", "domain": ""}
    asked = verify(raw({CREDENTIAL: {}, "options": options}))
    assert (asked.challenge, asked.domain) == ("", "")


def test_expectations_can_be_added() -> None:
    options = {
        "challenge": "c",
        "domain": "d",
        "requireHolderBinding": True,
        "requireKeyBinding": False,
        "vct": "v",
    }
    asked = verify(raw({CREDENTIAL: {}, "options": options}))
    assert (asked.challenge, asked.domain, asked.vct) == ("c", "d", "v")
    assert (asked.holder_binding, asked.key_binding) == (True, False)


@pytest.mark.parametrize("value", [None, 7, True, [], [{}], '{"a":1}', " [1]", '"x"'])
def test_a_document_is_an_object_or_a_token(value: Any) -> None:
    error = refused(verify, {CREDENTIAL: value})
    assert isinstance(error, ParsingError)
    assert error.path == f"$.{CREDENTIAL}"


def test_a_token_travels_as_a_string() -> None:
    assert verify(raw({CREDENTIAL: "a.b.c~"})).document == "a.b.c~"


def test_only_the_suites_may_say_which_checks_they_mean() -> None:
    body = raw({CREDENTIAL: {}, "options": {"checks": ["proof"]}})
    read_verify(body, CREDENTIAL, CONFORMANCE_RULES)
    wrong = raw({CREDENTIAL: {}, "options": {"checks": "proof"}})
    with pytest.raises(MalformedValue):
        read_verify(wrong, CREDENTIAL, CONFORMANCE_RULES)


def test_a_status_entry_is_for_the_suites_to_ask() -> None:
    wanted = {"type": ENTRY["type"], "statusPurpose": "revocation"}
    body = {"credential": {}, "options": {"credentialStatus": wanted}}
    assert read_issue(raw(body), CONFORMANCE_RULES).status_purpose == "revocation"
    assert refused(issue, body).path == "$.options.credentialStatus"
    for changes, path in (
        ({"type": "Other"}, "$.options.credentialStatus.type"),
        ({"statusPurpose": ""}, "$.options.credentialStatus.statusPurpose"),
        ({"statusListIndex": "1"}, "$.options.credentialStatus.statusListIndex"),
    ):
        body["options"] = {"credentialStatus": {**wanted, **changes}}
        with pytest.raises(MalformedValue) as told:
            read_issue(raw(body), CONFORMANCE_RULES)
        assert told.value.path == path


def test_pointers_are_strings_and_few() -> None:
    def asked(pointers: Any) -> Any:
        return {"credential": {}, "options": {"mandatoryPointers": pointers}}

    assert issue(raw(asked(["", "/a"]))).mandatory == ("", "/a")
    assert issue(raw(asked(["/a"] * MAX_POINTERS))).mandatory
    path = "$.options.mandatoryPointers"
    assert refused(issue, asked("/a")).path == path
    assert refused(issue, asked([7])).path == f"{path}[0]"
    assert refused(issue, asked(["/a"] * (MAX_POINTERS + 1))).path == path


@pytest.mark.parametrize(
    ("draft", "path"),
    [
        ({"holder": 7}, ".holder"),
        ({"holder": {}}, ".holder.id"),
        ({"holder": {"id": "did:a:b", "name": "x"}}, ".holder.name"),
        ({"holder": ""}, ".holder"),
        ({"id": "urn:uuid:a"}, ".id"),
        ({"proof": {}}, ".proof"),
        ({"@context": [V2, "https://evil.example"]}, "['@context']"),
        ({"type": ["VerifiablePresentation", "Other"]}, ".type"),
        ({CREDENTIAL: None}, f".{CREDENTIAL}"),
        ({CREDENTIAL: [7]}, f".{CREDENTIAL}[0]"),
    ],
)
def test_a_presentation_says_what_will_be_signed(draft: Any, path: str) -> None:
    body = {"holder": "did:a:b", CREDENTIAL: [{"a": 1}], **draft}
    error = refused(read_present, {"presentation": body})
    assert error.path in {f"$.presentation{path}", "$.presentation.@context"}


def test_a_presentation_is_read() -> None:
    draft = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": {"id": "did:a:b"},
        CREDENTIAL: "a.b.c",
    }
    options = {"challenge": "c", "domain": "d"}
    asked = read_present(raw({"presentation": draft, "options": options}))
    assert (asked.holder, asked.challenge, asked.domain) == ("did:a:b", "c", "d")
    assert asked.credentials == ("a.b.c",)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"type": "StatusList2021Entry"}, ".type"),
        ({"statusListIndex": "-1"}, ".statusListIndex"),
        ({"statusListIndex": "01"}, ".statusListIndex"),
        ({"statusListIndex": "٣"}, ".statusListIndex"),
        ({"statusListIndex": "9" * 19}, ".statusListIndex"),
        ({"statusListIndex": 7}, ".statusListIndex"),
        ({"statusListCredential": ""}, ".statusListCredential"),
        ({"statusPurpose": None}, ".statusPurpose"),
        ({"statusSize": 2}, ".statusSize"),
        ({"id": 7}, ".id"),
    ],
)
def test_a_status_entry_is_one_of_a_bitstring(changes: Any, path: str) -> None:
    body = {"credentialStatus": {**ENTRY, **changes}, "status": True}
    assert refused(read_status, body).path == f"$.credentialStatus{path}"


@pytest.mark.parametrize("value", ["", 7, None, {}])
def test_the_id_of_a_credential_is_text(value: Any) -> None:
    body = {"credentialId": value, "credentialStatus": ENTRY, "status": True}
    assert refused(read_status, body).path == "$.credentialId"


@pytest.mark.parametrize("value", ["true", 1, None])
def test_a_status_is_true_or_false(value: Any) -> None:
    body = {"credentialStatus": ENTRY, "status": value}
    assert refused(read_status, body).path == "$.status"


def test_a_request_may_be_a_little_larger_than_its_document() -> None:
    def nested(depth: int) -> bytes:
        return b'{"credential":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"

    issue(nested(requests.LIMITS.max_depth - 1))
    with pytest.raises(TooLarge):
        issue(nested(requests.LIMITS.max_depth))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@EACH
@given(data=st.data())
def test_only_medid_errors_escape_whatever_a_member_holds(
    read: Callable[[bytes], Any], body: dict[str, Any], data: st.DataObject
) -> None:
    """One member, at some depth, of an accepted body is replaced."""
    changed = json.loads(json.dumps(body))
    place: Any = changed
    while True:
        name = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[name], dict) or data.draw(st.booleans()):
            break
        place = place[name]
    place[name] = data.draw(JSON)
    with suppress(MedidError):
        read(raw(changed))
