"""From JSON scalars to RDF literals, in the one spelling that each has.

RDF often has one literal for several JSON spellings: ``5`` and ``"5"`` under a term
of type ``xsd:integer``, for instance. A signature over RDF cannot tell them apart, so
exactly one is accepted here and the others are refused.

Spec: https://www.w3.org/TR/json-ld11-api/#data-round-tripping
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from medid.core import jcs
from medid.errors import CanonicalizationError, DataLoss, MalformedValue, NotCompact
from medid.jsonld.nquads import literal, tagged
from medid.jsonld.terms import ABSOLUTE_IRI, RDF, XSD

if TYPE_CHECKING:
    from medid.core.json import JsonValue
    from medid.jsonld.terms import Term

I18N: Final = "https://www.w3.org/ns/i18n#"

# How a string with a base direction is written: rdfDirection of the JSON-LD API.
Direction: TypeAlias = Literal["i18n-datatype", "compound-literal"] | None

# RFC 7493 section 2.2: beyond it, JavaScript would sign another number.
_MAX_INTEGER: Final = 2**53 - 1

# From here on, JSON-LD writes every number as a double.
_ALWAYS_DOUBLE: Final = 10**21

_AS_TEXT: Final = "write the number as a string"
_TAG: Final = "write a tag of BCP 47, such as en or fr-CA"
_NUMERIC: Final = frozenset(
    XSD + name
    for name in (
        "integer",
        "decimal",
        "float",
        "double",
        "byte",
        "int",
        "long",
        "short",
        "negativeInteger",
        "nonNegativeInteger",
        "nonPositiveInteger",
        "positiveInteger",
        "unsignedByte",
        "unsignedInt",
        "unsignedLong",
        "unsignedShort",
    )
)
_NATIVE_TEXT: Final = re.compile(r"-?[0-9]+|-?[0-9]\.[0-9]+E-?[0-9]+")
# BCP 47 well-formedness as far as JSON-LD asks for it.
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
# These datatypes belong to JSON literals or to tags.
_OF_FORMS: Final = frozenset({RDF + "JSON", RDF + "langString", RDF + "dirLangString"})
# These belong to plain strings and to JSON's own values.
_OF_SCALARS: Final = frozenset(
    XSD + name for name in ("string", "boolean", "integer", "double")
)


def is_reserved(kind: str | None) -> bool:
    """Whether ``kind`` is a datatype that only other forms of values give.

    A term of this type would make of a plain string what those make of theirs.
    """
    return kind in _OF_FORMS or (kind is not None and kind.startswith(I18N))


def json_literal(value: JsonValue) -> str:
    """The literal for a value of a term of type ``@json``."""
    return literal(jcs.text(value), RDF + "JSON")


def suffix(term: Term) -> str | None:
    """What follows the text of every string under ``term``; None where texts differ.

    With the closing quotation mark.
    """
    kind = None if term.type == "@none" else term.type
    if kind is None or kind == XSD + "string":
        tagged_ = kind is None and (term.language, term.direction) != (None, None)
        return None if tagged_ else '"'
    if kind.startswith("@") or kind == XSD + "boolean" or kind in _NUMERIC:
        return None
    return f'"^^<{kind}>'


def text(value: str, term: Term) -> str:
    """The literal for a string under a term that makes literals of strings."""
    kind = term.type
    if kind is None or kind == "@none":
        if term.language is not None and "@language" in term.container:
            raise NotCompact("a map by language says the same")
        return localized(value, term.language, term.direction)
    if kind == XSD + "boolean":
        # Strings that no boolean would become stay distinguishable.
        if value in {"true", "false"}:
            raise NotCompact("a boolean is written without quotation marks")
    elif kind == XSD + "double" or (kind in _NUMERIC and _NATIVE_TEXT.fullmatch(value)):
        # Peers rewrite every string of type double, so none is unambiguous.
        raise NotCompact("a number is written without quotation marks")
    return literal(value, kind)


def native(value: float, term: Term) -> str:
    """The literal for ``true``, ``false`` or a number."""
    kind = None if term.type == "@none" else term.type
    if type(value) is bool:
        if kind not in (None, XSD + "boolean"):
            raise NotCompact("this term does not hold a boolean")
        return literal("true" if value else "false", XSD + "boolean")
    if kind is not None and kind not in _NUMERIC:
        raise NotCompact("this term does not hold a number: write a string")
    return _number(value, kind)


def _number(value: float, kind: str | None) -> str:
    if type(value) is int and abs(value) > _MAX_INTEGER:
        raise DataLoss("the number is too large to be exact", fix=_AS_TEXT)
    if not math.isfinite(value):
        raise MalformedValue("not a finite number")
    if value == int(value) and abs(value) < _ALWAYS_DOUBLE and kind != XSD + "double":
        if abs(value) > _MAX_INTEGER:
            raise DataLoss("the number is too large to be exact", fix=_AS_TEXT)
        return literal(str(int(value)), kind or XSD + "integer")
    written = _double(value)
    if float(written) != value:
        message = "RDF keeps 16 digits of a number and this one has more"
        raise DataLoss(message, fix=_AS_TEXT)
    if written.startswith("-0.0E"):
        raise DataLoss("implementations differ in the sign of zero", fix="write 0")
    return literal(written, kind or XSD + "double")


def _double(value: float) -> str:
    mantissa, _, exponent = f"{value:.15E}".partition("E")
    digits = mantissa.rstrip("0")
    digits += "0" if digits.endswith(".") else ""
    return f"{digits}E{int(exponent)}"


def any_literal(
    value: str | float, kind: str | None, language: str | None, direction: str | None
) -> str | None:
    """The literal for a scalar of which parts may be lost; None where it is lost.

    Spec: https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion

    Raises:
        CanonicalizationError: It is a number that no double holds.
    """
    if type(value) is bool:
        return literal("true" if value else "false", kind or XSD + "boolean")
    if type(value) is not str:
        number = _finite(value)
        whole = number == int(number) and abs(number) < _ALWAYS_DOUBLE
        if whole and kind != XSD + "double":
            return literal(str(int(value)), kind or XSD + "integer")
        return literal(_double(number), kind or XSD + "double")
    if kind is not None:
        return literal(value, kind) if ABSOLUTE_IRI.fullmatch(kind) else None
    if language is not None and not _LANGUAGE.fullmatch(language):
        return None
    return localized(value, language, direction)


def _finite(value: str | float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise CanonicalizationError("a number that no double holds")
    return number


def localized(value: str, language: str | None, direction: str | None) -> str:
    """The literal for a string with a language and a base direction, or without.

    A direction is kept in the datatype ("i18n-datatype"), as the peers that sign
    Verifiable Credentials do; without it, a direction would not be signed.
    """
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise DataLoss("not a well-formed language tag", fix=_TAG)
    # JSON-LD processors differ in whether they keep the case; peers do not keep it.
    language = None if language is None else language.lower()
    if direction is not None:
        if direction not in {"ltr", "rtl"}:
            raise MalformedValue("a direction is 'ltr' or 'rtl'")
        return literal(value, f"{I18N}{language or ''}_{direction}")
    return literal(value) if language is None else tagged(value, language)


def typed(value: str, datatype: str) -> str:
    """The literal for a value object with a datatype."""
    if datatype in _OF_SCALARS or is_reserved(datatype):
        raise NotCompact("a value of this datatype has a shorter form")
    return literal(value, datatype)
