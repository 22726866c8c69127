"""Forms and check digits of the numbers that registers give to practitioners.

A number of the right form may still belong to nobody, and an identifier is never a
license. Checked are the registers below and no others; only ASCII digits are digits.

Spec: https://www.cms.gov/Regulations-and-Guidance/Administrative-Simplification/NationalProvIdentStand,
https://terminology.hl7.org/NamingSystem-USDEANumber.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import MalformedValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NPI: Final = "http://hl7.org/fhir/sid/us-npi"
DEA: Final = "http://terminology.hl7.org/NamingSystem/USDEANumber"
NCSBN: Final = "http://terminology.hl7.org/NamingSystem/NCSBNID"
GMC: Final = "https://fhir.hl7.org.uk/Id/gmc-number"
AHPRA: Final = "http://hl7.org.au/id/ahpra-registration-number"
BIG: Final = "http://fhir.nl/fhir/NamingSystem/big"

_NPI_PREFIX: Final = "80840"  # health application 80, United States 840 (ISO 7812)


def check_npi(value: str, *, path: str = "$") -> str:
    """``value``, if it is a US National Provider Identifier with its check digit.

    Raises:
        MalformedValue: Not 10 digits from 1 or 2, or the check digit is wrong.
    """
    _form(value, r"[12][0-9]{9}", "an NPI has 10 digits and begins with 1 or 2", path)
    if _luhn(_NPI_PREFIX + value) % 10:
        raise MalformedValue("the check digit of the NPI is wrong", path=path)
    return value


def check_dea(value: str, *, path: str = "$") -> str:
    """``value``, if it is a US DEA registration number with its check digit.

    Raises:
        MalformedValue: Not two characters and 7 digits, or a wrong check digit.
    """
    message = "a DEA number has a letter, a letter or 9, and 7 digits"
    _form(value, r"[A-HJ-MPRSTUX][A-Z9][0-9]{7}", message, path)
    digits = [int(digit) for digit in value[2:]]
    total = sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])
    if total % 10 != digits[6]:
        raise MalformedValue("the check digit of the DEA number is wrong", path=path)
    return value


def check_gmc(value: str, *, path: str = "$") -> str:
    """``value``, if it has the form of a UK GMC reference number (no check digit)."""
    return _form(value, r"[0-9]{7}", "a GMC reference number has 7 digits", path)


def check_ahpra(value: str, *, path: str = "$") -> str:
    """``value``, if it has the form of an Australian registration number."""
    message = "an Ahpra number has 3 capital letters and 10 digits"
    return _form(value, r"[A-Z]{3}[0-9]{10}", message, path)


def check_big(value: str, *, path: str = "$") -> str:
    """``value``, if it has the form of a Dutch BIG register number."""
    return _form(value, r"[0-9]{11}", "a BIG number has 11 digits", path)


def check_ncsbn(value: str, *, path: str = "$") -> str:
    """``value``, if it has the form of an NCSBN ID of a US nurse."""
    return _form(value, r"[0-9]{8}", "an NCSBN ID has 8 digits", path)


_CHECKS: Final[Mapping[str, Callable[..., str]]] = MappingProxyType(
    {
        NPI: check_npi,
        DEA: check_dea,
        GMC: check_gmc,
        AHPRA: check_ahpra,
        BIG: check_big,
        NCSBN: check_ncsbn,
    }
)


def check_identifier(system: str, value: str, *, path: str = "$") -> None:
    """Return if ``value`` may be a number of the register ``system``.

    A register that is not known here is not judged.

    Raises:
        MalformedValue: The register is known, and its numbers look different.
    """
    if system in _CHECKS:
        _CHECKS[system](value, path=path)


def _form(value: str, pattern: str, message: str, path: str) -> str:
    if not re.fullmatch(pattern, value):
        raise MalformedValue(message, path=path)
    return value


def _luhn(digits: str) -> int:
    """The Luhn sum (ISO/IEC 7812-1 annex B) of ASCII ``digits``, check digit last."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + index % 2)
        total += number - 9 if number > 9 else number
    return total
