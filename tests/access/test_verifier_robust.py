"""``decide`` answers: whatever is presented and whatever is asked, it never raises."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access.decision import Decision, Outcome
from medid.core.json import dumps
from medid.errors import MedidError
from medid.health import contexts
from medid.securing import data_integrity
from tests.access.world import World, fhir_consent, on_file
from tests.support import examples

pytestmark = pytest.mark.campaign

_WORLD = World()
_SHOWN = _WORLD.shown()
_REQUEST = _WORLD.asks()
_VERIFIER = _WORLD.verifier()

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["did:key:z6Mk", "did:web:", "VerifiableCredential", "a.b.c~"]),
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(st.text(max_size=6), part, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every member and element, however deep."""
    found = [path] if path else []
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for name, item in items:
        found += places(item, (*path, name))
    return found


def with_value(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of ``document`` that has ``value`` at ``path``."""
    changed = copy.deepcopy(document)
    part = changed
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return changed


def without(document: Any, path: tuple[Any, ...]) -> Any:
    """A copy of ``document`` that has nothing at ``path``."""
    changed = copy.deepcopy(document)
    part = changed
    for name in path[:-1]:
        part = part[name]
    del part[path[-1]]
    return changed


def decided(shown: Any, request: Any) -> Decision:
    found = _VERIFIER.decide(shown, request)
    assert isinstance(found, Decision)
    assert found.codes
    dumps(found.as_json())
    dumps(found.as_public_json())
    return found


def test_the_ground_is_a_permit() -> None:
    assert decided(_SHOWN, _REQUEST)


@given(shown=JSON | st.binary(max_size=40) | st.text(max_size=40))
def test_anything_may_be_presented(shown: Any) -> None:
    assert not decided(shown, _REQUEST)


@given(request=JSON | st.binary(max_size=40) | st.text(max_size=40))
def test_anything_may_be_asked(request: Any) -> None:
    assert not decided(_SHOWN, request)


@pytest.mark.parametrize("value", [None, 5, object(), [], (), {1}, {1: 2}, Ellipsis])
def test_what_is_no_document_is_refused(value: Any) -> None:
    assert decided(value, _REQUEST).outcome is Outcome.DENY
    assert decided(_SHOWN, value).outcome is Outcome.DENY
    waited = asyncio.run(_adecide(value))
    assert waited.outcome is Outcome.DENY


async def _adecide(value: Any) -> Decision:
    return await _VERIFIER.adecide(value, _REQUEST)


@given(path=st.sampled_from(places(_SHOWN)), value=JSON)
def test_any_other_value_in_a_signed_presentation_is_refused(
    path: tuple[Any, ...], value: Any
) -> None:
    changed = with_value(_SHOWN, path, value)
    if changed != _SHOWN:
        assert not decided(changed, _REQUEST)


@given(path=st.sampled_from(places(_SHOWN)))
def test_any_member_missing_from_a_signed_presentation_is_refused(
    path: tuple[Any, ...],
) -> None:
    assert not decided(without(_SHOWN, path), _REQUEST)


@given(path=st.sampled_from(places(_REQUEST)), value=JSON)
def test_any_other_value_in_a_request_gets_an_answer(
    path: tuple[Any, ...], value: Any
) -> None:
    decided(_SHOWN, with_value(_REQUEST, path, value))


@settings(max_examples=examples(20))
@given(
    path=st.sampled_from([path for path in places(_SHOWN) if path[0] != "proof"]),
    value=JSON,
)
def test_whoever_presents_may_present_anything(
    path: tuple[Any, ...], value: Any
) -> None:
    """Past the outer proof: signed anew over what was changed inside."""
    changed = with_value(_SHOWN, path, value)
    proof = changed.pop("proof")
    options = {
        name: member
        for name, member in proof.items()
        if name not in ("proofValue", "type", "cryptosuite")
    }
    try:
        signed = data_integrity.sign(
            changed,
            _WORLD.practitioner.signer,
            suite="eddsa-jcs-2022",
            options=options,
            contexts=contexts(),
        )
    except MedidError:
        signed = {**changed, "proof": proof}
    if decided(signed, _REQUEST):
        assert changed["verifiableCredential"] == _SHOWN["verifiableCredential"]


_KEPT = fhir_consent("deny")


@given(path=st.sampled_from(places(_KEPT)), value=JSON)
def test_a_record_on_file_may_be_anything(path: tuple[Any, ...], value: Any) -> None:
    kept = with_value(_KEPT, path, value)
    found = _WORLD.verifier(consents=on_file(kept)).decide(_SHOWN, _REQUEST)

    assert isinstance(found, Decision)


@given(first=st.sampled_from(["permit", "deny"]), second=st.booleans())
def test_one_more_consent_on_file_never_undoes_a_deny(first: str, second: bool) -> None:
    """Adding a consent, in any order, turns no deny into a permit (N-con-monotone)."""
    deny, other = fhir_consent("deny"), fhir_consent(first, id="on-file-2")
    kept = [deny, other] if second else [other, deny]

    assert not _WORLD.verifier(consents=on_file(*kept)).decide(_SHOWN, _REQUEST)
