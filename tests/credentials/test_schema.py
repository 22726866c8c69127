"""JSON Schemas: the official inputs, and the ways a schema can be an attack."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.json import JsonObject, JsonValue, dumps, load_object
from medid.credentials import SchemaReference, parse_credential
from medid.credentials.digests import digests_of, sri
from medid.credentials.schema import (
    check_schema,
    check_schema_credential,
    validate_every_spelling,
    validate_schema,
)
from medid.errors import (
    MalformedValue,
    MedidError,
    MethodNotSupported,
    MissingExtra,
    ParsingError,
    SchemaValidationError,
    TooLarge,
)
from tests.credentials.documents import license_credential, with_value, without
from tests.support import examples, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from medid.credentials import Credential

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
DRAFTS: Final = ("2020-12", "2019-09", "Draft-7")
URL: Final = "https://example.com/schemas/email.json"


def reference(kind: str = "JsonSchema", **members: JsonValue) -> SchemaReference:
    raw: JsonObject = {"id": URL, "type": kind, **members}
    return SchemaReference(
        id=URL,
        types=(kind,),
        digests=digests_of(raw, "$.credentialSchema"),
        path="$.credentialSchema",
        raw=raw,
    )


def official(file: Path) -> Credential:
    """An official input, with the validity of its own version of the data model."""
    document = load_object(file.read_bytes())
    document["validFrom"] = document.pop("issuanceDate")
    return parse_credential(document)


@pytest.mark.parametrize("draft", DRAFTS)
def test_official_json_schemas(draft: str) -> None:
    folder = vectors(f"vc-json-schema-inputs/tests/input/jsonschema/{draft}")
    credential = official(folder / "1-credential.json")
    [named] = credential.schemas
    contents = {n: (folder / f"{n}-schema.json").read_bytes() for n in range(1, 8)}
    check_schema(credential, named, contents[1])
    # Another $id, none, no URL, no $schema, not met.
    for number in (2, 3, 4, 5, 6):
        with pytest.raises(SchemaValidationError):
            check_schema(credential, named, contents[number])
    # An unknown dialect is undecided, and so is another type of schema.
    with pytest.raises(MethodNotSupported):
        check_schema(credential, named, contents[7])
    other = official(folder / "2-credential.json")
    with pytest.raises(MethodNotSupported) as caught:
        check_schema(other, other.schemas[0], contents[1])
    assert caught.value.path == "$.credentialSchema.type"


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_schema_that_is_not_met_says_where(draft: str) -> None:
    folder = vectors(f"vc-json-schema-inputs/tests/input/jsonschema/{draft}")
    schema = load_object((folder / "6-schema.json").read_bytes())
    document = official(folder / "1-credential.json").document
    with pytest.raises(SchemaValidationError) as caught:
        validate_schema(document, schema)
    assert caught.value.path == "$.credentialSubject"
    assert "'required'" in caught.value.message


@pytest.mark.parametrize("draft", DRAFTS)
def test_official_json_schema_credentials(draft: str) -> None:
    folder = vectors(f"vc-json-schema-inputs/tests/input/jsonschemacredential/{draft}")
    credential = official(folder / "1-credential.json")
    [named] = credential.schemas
    outcomes: dict[int, str] = {}
    for number in range(1, 12):
        try:
            holding = official(folder / f"{number}-schema.json")
            check_schema_credential(credential, named, holding)
        except MedidError as error:
            outcomes[number] = error.code
        else:
            outcomes[number] = "met"
    assert outcomes == {
        1: "met",
        **dict.fromkeys((2, 4, 5, 6), "MALFORMED_VALUE_ERROR"),
        **dict.fromkeys((3, 7, 8, 9, 10), "SCHEMA_VALIDATION_ERROR"),
        11: "METHOD_NOT_SUPPORTED",
    }
    other = official(folder / "2-credential.json")
    with pytest.raises(MethodNotSupported):
        check_schema_credential(other, other.schemas[0], credential)


def holding(**subject: JsonValue) -> Credential:
    schema: JsonObject = {"$schema": DIALECT, "$id": URL}
    claims: JsonObject = {"type": "JsonSchema", "jsonSchema": schema, **subject}
    types: JsonValue = ["VerifiableCredential", "JsonSchemaCredential"]
    return parse_credential(
        license_credential(id=URL, type=types, credentialSubject=claims)
    )


def test_a_schema_credential_must_be_the_one_that_is_named() -> None:
    credential, named = (
        parse_credential(license_credential()),
        reference("JsonSchemaCredential"),
    )
    check_schema_credential(credential, named, holding())
    good = holding().document
    subject: JsonObject = {"type": "JsonSchema", "jsonSchema": {}}
    for wrong in (
        with_value(good, "https://example.com/other", "id"),
        with_value(good, ["VerifiableCredential"], "type"),
        with_value(good, [good["credentialSubject"], subject], "credentialSubject"),
        with_value(good, "Other", "credentialSubject", "type"),
        with_value(good, [], "credentialSubject", "jsonSchema"),
        with_value(good, "urn:example:other", "credentialSubject", "id"),
    ):
        with pytest.raises(SchemaValidationError) as caught:
            check_schema_credential(credential, named, parse_credential(wrong))
        assert caught.value.path == "$.credentialSchema"


def test_the_digest_of_a_schema_is_checked_before_it_is_read() -> None:
    credential = parse_credential(license_credential())
    content = dumps({"$schema": DIALECT, "$id": URL}).encode()
    check_schema(credential, reference(digestSRI=sri(content)), content)
    with pytest.raises(MalformedValue) as caught:
        check_schema(credential, reference(digestSRI=sri(b"{")), content)
    assert caught.value.path == "$.credentialSchema"


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"$id":"x","$id":"y"}'])
def test_a_schema_is_strict_json(content: bytes) -> None:
    with pytest.raises((ParsingError, MalformedValue)) as caught:
        check_schema(parse_credential(license_credential()), reference(), content)
    assert caught.value.path.startswith("$.credentialSchema")


def test_a_schema_has_a_limit() -> None:
    content = b'{"x":"' + b"a" * 262_144 + b'"}'
    with pytest.raises(TooLarge):
        check_schema(parse_credential(license_credential()), reference(), content)


def outcome(rules: JsonObject, document: JsonObject | None = None) -> str:
    """How a schema ends, as "met" or the error's message; it must end soon."""
    schema = {"$schema": DIALECT, **rules}
    start = time.process_time()
    try:
        validate_schema(
            document or license_credential(), schema, path="$.credentialSchema"
        )
    except MedidError as error:
        found = error.message
    else:
        found = "met"
    assert time.process_time() - start < 20  # seconds, also under a tracer
    return found


