"""What an outsider is told; and that every decision is told in every form."""

from __future__ import annotations

import pytest
from hypothesis import given

from medid.access.explaining import (
    Explanation,
    explain,
)
from medid.errors import codes
from tests.access.decisions import (
    decision_of,
    explanations,
    of_the_world,
    permits,
    refusals,
    some,
)
from tests.access.explained import FORMS, few, permit


@pytest.mark.parametrize("form", FORMS)
def test_refusals_are_alike_in_public(form: str) -> None:
    refused = [explain(one) for one in some() if not one]
    assert len({one.outcome for one in refused}) == 3
    assert len({FORMS[form](one) for one in refused}) > 20
    assert len({FORMS[form](one.public()) for one in refused}) == 1


@few
@given(one=refusals, other=refusals, permitted=permits)
def test_any_two_refusals_are_alike_in_public(
    one: Explanation, other: Explanation, permitted: Explanation
) -> None:
    assert one.public() == other.public()
    for form in FORMS.values():
        assert form(one.public()) == form(other.public())
        public = form(permitted.public())
        assert public != form(one.public())
        assert public == form(
            permit(
                expires=permitted.expires, obligations=permitted.obligations
            ).public()
        )


def test_a_public_answer_names_no_reason() -> None:
    reasons = {code for one in some() for code in one.codes} | set(codes())
    for one in of_the_world():
        public = explain(one).public()
        for form in FORMS.values():
            written = form(public)
            assert not any(code in written for code in reasons)


def test_every_decision_is_explained_in_every_form() -> None:
    for decision in some():
        shown = explain(decision)
        assert shown.permitted is decision.permitted
        for form in FORMS.values():
            assert decision.outcome.value in form(shown)


@few
@given(shown=explanations)
def test_a_decision_of_any_shape_is_explained(shown: Explanation) -> None:
    assert explain(decision_of(shown)) == shown
    for form in FORMS.values():
        assert form(shown)
