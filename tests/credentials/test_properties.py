"""For any change of any member: a MedidError that points at it, and nothing else."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.credentials import parse_credential, parse_presentation
from medid.errors import MedidError, child
from tests.credentials.documents import (
    license_credential,
    old_credential,
    presentation,
    with_value,
    without,
)
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject

# Extensions: the data model gives these no form, so any value of theirs will do.
_FREE = ("license", "number")

_WRONG: dict[str, list[object]] = {
    "str": ["", 1, 1.5, True, None, [], {}, [[]], {"x": 1}],
    "list": [1, True, None, [], [None], [1], [[]], "", {}],
    "dict": [1, True, None, [], [1], [[]], ""],
    "int": ["1", 1.5, None, [], {}, -1, 0, True, 10**400],
}


# What looks wrong and is not: names may be empty, a context may be an object, and
# VCDM 1.1 gives an issuer's name no form.
_ALLOWED = {
    (".name", ""),
    (".name[0].@value", ""),
    (".name[1].@value", ""),
    (".description", ""),
    (".issuer.name", ""),
    (".issuer.description", ""),
    (".issuer.description.@value", ""),
    (".@context[1]", "{}"),
    (".@context[1]", "{'x': 1}"),
}
_OLD = {
    (path, str(wrong))
    for path in (".issuer.name", ".issuer.name.en")
    for kind in ("str", "dict")
    for wrong in _WRONG[kind]
}


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Any]:
    if path:
        yield path, value
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for name, member in items:
        if name not in _FREE:
            yield from _places(member, (*path, name))


def _json_path(path: tuple[str | int, ...]) -> str:
    found = "$"
    for part in path:
        found = child(found, part)
    return found


def _parse(document: JsonObject) -> None:
    if "verifiableCredential" in document:
        parse_presentation(document)
    else:
        parse_credential(document)


@pytest.mark.parametrize(
    "document", [license_credential(), old_credential(), presentation()]
)
def test_each_member_of_each_wrong_kind_is_refused_at_its_place(
    document: JsonObject,
) -> None:
    tried, accepted = 0, set()
    for path, value in _places(document):
        for wrong in _WRONG[type(value).__name__]:
            place = _json_path(path)
            try:
                _parse(with_value(document, wrong, *path))
            except MedidError as error:
                # Told at the member, inside it, or at the array or object around it.
                shown = error.path
                assert shown.startswith(place) or place.startswith(shown)
                assert shown != "$"
            else:
                accepted.add((place, str(wrong)))
            tried += 1
    allowed = {
        (place.removeprefix("$.verifiableCredential[0]").removeprefix("$"), wrong)
        for place, wrong in accepted
    }
    assert allowed <= _ALLOWED | (_OLD if "issuanceDate" in document else set())
    assert tried > 70


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=examples(200), deadline=None)
@given(st.data(), _JSON)
def test_nothing_but_a_medid_error_escapes(data: st.DataObject, value: object) -> None:
    document = data.draw(
        st.sampled_from([license_credential(), old_credential(), presentation()])
    )
    path, _ = data.draw(st.sampled_from(list(_places(document))))
    changed = with_value(document, value, *path)
    if data.draw(st.booleans()):
        changed = without(document, *path)
    before = copy.deepcopy(changed)
    try:
        _parse(changed)
    except MedidError as error:
        assert error.path.startswith("$")  # noqa: PT017 - it need not be raised
    assert repr(changed) == repr(before)


@settings(max_examples=examples(100), deadline=None)
@given(st.dictionaries(st.text(max_size=8), _JSON, max_size=3))
def test_extensions_of_any_kind_are_kept(extensions: JsonObject) -> None:
    document = {**extensions, **license_credential()}
    found = parse_credential(document)
    assert found.document == document or "nan" in repr(document)