WORK: Final = "the schema asks for more work than is allowed"


def test_ordinary_schemas_are_run() -> None:
    assert outcome({}) == "met"
    assert outcome({"properties": {"id": {"pattern": "^https://"}}}) == "met"
    assert "'pattern'" in outcome({"properties": {"id": {"pattern": "^http$"}}})
    assert outcome({"properties": {"type": {"pattern": "x"}}}) == "met"
    assert outcome({"patternProperties": {"^val": {"type": "string"}}}) == "met"
    local: JsonObject = {"$ref": "#/$defs/x", "$defs": {"x": {"required": ["id"]}}}
    assert outcome(local) == "met"
    assert "'required'" in outcome({"required": ["missing"]})
    others: list[JsonValue] = [{"uniqueItems": True}, {"format": "x"}, {"enum": [1]}]
    for unused in others:
        assert outcome({"properties": {"x": unused}}) == "met"


@pytest.mark.parametrize(
    "rules",
    [
        {"$ref": "https://example.org/schema"},
        {"properties": {"id": {"$ref": "other.json"}}},
        {"allOf": [{"$dynamicRef": "https://example.org/schema#x"}]},
        {"allOf": [{"$recursiveRef": "file:///etc/passwd"}]},
        {"$ref": "//example.org"},
        {"$ref": ""},
    ],
)
def test_no_reference_leaves_the_schema(rules: JsonObject) -> None:
    assert outcome(rules) == "the schema refers to another document"


