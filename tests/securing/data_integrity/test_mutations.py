"""Every change of a signed document is refused, and every re-spelling of it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import InvalidSignature, MedidError
from tests.securing.data_integrity.support import (
    NS,
    SUITES,
    license_credential,
    plain_credential,
    signed,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject

CREDENTIALS = "https://www.w3.org/2018/credentials#"
DOCUMENTS = [
    pytest.param(make(), suite, id=f"{make.__name__}-{suite}")
    for make in (license_credential, plain_credential)
    for suite in SUITES
]
every = pytest.mark.parametrize(("document", "suite"), DOCUMENTS)


def _places(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from _places(value[name], *path, name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, *path, index)


def _at(root: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        root = root[step]
    return root


def _refused(mutated: JsonObject) -> None:
    with pytest.raises(MedidError):
        verify(mutated)


def _changed(leaf: Any) -> list[Any]:
    if isinstance(leaf, bool):
        return [not leaf, str(leaf).lower(), int(leaf)]
    if isinstance(leaf, (int, float)):
        return [leaf + 1, str(leaf)]
    if isinstance(leaf, str):
        flipped = leaf[:-1] + chr(ord(leaf[-1]) ^ 1)
        return [flipped, leaf + " ", leaf.swapcase(), leaf + "\u200b", "", None, 7]
    return ["x", 0, False]


@every
def test_each_leaf_changed_is_refused(document: JsonObject, suite: str) -> None:
    secured = signed(document, suite)
    count = 0
    for path in _places(secured):
        leaf = _at(secured, path)
        if isinstance(leaf, (dict, list)):
            continue
        for other in _changed(leaf):
            # A language tag is the same in any case; an equal leaf is no change.
            unchanged = other == leaf and type(other) is type(leaf)
            if unchanged or (path[-1] == "@language" and suite == SUITES[0]):
                continue
            mutated = copy.deepcopy(secured)
            _at(mutated, path[:-1])[path[-1]] = other
            _refused(mutated)
            count += 1
    assert count > 100


@every
def test_each_member_removed_is_refused(document: JsonObject, suite: str) -> None:
    secured = signed(document, suite)
    for path in _places(secured):
        if not path or path == ("proof", "@context"):
            continue
        mutated = copy.deepcopy(secured)
        del _at(mutated, path[:-1])[path[-1]]
        _refused(mutated)


@every
def test_each_member_renamed_is_refused(document: JsonObject, suite: str) -> None:
    secured = signed(document, suite)
    names = ["x", "name", "description", "id", "type", "validFrom", "@id", "@type"]
    for path in _places(secured):
        if not path or not isinstance(path[-1], str):
            continue
        for name in (path[-1].upper(), CREDENTIALS + path[-1], NS + path[-1], *names):
            parent = _at(secured, path[:-1])
            if name in parent:
                continue
            mutated = copy.deepcopy(secured)
            node = _at(mutated, path[:-1])
            node[name] = node.pop(path[-1])
            if suite == SUITES[0] and "fhir" not in path[:-1]:
                assert mutated != secured
            _refused(mutated)


@every
def test_each_member_added_is_refused(document: JsonObject, suite: str) -> None:
    secured = signed(document, suite)
    added: list[tuple[str, Any]] = [
        ("x", "y"),
        ("name", "y"),
        ("validFrom", "2020-01-01T00:00:00Z"),
        ("id", "urn:new"),
        ("evidence", []),
        ("evidence", None),
        ("@included", []),
        ("@nest", {}),
        ("@index", "y"),
        ("https://schema.org/name", "y"),
        (CREDENTIALS + "validUntil", "2099-01-01T00:00:00Z"),
    ]
    for path in _places(secured):
        if not isinstance(_at(secured, path), dict):
            continue
        for name, value in added:
            if name in _at(secured, path):
                continue
            mutated = copy.deepcopy(secured)
            _at(mutated, path)[name] = value
            _refused(mutated)


@every
def test_each_element_repeated_or_wrapped_is_refused(
    document: JsonObject, suite: str
) -> None:
    secured = signed(document, suite)
    for path in _places(secured):
        value = _at(secured, path)
        if isinstance(value, list) and path not in {
            ("@context",),
            ("proof", "@context"),
        }:
            extras: list[Any] = [[value[0]], [[]], [None], [{}]]
            for extra in extras:
                mutated = copy.deepcopy(secured)
                _at(mutated, path).extend(copy.deepcopy(extra))
                _refused(mutated)
        if path and path[0] != "proof" and "@context" not in path:
            mutated = copy.deepcopy(secured)
            _at(mutated, path[:-1])[path[-1]] = [[value]]
            _refused(mutated)


def _key(node: Any, old: str, new: str) -> None:
    node[new] = node.pop(old)


def _rename(document: Any, name: str, prefix: str) -> None:
    document[prefix + name] = document.pop(name)


def _nest(document: Any, name: str) -> None:
    document["@nest"] = {name: document.pop(name)}


def _included(document: Any) -> None:
    subject = document["credentialSubject"]
    document["credentialSubject"] = subject["id"]
    document["@included"] = [subject]


def _split(document: Any) -> None:
    status = document["credentialStatus"]
    index = status.pop("statusListIndex")
    rest = {"id": status["id"], "type": status["type"], "statusListIndex": index}
    document["credentialStatus"] = [status, rest]


RESPELLED: list[tuple[str, Any]] = [
    ("$.validUntil to a full IRI", lambda d: _rename(d, "validUntil", CREDENTIALS)),
    ("$.credentialStatus to a full IRI", lambda d: _rename(
        d, "credentialStatus", CREDENTIALS)),
    ("$.validUntil under @nest", lambda d: _nest(d, "validUntil")),
    ("$.credentialStatus under @nest", lambda d: _nest(d, "credentialStatus")),
    ("subject id to @id", lambda d: _key(d["credentialSubject"], "id", "@id")),
    ("$.id to @id", lambda d: _key(d, "id", "@id")),
    ("$.type to @type", lambda d: _key(d, "type", "@type")),
    ("a type to its IRI", lambda d: d.update(
        type=["VerifiableCredential", NS + "LicenseCredential"])),
    ("a type to its compact IRI", lambda d: d.update(
        type=["VerifiableCredential", "b:LicenseCredential"])),
    ("$.validUntil to a value object", lambda d: d.update(validUntil={
        "@value": d["validUntil"], "@type": "http://www.w3.org/2001/XMLSchema#dateTime"})),
    ("a name to a value object", lambda d: d["issuer"].update(
        name={"@value": d["issuer"]["name"]})),
    ("a subject under @set", lambda d: d.update(
        credentialSubject={"@set": [d["credentialSubject"]]})),
    ("all of it under @graph", lambda d: d.update({"@graph": [
        {k: d.pop(k) for k in list(d) if k not in ("@context", "proof")}]})),
    ("the subject under @included", _included),
    ("a list under @list", lambda d: d["credentialSubject"]["license"].update(
        schedule={"@list": ["2", "3N"]})),
    ("a boolean in quotation marks", lambda d: d["credentialSubject"]["license"].update(
        active="true")),
    ("a number in quotation marks", lambda d: d["credentialSubject"]["license"].update(
        years="12")),
    ("a blank node with a name", lambda d: d["credentialSubject"]["license"].update(
        id="_:b0")),
    ("a status split in two", _split),
    ("a context repeated inside", lambda d: d["credentialSubject"].update(
        {"@context": {"x": "urn:x"}})),
    ("a term by its compact IRI", lambda d: _key(
        d["credentialSubject"]["license"], "number", "b:number")),
]  # fmt: skip


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize(("what", "respell"), RESPELLED)
def test_a_respelling_is_refused(suite: str, what: str, respell: Any) -> None:
    secured = signed(license_credential(), suite)
    mutated = copy.deepcopy(secured)
    respell(mutated)
    assert mutated != secured, what
    _refused(mutated)


@pytest.mark.parametrize("suite", SUITES)
def test_a_respelling_that_rdf_cannot_see_has_the_same_rdf(suite: str) -> None:
    # The reason for all of the above: pyld and the signature see no difference.
    from pyld import jsonld

    from medid.jsonld import general
    from tests.securing.data_integrity.support import STORE

    document = license_credential()
    mutated = copy.deepcopy(document)
    _rename(mutated, "validUntil", CREDENTIALS)
    mutated[CREDENTIALS + "validUntil"] = {
        "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
        "@value": document["validUntil"],
    }
    options = {"format": "application/n-quads", "algorithm": "URDNA2015"}
    one, two = (
        jsonld.normalize(each, {**general._options(STORE), **options})
        for each in (document, mutated)
    )
    assert one == two
    _refused({**mutated, "proof": signed(document, suite)["proof"]})


@every
def test_spelling_json_otherwise_changes_nothing(
    document: JsonObject, suite: str
) -> None:
    secured = signed(document, suite)
    reordered = dict(reversed(secured.items()))
    escaped = json.loads(json.dumps(secured, ensure_ascii=True, indent=3))
    assert list(reordered) != list(secured)
    for same in (reordered, escaped):
        verify(same)


def test_the_order_of_a_set_is_not_signed_in_rdf_and_is_in_json() -> None:
    for suite in SUITES:
        secured: Any = signed(license_credential(), suite)
        secured["credentialSubject"]["license"]["profession"].reverse()
        if suite == SUITES[0]:
            verify(secured)
        else:
            with pytest.raises(InvalidSignature):
                verify(secured)


def test_the_order_of_a_list_is_signed() -> None:
    for suite in SUITES:
        secured: Any = signed(license_credential(), suite)
        secured["credentialSubject"]["license"]["schedule"].reverse()
        with pytest.raises(InvalidSignature):
            verify(secured)
