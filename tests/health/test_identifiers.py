from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.errors import MalformedValue
from medid.health.identifiers import (
    AHPRA,
    BIG,
    DEA,
    GMC,
    NCSBN,
    NPI,
    check_ahpra,
    check_big,
    check_dea,
    check_gmc,
    check_identifier,
    check_ncsbn,
    check_npi,
)

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = {
    NPI: "1234567893",  # the worked example of the check digit's specification
    DEA: "AB1234563",
    GMC: "1234567",
    AHPRA: "MED0000932846",
    BIG: "19012345601",
    NCSBN: "12345678",
}


@pytest.mark.parametrize(("system", "value"), GOOD.items())
def test_accepts_a_number_of_its_register(system: str, value: str) -> None:
    check_identifier(system, value)


def test_a_nine_that_is_not_doubled_counts_nine() -> None:
    check_identifier(NPI, "1245319599")


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (check_npi, GOOD[NPI]),
        (check_dea, GOOD[DEA]),
        (check_gmc, GOOD[GMC]),
        (check_ahpra, GOOD[AHPRA]),
        (check_big, GOOD[BIG]),
        (check_ncsbn, GOOD[NCSBN]),
    ],
)
def test_each_check_gives_the_number_back(
    check: Callable[[str], str], value: str
) -> None:
    assert check(value) == value


@pytest.mark.parametrize(("system", "value"), GOOD.items())
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text + "\n",
        lambda text: " " + text[1:],
        lambda text: text[:-1] + "\N{ARABIC-INDIC DIGIT THREE}",
        lambda text: text.lower() + "x",
        lambda text: "",
    ],
)
def test_refuses_other_forms(
    system: str, value: str, spoil: Callable[[str], str]
) -> None:
    with pytest.raises(MalformedValue) as caught:
        check_identifier(system, spoil(value), path="$.x")
    assert caught.value.path == "$.x"


@pytest.mark.parametrize("system", [NPI, DEA])
@given(position=st.integers(min_value=2, max_value=8), add=st.integers(1, 9))
def test_one_wrong_digit_never_passes_a_check_digit(
    system: str, position: int, add: int
) -> None:
    value = GOOD[system]
    digit = str((int(value[position]) + add) % 10)
    # The DEA's weights are 1 and 2: a digit that is 5 off in a doubled place passes.
    if system == DEA and position in {3, 5, 7} and add == 5:
        return
    with pytest.raises(MalformedValue):
        check_identifier(system, value[:position] + digit + value[position + 1 :])


def test_an_npi_begins_with_1_or_2() -> None:
    with pytest.raises(MalformedValue):
        check_npi("3234567891")


def test_an_unknown_register_is_not_judged() -> None:
    check_identifier("https://example.org/register", "anything")