@pytest.mark.parametrize("rules", [{"type": 1}, {"properties": []}, {"$ref": 1}])
def test_what_is_no_schema_is_refused(rules: JsonObject) -> None:
    assert outcome(rules) == "not a schema of its dialect"


@pytest.mark.parametrize(
    "rules",
    [
        {"$ref": "#/$defs/missing"},
        {"$ref": "#missing"},
        {"properties": {"id": {"$id": "http://[", "$ref": "#/x"}}},
    ],
)
def test_a_reference_that_leads_nowhere(rules: JsonObject) -> None:
    assert outcome(rules) == "a reference leads nowhere within the schema"


@pytest.mark.parametrize(
    "part",
    [
        *("text", 5, None, [1], {"pattern": 5}, {"multipleOf": 0}, {"multipleOf": "x"}),
        *({"maximum": "x"}, {"properties": 5}, {"$ref": 5}, {"type": ["nosuch"]}),
        *({"required": 5}, {"enum": 5}, {"allOf": 5}, {"not": 5}, {"if": 5}),
        *({"patternProperties": {"[]": True}}, {"propertyNames": 5}),
    ],
)
@pytest.mark.parametrize("place", ["unknown", "const"])
def test_a_reference_may_lead_to_what_is_no_schema(place: str, part: JsonValue) -> None:
    document = license_credential(number=1, text="x")
    held: JsonObject = {"const": part} if place == "const" else {}
    to_it: JsonObject = {"$ref": "#/$defs/x/const" if held else "#/unknown"}
    shared: JsonObject = {"unknown": part, "$defs": {"x": held}}
    whole: list[JsonObject] = [
        to_it,
        {"properties": {"number": to_it}},
        {"properties": {"text": to_it}},
    ]
    found = {outcome({**shared, **rules}, document) for rules in whole}
    assert "a part of the schema is no schema of its dialect" in found
    assert found <= {"a part of the schema is no schema of its dialect", "met"}


def test_a_part_with_a_dialect_of_its_own_would_escape_the_bounds() -> None:
    part: JsonObject = {"$schema": DIALECT, "pattern": "(a+)+$"}
    assert "dialect of its own" in outcome({"properties": {"id": part}})


def test_a_schema_that_calls_itself_ends() -> None:
    assert outcome({"$ref": "#"}) == WORK
    assert outcome({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}) == WORK
    unevaluated: JsonObject = {
        "unevaluatedProperties": False,
        "$ref": "#/$defs/x",
        "$defs": {"x": {"$ref": "#/$defs/x"}},
    }
    assert outcome(unevaluated) == WORK


def test_a_schema_that_doubles_at_each_step_ends() -> None:
    steps: JsonObject = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)
    }
    rules: JsonObject = {"$ref": "#/$defs/d0", "$defs": {**steps, "d40": {}}}
    assert outcome(rules) == WORK


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "(a|a)*b", "a*a*a*a*a*b", "(x)\\1", "[", "(?<=a)b"]
)
def test_a_pattern_of_unbounded_work_is_not_run(pattern: str) -> None:
    document = license_credential(extension="a" * 5_000)
    rules: JsonObject = {"properties": {"extension": {"pattern": pattern}}}
    assert outcome(rules, document) == WORK


def test_many_patterns_of_much_work_end() -> None:
    document = license_credential(extension=["a" * 9_000] * 500)
    items: JsonObject = {"items": {"pattern": "a+$"}}
    assert outcome({"properties": {"extension": items}}, document) == WORK


