"""Metadata policies: every operator alone, combined, merged, and applied."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import IssuerNotTrusted, MalformedValue, MedidError
from medid.trust.federation.policies import OPERATORS, apply, resolve


def resolved(*policies: Any) -> Any:
    """The operators of one parameter, merged from the top down."""
    written: list[Any] = [{"type": {"p": one}} for one in policies]
    claims = [(one, f"$[{index}]") for index, one in enumerate(written)]
    return resolve(claims)["type"]["p"]


def applied(policy: Any, *value: Any, name: str = "p") -> Any:
    metadata: Any = {"type": {name: value[0]} if value else {}}
    merged = resolve([({"type": {name: policy}}, "$")])
    return apply(merged, metadata)["type"].get(name, "absent")


@pytest.mark.parametrize(
    ("policy", "value", "expected"),
    [
        ({"value": "a"}, ["b"], "a"),
        ({"value": "a"}, [], "a"),
        ({"value": None}, ["b"], "absent"),
        ({"value": False}, [True], False),
        ({"add": ["b", "c"]}, [["a", "b"]], ["a", "b", "c"]),
        ({"add": ["b"]}, [], ["b"]),
        ({"default": ["b"]}, [], ["b"]),
        ({"default": ["b"]}, [["a"]], ["a"]),
        ({"default": 0}, [], 0),
        ({"one_of": ["a", "b"]}, ["b"], "b"),
        ({"one_of": ["a", "b"]}, [], "absent"),
        ({"subset_of": ["a", "b", "c"], "essential": True}, [["a", "e"]], ["a"]),
        ({"subset_of": ["a", "b", "c"], "essential": False}, [["a", "e"]], ["a"]),
        ({"subset_of": ["a", "b", "c"], "essential": True}, [["d", "e"]], []),
        ({"subset_of": ["a", "b", "c"], "essential": False}, [["d", "e"]], []),
        ({"subset_of": ["a", "b", "c"], "essential": False}, [], "absent"),
        ({"superset_of": ["a"]}, [["b", "a"]], ["b", "a"]),
        ({"superset_of": ["a"]}, [["a"]], ["a"]),
        ({"superset_of": ["a"]}, [], "absent"),
        ({"essential": True}, [{}], {}),
        ({"value": ["a", "b"], "add": ["a"], "subset_of": ["a", "b"]}, [], ["a", "b"]),
        ({"add": ["a"], "default": ["z"], "superset_of": ["a"]}, [], ["a"]),
        ({"subset_of": [{"a": 1}]}, [[{"a": 1}, {"b": 2}]], [{"a": 1}]),
        ({"value": "a", "one_of": ["a", "b"]}, ["b"], "a"),
        ({"value": ["a"], "add": ["a"], "superset_of": ["a"]}, [], ["a"]),
        ({"regexp": "^x"}, ["a"], "a"),
    ],
)
def test_an_operator_does_what_is_said_of_it(
    policy: Any, value: list[Any], expected: Any
) -> None:
    assert applied(policy, *value) == expected


@pytest.mark.parametrize(
    ("policy", "value"),
    [
        ({"one_of": ["a", "b"]}, ["c"]),
        ({"one_of": ["a"]}, [True]),
        ({"one_of": [1]}, [True]),
        ({"subset_of": ["a"], "essential": True}, []),
        ({"superset_of": ["a", "b"]}, [["a"]]),
        ({"essential": True}, []),
        ({"add": ["a"]}, ["text"]),
        ({"subset_of": ["a"]}, ["a"]),
        ({"superset_of": ["a"]}, [[["a"]]]),
        ({"superset_of": ["a"]}, [[None]]),
    ],
)
def test_metadata_that_does_not_comply_ends_the_chain(
    policy: Any, value: list[Any]
) -> None:
    with pytest.raises(IssuerNotTrusted, match="does not comply") as refused:
        applied(policy, *value)
    assert refused.value.path == "$.metadata.type.p"


@pytest.mark.parametrize(
    "policy",
    [
        {"value": None, "default": "a"},
        {"value": None, "essential": True},
        {"value": None, "one_of": ["a"]},
        {"value": None, "add": ["a"]},
        {"value": "a", "add": ["a"]},
        {"value": ["a"], "add": ["b"]},
        {"value": "c", "one_of": ["a", "b"]},
        {"value": ["a", "c"], "subset_of": ["a", "b"]},
        {"value": ["a"], "superset_of": ["a", "b"]},
        {"value": True, "one_of": [1]},
        {"add": ["c"], "subset_of": ["a"]},
        {"superset_of": ["c"], "subset_of": ["a"]},
        {"one_of": ["a"], "subset_of": ["a"]},
        {"one_of": ["a"], "superset_of": ["a"]},
        {"one_of": ["a"], "add": ["a"]},
        {"essential": "true"},
        {"essential": 1},
        {"default": None},
        {"add": "a"},
        {"one_of": "a"},
        {"subset_of": [["a"]]},
        {"superset_of": [True]},
        {"superset_of": [None]},
    ],
)
def test_operators_that_do_not_go_together_end_the_chain(policy: Any) -> None:
    with pytest.raises(IssuerNotTrusted, match="contradicts itself") as refused:
        resolved(policy)
    assert refused.value.path == "$[0].type.p"
    # Merging may not bring together what may not stand together either.
    for name in policy:
        rest = {one: value for one, value in policy.items() if one != name}
        if rest:
            with pytest.raises(IssuerNotTrusted):
                resolved(rest, {name: policy[name]})


@pytest.mark.parametrize(
    ("upper", "lower", "merged"),
    [
        ({"value": "a"}, {"value": "a"}, {"value": "a"}),
        ({"default": 1}, {"default": 1}, {"default": 1}),
        ({"add": ["a"]}, {"add": ["b", "a"]}, {"add": ["a", "b"]}),
        ({"one_of": ["a", "b"]}, {"one_of": ["b", "c"]}, {"one_of": ["b"]}),
        ({"subset_of": ["a", "b"]}, {"subset_of": ["c"]}, {"subset_of": []}),
        ({"superset_of": ["a"]}, {"superset_of": ["b"]}, {"superset_of": ["a", "b"]}),
        ({"essential": False}, {"essential": True}, {"essential": True}),
        ({"essential": True}, {"essential": False}, {"essential": True}),
        ({"essential": True}, {"default": 1}, {"essential": True, "default": 1}),
        # An operator that medid has not is passed over, whatever it is written as.
        ({"minimum": 1, "default": 1}, {"minimum": 2}, {"default": 1}),
    ],
)
def test_policies_merge_to_what_is_not_wider(
    upper: Any, lower: Any, merged: Any
) -> None:
    assert resolved(upper, lower) == merged


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ({"value": "a"}, {"value": "b"}),
        ({"value": 1}, {"value": True}),
        ({"default": "a"}, {"default": "b"}),
        ({"one_of": ["a"]}, {"one_of": ["b"]}),
    ],
)
def test_policies_that_disagree_end_the_chain(upper: Any, lower: Any) -> None:
    with pytest.raises(IssuerNotTrusted, match="disagree") as refused:
        resolved(upper, lower)
    assert refused.value.path == "$[1].type.p"


def test_types_and_parameters_do_not_touch_each_other() -> None:
    policy = resolve(
        [
            ({"a": {"p": {"value": 1}}, "b": {"q": {"value": 2}}}, "$"),
            ({"a": {"r": {"value": 3}}}, "$"),
        ]
    )
    metadata: Any = {"a": {"p": 0, "x": 0}, "c": {"q": 0}}
    expected = {"a": {"p": 1, "x": 0, "r": 3}, "c": {"q": 0}}
    assert apply(policy, metadata) == expected
    assert metadata == {"a": {"p": 0, "x": 0}, "c": {"q": 0}}


def test_a_scope_is_an_array_of_words() -> None:
    policy = {"subset_of": ["openid", "email"]}
    assert applied(policy, "openid phone", name="scope") == "openid"
    assert applied({"default": ["openid", "x"]}, name="scope") == "openid x"
    assert applied(policy, ["email"], name="scope") == ["email"]
    assert applied({"value": 5}, "openid", name="scope") == 5


@pytest.mark.parametrize("operator", ["value", "default"])
def test_what_a_scope_is_set_to_is_an_array_of_words_too(operator: str) -> None:
    policy = {operator: "openid email", "subset_of": ["openid", "email", "phone"]}
    assert applied(policy, name="scope") == "openid email"
    with pytest.raises(IssuerNotTrusted):
        applied({**policy, "superset_of": ["phone"]}, name="scope")
    # No other parameter is one, and no other operator is written so.
    with pytest.raises(IssuerNotTrusted):
        applied(policy)
    with pytest.raises(IssuerNotTrusted):
        applied({"add": "openid"}, name="scope")


@pytest.mark.parametrize("claim", [1, {"a": 1}, {"a": {"p": 1}}, None])
def test_what_is_no_policy_is_refused(claim: Any) -> None:
    with pytest.raises(MalformedValue):
        resolve([(claim, "$")])


WORDS = st.lists(st.sampled_from("abcd"), unique=True, max_size=4)
POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "value": WORDS,
        "add": WORDS,
        "default": WORDS,
        "subset_of": WORDS,
        "superset_of": WORDS,
        "essential": st.booleans(),
    },
)


@given(POLICIES, POLICIES, st.none() | WORDS)
def test_what_the_anchor_demands_no_one_below_undoes(
    upper: Any, lower: Any, value: list[str] | None
) -> None:
    """Whatever passes two policies passes the upper one, applied to it once more."""
    given_value = [] if value is None else [value]
    try:
        merged = resolved(upper, lower)
        result = applied(merged, *given_value)
    except MedidError:
        return
    assert set(merged) <= set(OPERATORS)
    again = [] if result == "absent" else [result]
    assert applied(upper, *again) == result
