"""What makes a credential, and where a wrong one is wrong."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING

import pytest

from medid.core.instant import Instant, Window
from medid.credentials import (
    CONTEXT_V1,
    CONTEXT_V2,
    LanguageValue,
    parse_credential,
)
from medid.errors import MalformedValue, NotCompact, StatusRangeError, TooLarge
from tests.credentials.documents import (
    license_credential,
    old_credential,
    status_entry,
    with_value,
    without,
)

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue


def refused_at(document: JsonObject) -> str:
    with pytest.raises(MalformedValue) as caught:
        parse_credential(document)
    return caught.value.path


def test_every_member_is_read() -> None:
    document = license_credential()
    found = parse_credential(document)
    assert found.version == "2.0"
    assert found.id == "https://board.example/licenses/4711"
    assert found.types == ("VerifiableCredential", "LicenseCredential")
    assert found.contexts == (CONTEXT_V2, "https://example.org/contexts/license/v1")
    assert found.issuer.id == "did:web:board.example"
    assert [name.value for name in found.issuer.names] == ["Board of Medicine"]
    assert found.issuer.descriptions[0].language == "en-US"
    assert [subject.id for subject in found.subjects] == ["did:example:doctor"]
    assert found.subjects[0].claims["license"] == {"number": "4711"}
    assert found.validity == Window(
        Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2026-12-31T23:00:00Z")
    )
    assert found.names[1] == LanguageValue(
        value="رخصة طبية", language="ar", direction="rtl"
    )
    assert found.descriptions[0].language is None
    assert found.schemas[0].digests[0].algorithm == "sha384"
    assert found.related_resources[0].media_type == "application/pdf"
    assert found.evidence[0].id == "urn:example:exam"
    assert found.terms_of_use[0].types == ("BoardTerms",)
    assert found.refresh_service[0].types == ("Renewal",)
    assert found.has_proof


def test_null_is_kept_where_the_data_model_says_nothing_about_it() -> None:
    found = parse_credential(license_credential(extension=[{"given": ["A", None]}]))
    assert found.document["extension"] == [{"given": ["A", None]}]


def test_the_document_is_kept_untouched() -> None:
    document = license_credential()
    before = copy.deepcopy(document)
    assert parse_credential(document).document is document
    assert document == before


def test_no_claim_shows_in_the_representation() -> None:
    shown = repr(parse_credential(license_credential()))
    assert "4711" not in shown.replace("https://board.example/licenses/4711", "")
    assert "Medical license" not in shown


def test_a_credential_can_be_compared_and_hashed() -> None:
    one, other = (parse_credential(license_credential()) for _ in range(2))
    assert one == other
    assert len({one, other}) == 1


def test_the_path_of_the_document_leads_every_path() -> None:
    with pytest.raises(MalformedValue) as caught:
        parse_credential({}, path="$.verifiableCredential[3]")
    assert caught.value.path == "$.verifiableCredential[3].@context"


@pytest.mark.parametrize("value", [None, [], "x", 1, True, 1.5, object()])
def test_what_is_no_object_is_refused(value: JsonObject) -> None:
    with pytest.raises(MalformedValue):
        parse_credential(value)


@pytest.mark.parametrize(
    ("contexts", "path"),
    [
        ([], "$.@context"),
        ("https://example.org/v1", "$.@context"),
        ({"name": "https://schema.org/name"}, "$.@context"),
        (["https://example.org/v1", CONTEXT_V2], "$.@context"),
        ([CONTEXT_V2, CONTEXT_V1], "$.@context"),
        ([CONTEXT_V2, CONTEXT_V2], "$.@context"),
        ([CONTEXT_V2, None], "$.@context[1]"),
        ([CONTEXT_V2, [CONTEXT_V2]], "$.@context[1]"),
        ([CONTEXT_V2, "relative"], "$.@context[1]"),
        ([CONTEXT_V2 + " "], "$.@context[0]"),
        ([CONTEXT_V2.upper()], "$.@context"),
    ],
)
def test_contexts(contexts: JsonValue, path: str) -> None:
    assert refused_at(license_credential(**{"@context": contexts})) == path


def test_one_base_context_alone_and_an_inline_context_are_accepted() -> None:
    alone = parse_credential(license_credential(**{"@context": CONTEXT_V2}))
    assert alone.contexts == (CONTEXT_V2,)
    inline: JsonValue = [CONTEXT_V2, {"@vocab": None}]
    found = parse_credential(license_credential(**{"@context": inline}))
    assert found.contexts[1] == {"@vocab": None}


@pytest.mark.parametrize(
    ("types", "path"),
    [
        ([], "$.type"),
        ("", "$.type"),
        ("LicenseCredential", "$.type"),
        (["VerifiableCredential", ""], "$.type[1]"),
        (["VerifiableCredential", "VerifiableCredential"], "$.type[1]"),
        (["VerifiableCredential", "VerifiablePresentation"], "$.type"),
        (["VerifiableCredential", " padded"], "$.type[1]"),
        (["VerifiableCredential", "zero\u200bwidth"], "$.type[1]"),
        (["VerifiableCredential", ["LicenseCredential"]], "$.type[1]"),
    ],
)
def test_types(types: JsonValue, path: str) -> None:
    assert refused_at(license_credential(type=types)) == path


def test_many_types_take_no_more_than_linear_time() -> None:
    names: list[JsonValue] = [f"https://example.org/types/{n}" for n in range(9_000)]
    document = license_credential(type=["VerifiableCredential", *names])
    begun = time.process_time()
    assert len(parse_credential(document).types) == 9_001
    assert time.process_time() - begun < 0.4  # seconds, also under a tracer
    with pytest.raises(MalformedValue) as caught:
        parse_credential(
            {**document, "type": ["VerifiableCredential", *names, names[0]]}
        )
    assert caught.value.path == "$.type[9001]"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relative",
        "//board.example/x",
        "https:board.example",
        "https://",
        "https:///path",
        "HTTPS:board.example",
        "did:web",
        "did:web:",
        "did:WEB:board.example",
        "https://board.example/a b",
        "https://board.example/\n",
        "https://board.example/%zz",
        "https://board.example/%4",
        "https://board.example/\u202e",
        "https://board.example/\u00a0",
        "https://board.example/<x>",
        "1https://board.example",
        ["https://board.example/"],
        None,
        {"id": "https://board.example/"},
    ],
)
def test_what_is_no_absolute_url_is_refused_as_id(url: JsonValue) -> None:
    path = refused_at(license_credential(id=url))
    assert path.startswith("$.id")


@pytest.mark.parametrize(
    "url",
    [
        "https://board.example",
        "http://board.example:8080/%C3%A4?x=1#y",
        "https://bücher.example/ä",
        "did:key:z6Mk",
        "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
        "tag:board.example,2026:x",
    ],
)
def test_every_absolute_url_is_an_id(url: str) -> None:
    assert parse_credential(license_credential(id=url)).id == url


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("credentialSubject", [], "$.credentialSubject"),
        ("credentialSubject", ["did:example:doctor"], "$.credentialSubject[0]"),
        ("credentialSubject", {"id": "x"}, "$.credentialSubject.id"),
        ("credentialSubject", [{"id": "did:e:x"}, {}], "$.credentialSubject[1]"),
        ("issuer", {}, "$.issuer.id"),
        ("issuer", [{"id": "did:example:x"}], "$.issuer"),
        ("validFrom", "2026-01-01T00:00:00", "$.validFrom"),
        ("validFrom", "2026-01-01", "$.validFrom"),
        ("validFrom", 1767225600, "$.validFrom"),
        ("validUntil", "2025-12-31T23:59:59Z", "$.validUntil"),
        ("issuanceDate", "2026-01-01T00:00:00Z", "$.issuanceDate"),
        ("expirationDate", "2026-01-01T00:00:00Z", "$.expirationDate"),
        ("name", [], "$.name"),
        ("name", ["Dog"], "$.name[0]"),
        ("name", {"@language": "en"}, "$.name.@value"),
        ("name", {"@value": 1}, "$.name.@value"),
        ("name", {"@value": "x", "@language": "e n"}, "$.name.@language"),
        ("name", {"@value": "x", "@direction": "up"}, "$.name.@direction"),
        ("name", {"@value": "x", "@type": "y"}, "$.name.@type"),
        ("evidence", [], "$.evidence"),
        ("evidence", ["x"], "$.evidence[0]"),
        ("evidence", [{"type": "X"}, {}], "$.evidence[1].type"),
        ("termsOfUse", {"type": "X", "id": 1}, "$.termsOfUse.id"),
        ("refreshService", {"type": []}, "$.refreshService.type"),
        ("proof", [], "$.proof"),
        ("proof", "x", "$.proof"),
        ("credentialSchema", {"type": "X", "id": "x"}, "$.credentialSchema.id"),
        ("credentialStatus", [], "$.credentialStatus"),
        ("relatedResource", {"id": "urn:x:y"}, "$.relatedResource"),
        ("extension", (1, 2), "$.extension"),
        ("extension", {1: 2}, "$.extension"),
    ],
)
def test_members_of_another_form(name: str, value: JsonValue, path: str) -> None:
    assert refused_at(license_credential(**{name: value})) == path


@pytest.mark.parametrize("name", ["@context", "type", "issuer", "credentialSubject"])
def test_required_members(name: str) -> None:
    assert refused_at(without(license_credential(), name)) == f"$.{name}"


def test_validity_may_begin_and_end_at_one_instant() -> None:
    moment = "2026-01-01T00:00:00Z"
    found = parse_credential(license_credential(validFrom=moment, validUntil=moment))
    assert found.validity.start == found.validity.end


def test_validity_is_unbounded_where_nothing_is_said() -> None:
    document = without(without(license_credential(), "validFrom"), "validUntil")
    assert parse_credential(document).validity == Window()


def test_version_1_1_is_read_in_its_own_words() -> None:
    found = parse_credential(old_credential())
    assert found.version == "1.1"
    assert found.validity == Window(
        Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2027-01-01T00:00:00Z")
    )
    assert found.issuer.names == ()


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (without(old_credential(), "issuanceDate"), "$.issuanceDate"),
        (old_credential(validUntil="2026-06-01T00:00:00Z"), "$.validUntil"),
        (old_credential(validFrom="2026-06-01T00:00:00Z"), "$.validFrom"),
        (old_credential(expirationDate="2025-01-01T00:00:00Z"), "$.expirationDate"),
    ],
)
def test_version_1_1_refuses_the_words_of_2_0(document: JsonObject, path: str) -> None:
    assert refused_at(document) == path


def test_too_deep_and_too_many_are_refused() -> None:
    deep: JsonValue = "x"
    for _ in range(70):
        deep = [deep]
    many: JsonValue = [*range(10_001)]
    for value in (deep, many):
        with pytest.raises(TooLarge) as caught:
            parse_credential(license_credential(extension=value))
        assert caught.value.path.startswith("$.extension")


def test_64_levels_are_accepted_and_65_are_not() -> None:
    deep: JsonValue = "x"
    for _ in range(63):
        deep = [deep]
    assert parse_credential(license_credential(extension=deep)).document
    with pytest.raises(TooLarge):
        parse_credential(license_credential(extension=[deep]))


def test_a_document_that_holds_itself_is_refused() -> None:
    document = license_credential()
    document["extension"] = document
    with pytest.raises(TooLarge):
        parse_credential(document)


def test_a_status_entry_is_read() -> None:
    [entry] = parse_credential(license_credential()).status
    assert entry.type == "BitstringStatusListEntry"
    assert (entry.purpose, entry.index, entry.size) == ("message", 94567, 1)
    assert entry.list_url == "https://board.example/status/7"
    assert [message.message for message in entry.messages] == ["pending", "reviewed"]
    assert entry.references == ("https://board.example/codes",)
    assert entry.path == "$.credentialStatus[0]"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"statusListIndex": 94567}, "statusListIndex"),
        ({"statusListIndex": "-1"}, "statusListIndex"),
        ({"statusListIndex": "+1"}, "statusListIndex"),
        ({"statusListIndex": "01"}, "statusListIndex"),
        ({"statusListIndex": " 1"}, "statusListIndex"),
        ({"statusListIndex": "1\n"}, "statusListIndex"),
        ({"statusListIndex": "4_2"}, "statusListIndex"),
        ({"statusListIndex": "1.0"}, "statusListIndex"),
        ({"statusListIndex": "0x1"}, "statusListIndex"),
        ({"statusListIndex": "٤٢"}, "statusListIndex"),
        ({"statusListIndex": ""}, "statusListIndex"),
        ({"statusListIndex": ["1"]}, "statusListIndex"),
        ({"statusPurpose": ""}, "statusPurpose"),
        ({"statusPurpose": ["revocation"]}, "statusPurpose"),
        ({"statusListCredential": "status/7"}, "statusListCredential"),
        ({"id": "https://board.example/status/7"}, "id"),
        ({"type": ["BitstringStatusListEntry", "StatusList2021Entry"]}, "type"),
        ({"type": ["StatusList2021Entry", "Other"]}, "type"),
        ({"statusSize": 0}, "statusSize"),
        ({"statusSize": 33}, "statusSize"),
        ({"statusSize": True}, "statusSize"),
        ({"statusSize": "1"}, "statusSize"),
        ({"statusSize": 2}, "statusMessage"),
        ({"statusMessage": []}, "statusMessage"),
        ({"statusMessage": {}}, "statusMessage"),
        ({"statusMessage": [1, 2]}, "statusMessage[0]"),
        ({"statusReference": []}, "statusReference"),
        ({"statusReference": [1]}, "statusReference[0]"),
        ({"statusReference": "x"}, "statusReference"),
    ],
)
def test_a_malformed_status_entry(changes: JsonObject, path: str) -> None:
    document = license_credential(credentialStatus=status_entry(**changes))
    assert refused_at(document) == f"$.credentialStatus.{path}"


@pytest.mark.parametrize(
    "name", ["statusListIndex", "statusPurpose", "statusListCredential"]
)
def test_a_status_entry_without_a_required_member(name: str) -> None:
    document = without(license_credential(), "credentialStatus", 0, name)
    assert refused_at(document) == f"$.credentialStatus[0].{name}"


@pytest.mark.parametrize("status", ["0x0", "1", "0x2", "0xg", "0X1", "0x123456789"])
def test_status_messages_name_each_code_once(status: str) -> None:
    document = with_value(
        license_credential(),
        status,
        *("credentialStatus", 0, "statusMessage", 1, "status"),
    )
    assert refused_at(document).startswith("$.credentialStatus[0].statusMessage")


def test_status_messages_are_put_in_the_order_of_their_codes() -> None:
    codes = ("0x3", "0x01", "0x0", "0x2")
    messages: JsonValue = [{"status": code, "message": code} for code in codes]
    entry = status_entry(statusSize=2, statusMessage=messages)
    [found] = parse_credential(license_credential(credentialStatus=entry)).status
    assert [message.message for message in found.messages] == [
        *("0x0", "0x01", "0x2", "0x3")
    ]


def test_a_status_entry_needs_no_messages_for_one_bit() -> None:
    entry = without(status_entry(), "statusMessage")
    entry = without(without(entry, "statusSize"), "statusReference")
    entry["statusReference"] = "https://board.example/codes"
    [found] = parse_credential(license_credential(credentialStatus=entry)).status
    assert (found.size, found.messages) == (1, ())
    assert found.references == ("https://board.example/codes",)


def test_a_wide_status_without_messages_is_refused() -> None:
    entry = without(status_entry(statusSize=2), "statusMessage")
    document = license_credential(credentialStatus=entry)
    assert refused_at(document) == "$.credentialStatus.statusMessage"


def test_the_messages_are_counted_before_their_codes_are_compared() -> None:
    # Two to the power of 32 codes to compare with would not fit into memory.
    document = license_credential(credentialStatus=status_entry(statusSize=32))
    with pytest.raises(MalformedValue) as caught:
        parse_credential(document)
    assert caught.value.message == "not one message for each status code"


def test_an_index_beyond_any_list_is_out_of_range_and_not_a_crash() -> None:
    entry = status_entry(statusListIndex="9" * 5000)
    with pytest.raises(StatusRangeError) as caught:
        parse_credential(license_credential(credentialStatus=entry))
    assert caught.value.path == "$.credentialStatus.statusListIndex"


def test_an_unknown_status_type_keeps_its_json() -> None:
    raw: JsonObject = {"type": ["RevocationList2020Status", "X"], "statusListIndex": 1}
    [entry] = parse_credential(license_credential(credentialStatus=raw)).status
    assert (entry.type, entry.types) == ("RevocationList2020Status", tuple(raw["type"]))  # type: ignore[arg-type]
    assert (entry.index, entry.list_url, entry.raw) == (None, None, raw)


def test_an_entry_of_the_older_list_is_one_bit_without_messages() -> None:
    raw: JsonObject = {
        "type": "StatusList2021Entry",
        "statusPurpose": "suspension",
        "statusListIndex": "7",
        "statusListCredential": "https://board.example/status/7",
        "statusSize": 8,
        "statusMessage": "x",
    }
    [entry] = parse_credential(license_credential(credentialStatus=raw)).status
    assert (entry.type, entry.purpose) == ("StatusList2021Entry", "suspension")
    assert (entry.index, entry.size, entry.messages) == (7, 1, ())
    for name in ("statusPurpose", "statusListIndex"):
        without = {key: value for key, value in raw.items() if key != name}
        with pytest.raises(MalformedValue) as caught:
            parse_credential(license_credential(credentialStatus=without))
        assert caught.value.path == f"$.credentialStatus.{name}"
    without = {k: v for k, v in raw.items() if k != "statusListCredential"}
    [entry] = parse_credential(license_credential(credentialStatus=without)).status
    assert (entry.type, entry.list_url, entry.index) == (
        "StatusList2021Entry",
        None,
        None,
    )


def test_a_status_entry_may_use_no_optional_member() -> None:
    raw: JsonObject = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "0",
        "statusListCredential": "https://board.example/status/3",
    }
    [entry] = parse_credential(license_credential(credentialStatus=raw)).status
    assert (entry.id, entry.index, entry.references) == (None, 0, ())


def test_an_issuer_who_is_the_subject_has_its_claims_at_the_subject() -> None:
    own: JsonObject = {"id": "did:example:p", "name": "P"}
    subject: JsonObject = {"id": "did:example:p", "consent": {}}
    assert (
        parse_credential(
            license_credential(issuer=own, credentialSubject=subject)
        ).issuer.id
        == "did:example:p"
    )
    for moved in ({**own, "type": "Patient"}, {**own, "consent": {}}):
        with pytest.raises(NotCompact) as caught:
            parse_credential(
                license_credential(
                    issuer=moved, credentialSubject=[{"id": "did:example:p"}]
                )
            )
        assert caught.value.path == "$.issuer"
    other: JsonObject = {"id": "did:example:board", "type": "Board"}
    parse_credential(license_credential(issuer=other, credentialSubject=subject))