def test_patterns_for_names_are_bounded_by_the_longest_name() -> None:
    rules: JsonObject = {"patternProperties": {"a*a*b": {}}}
    assert outcome(rules) == "met"
    assert outcome(rules, license_credential(**{"a" * 40: 1})) == WORK
    assert outcome({"patternProperties": {"(a+)+": {}}}) == WORK


def test_no_pattern_is_asked_about_a_name_that_ends_a_line() -> None:
    rules: JsonObject = {
        "properties": {"extension": {"patternProperties": {"^a$": {}}}}
    }
    assert outcome(rules, license_credential(extension={"a\nb": 1})) == "met"
    refused = outcome(rules, license_credential(extension={"a\n": 1}))
    assert "ends a line" in refused
    assert outcome({}, license_credential(extension={"a\n": 1})) == "met"


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (r"^\w+$", "stra\u00dfe"),
        (r"^\d+$", "\u0664\u0662"),
        (r"^[^\s]+$", "a\x1cb"),
        (r"^\S+$", "a\ufeffb"),
        (r"^.+$", "a\rb"),
        (r"a\b", "a\u00e9"),
    ],
)
def test_no_pattern_is_asked_about_a_name_that_python_reads_otherwise(
    pattern: str, name: str
) -> None:
    rules: JsonObject = {"patternProperties": {pattern: {}}}
    closed: JsonObject = {"additionalProperties": False}
    some: list[JsonObject] = [rules, {**rules, **closed}, {"not": {**rules, **closed}}]
    for asked in some:
        whole: JsonObject = {"properties": {"extension": asked}}
        found = outcome(whole, license_credential(extension={name: 1}))
        assert "a name with such characters" in found
    # About which both say the same.
    both: JsonObject = {"patternProperties": {"^[^x]+$": {}}, **closed}
    within: JsonObject = {"properties": {"extension": both}}
    assert outcome(within, license_credential(extension={name: 1})) == "met"


@pytest.mark.parametrize("pattern", ["[a&&b]", "[a||b]", "[a~~b]", "[+--]"])
def test_no_pattern_of_names_could_be_read_as_sets(pattern: str) -> None:
    # Python warns of it, and jsonschema has it read the pattern as it is.
    rules: JsonObject = {"patternProperties": {pattern: {}}}
    assert "as sets" in outcome(rules)
    assert outcome({"properties": {"id": {"pattern": f"^[^{pattern[1:]}"}}}) == "met"
    assert outcome({"patternProperties": {"[a&b|c~d-]": {}}}) == "met"


def test_names_of_such_characters_are_asked_about_within_the_bound() -> None:
    names: JsonObject = {f"\u00e9{number}": 1 for number in range(2_000)}
    patterns: JsonObject = {f"^[a-z]{{0,9}}{number}": {} for number in range(50)}
    rules: JsonObject = {"patternProperties": patterns}
    assert outcome(rules, license_credential(extension=names)) == WORK


def test_2019_09_asks_about_members_that_are_named_like_keywords() -> None:
    def found(rules: JsonObject, **extension: JsonValue) -> str:
        document = license_credential(extension=extension)
        named: JsonObject = {"$schema": f"{DIALECT.replace('2020-12', '2019-09')}"}
        return outcome({**named, "properties": {"extension": rules}}, document)

    number: JsonObject = {"type": "number"}
    one: JsonObject = {"unevaluatedProperties": number}
    assert found(one, type=5, other=5) == "met"
    assert "'unevaluatedProperties'" in found(one, type="x")
    assert "'unevaluatedProperties'" in found(one, other="x")
    none: JsonObject = {"unevaluatedProperties": False}
    assert found({"additionalProperties": number, **none}, other=5) == "met"
    assert "'type'" in found({"additionalProperties": number, **none}, other="x")
    assert found({"properties": {"other": number}, **none}, other=5) == "met"
    assert "'unevaluated" in found({"properties": {"a": number}, **none}, other=5)


def test_a_pattern_that_compares_much_at_each_place_is_not_run() -> None:
    document = license_credential(extension="a" * 900_000)
    rules: JsonObject = {"properties": {"extension": {"pattern": "a{9999}b"}}}
    assert outcome({"allOf": [{"not": rules}] * 3}, document) == WORK


def test_each_pattern_is_read_once() -> None:
    document = license_credential(extension=["x"] * 20)
    patterns: list[JsonValue] = [
        {"pattern": f"^{number}{'[a-z]' * 60}$"} for number in range(700)
    ]
    items: JsonObject = {"items": {"anyOf": [*patterns, True]}}
    assert outcome({"properties": {"extension": items}}, document) == "met"


NAMES: Final[JsonObject] = {f"{'a' * 95}{chr(98 + n)}": 1 for n in range(20)}


@pytest.mark.parametrize("keyword", ["additionalProperties", "unevaluatedProperties"])
def test_patterns_of_names_are_few(keyword: str) -> None:
    document = license_credential(extension=NAMES)
    patterns: JsonObject = {f"[a-z]*{number}": {} for number in range(800)}
    for some, found in ((250, "met"), (800, WORK)):
        given: JsonObject = dict([*patterns.items()][:some])
        rules: JsonObject = {keyword: True, "patternProperties": given}
        assert outcome({"properties": {"extension": rules}}, document) == found


@pytest.mark.parametrize(
    "looking", ["unevaluatedProperties", "unevaluatedItems", "additionalProperties"]
)
def test_what_looks_back_looks_at_what_was_paid_for(looking: str) -> None:
    steps: JsonObject = {
        f"d{n}": {
            "dependentSchemas": {
                name: {"$ref": f"#/$defs/d{n + 1}"} for name in ("id", "type")
            }
        }
        for n in range(20)
    }
    rules: JsonObject = {looking: True, "$ref": "#/$defs/d0"}
    assert outcome({**rules, "$defs": {**steps, "d20": {}}}) == WORK


def test_comparing_large_values_is_paid_for() -> None:
    numbers: list[JsonValue] = [number + 0.5 for number in range(4_000)]
    document = license_credential(extension=[[*numbers]])
    steps: JsonObject = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 8} for n in range(4)
    }
    ends: list[JsonObject] = [{"const": [numbers]}, {"enum": [1, [numbers]]}]
    for last in ends:
        shared: JsonObject = {**steps, "d4": last}
        first: JsonObject = {"properties": {"extension": {"$ref": "#/$defs/d3"}}}
        whole: JsonObject = {"properties": {"extension": {"$ref": "#/$defs/d0"}}}
        assert outcome({**first, "$defs": shared}, document) == "met"
        assert outcome({**whole, "$defs": shared}, document) == WORK


def test_long_arrays_and_large_texts_do_not_multiply() -> None:
    many: JsonValue = [{"n": number} for number in range(2_000)]
    unique: JsonObject = {"properties": {"extension": {"uniqueItems": True}}}
    assert outcome(unique, license_credential(extension=many)) == WORK
    choices: JsonObject = {"anyOf": [{"type": "string"}] * 500}
    assert outcome(choices, license_credential(extension="a" * 900_000)) == WORK


def test_no_value_of_the_document_shows_in_the_error() -> None:
    document = license_credential(extension="canary-value")
    rules: JsonObject = {
        "$schema": DIALECT,
        "properties": {"extension": {"type": "integer"}},
    }
    with pytest.raises(SchemaValidationError) as caught:
        validate_schema(document, rules)
    assert caught.value.path == "$.extension"
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


OHIO: Final[JsonObject] = {"place": "US-OH", "code": "RN"}
NAMED: Final[JsonObject] = {
    "properties": {"place": {"const": "US-OH"}, "code": {"pattern": "^RN$"}},
    "required": ["place"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("rules", "value", "met"),
    [
        (NAMED, OHIO, True),
        (NAMED, [OHIO], True),
        (NAMED, [OHIO, OHIO], True),
        (NAMED, {**OHIO, "place": "US-IN"}, False),
        (NAMED, [{**OHIO, "place": "US-IN"}], False),
        (NAMED, [OHIO, {**OHIO, "place": "US-IN"}], False),
        (NAMED, [{"code": "RN"}], False),
        (NAMED, [{**OHIO, "code": ["MD"]}], False),
        (NAMED, [[{**OHIO, "more": 1}]], False),
        ({"contains": NAMED}, [OHIO], True),
        ({"contains": NAMED}, OHIO, True),
        ({"contains": NAMED}, {**OHIO, "place": "US-IN"}, False),
        ({"items": NAMED}, {**OHIO, "place": "US-IN"}, False),
        ({"minItems": 2}, OHIO, False),
        ({"maximum": 5}, [3, 7], False),
        # An empty array states nothing.
        ({"required": ["place"]}, {"place": [], "code": "RN"}, False),
        ({"items": {"required": ["place"]}}, [{"place": []}], False),
        ({"required": ["place"]}, {"place": ["US-OH"], "code": []}, True),
        # What stands there is asked about as it stands, too.
        ({"type": "object", **NAMED}, [OHIO], False),
        ({"type": "array", "items": NAMED}, OHIO, False),
        ({"not": {"contains": {"const": "US-OH"}}}, "US-OH", False),
        ({"not": {"minItems": 2}}, "US-OH", False),
        ({"oneOf": [{"type": "array", "items": NAMED}, NAMED]}, OHIO, True),
    ],
)
def test_a_value_and_an_array_of_it_are_alike(
    rules: JsonObject, value: JsonValue, met: bool
) -> None:
    schema: JsonObject = {"$schema": DIALECT, "properties": {"extension": rules}}
    document = license_credential(extension=value)
    if met:
        validate_every_spelling(document, schema)
        return
    with pytest.raises(SchemaValidationError):
        validate_every_spelling(document, schema)


def test_a_schema_without_dialect_is_refused() -> None:
    for named in (None, 1, ""):
        rules: JsonObject = {"$schema": named} if named is not None else {}
        with pytest.raises((SchemaValidationError, MethodNotSupported)):
            validate_schema(license_credential(), rules)


def test_neither_the_schema_nor_the_document_is_changed() -> None:
    schema: JsonObject = {"$schema": DIALECT + "#", "$id": URL, "required": ["id"]}
    document = license_credential()
    validate_schema(document, schema)
    assert schema == {"$schema": DIALECT + "#", "$id": URL, "required": ["id"]}
    assert document == license_credential()


_NAMES = st.sampled_from(
    [
        *("type", "$ref", "$id", "$anchor", "$defs", "properties", "items", "allOf"),
        *("not", "pattern", "patternProperties", "enum", "const", "if", "then"),
        *("required", "uniqueItems", "unevaluatedProperties", "multipleOf", "contains"),
    ]
)
_SCHEMAS: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from(["#", "#/$defs/a", "string", "a*", "http://[x", "(", "id"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("draft", ["draft/2020-12", "draft/2019-09", "draft-07"])
@settings(max_examples=examples(100), deadline=None)
@given(rules=st.dictionaries(_NAMES, _SCHEMAS, max_size=4))
def test_nothing_but_a_medid_error_escapes(draft: str, rules: JsonObject) -> None:
    scheme = "http" if draft == "draft-07" else "https"
    named = f"{scheme}://json-schema.org/{draft}/schema"
    document = without(license_credential(), "proof")
    try:
        validate_schema(document, {**rules, "$schema": named})
    except MedidError as error:
        assert error.path.startswith("$")  # noqa: PT017 - it need not be raised


def test_without_the_extra_it_says_which_one_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(MissingExtra) as caught:
        validate_schema(
            license_credential(), {"$schema": DIALECT}, path="$.credentialSchema"
        )
    assert "medid[schema]" in caught.value.message
    assert caught.value.path == "$.credentialSchema"
