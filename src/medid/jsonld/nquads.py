"""N-Quads: from text to quads and back, in the canonical form of RDFC-1.0.

A quad is four N-Quads terms as text: subject, predicate, object and graph name, the
last one empty for the default graph. Terms stay in their canonical spelling, so to
compare, sort or hash quads is to compare, sort or hash text.

Spec: https://www.w3.org/TR/rdf-canon/#canonical-quads
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from medid.errors import ParsingError

Quad: TypeAlias = tuple[str, str, str, str]

XSD_STRING: Final = "http://www.w3.org/2001/XMLSchema#string"

_IRI: Final = r'<((?:[^\x00-\x20<>"{}|^`\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*)>'
_BLANK: Final = r"_:[^\W](?:[\w.:\-\u00b7]*[\w:\-\u00b7])?"
_STRING: Final = (
    r'"((?:[^"\\\r\n]|\\[tbnrf"\'\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*)"'
)
_LANGUAGE: Final = r"@([A-Za-z]+(?:-[A-Za-z0-9]+)*)"
_LINE: Final = re.compile(
    rf"[ \t]*(?P<subject>{_IRI}|{_BLANK})[ \t]*(?P<predicate>{_IRI})[ \t]*"
    rf"(?P<object>{_IRI}|{_BLANK}|(?P<literal>{_STRING})"
    rf"(?:\^\^(?P<datatype>{_IRI})|(?P<language>{_LANGUAGE}))?)[ \t]*"
    rf"(?P<graph>{_IRI}|{_BLANK})?[ \t]*\.[ \t]*(?:#.*)?"
)
_IGNORED: Final = re.compile(r"[ \t]*(?:#.*)?")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tbnrf\"'\\]))")
_ECHAR: Final = {
    "t": "\t",
    "b": "\b",
    "n": "\n",
    "r": "\r",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
}
_WRITTEN: Final = {
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}
# The last two are no Char of XML 1.1, and neither are surrogates, which no UTF-8 has.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")
_NOT_IN_IRI: Final = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_LAST_CODE_POINT: Final = 0x10FFFF


def iri(value: str) -> str:
    """The term for an absolute IRI."""
    if _NOT_IN_IRI.search(value):
        value = _NOT_IN_IRI.sub(_escaped, value)
    return f"<{value}>"


def literal(value: str, datatype: str = XSD_STRING) -> str:
    """The term for a typed literal; ``xsd:string`` is never written out."""
    if datatype == XSD_STRING:
        return f'"{escaped(value)}"'
    return f'"{escaped(value)}"^^<{datatype}>'


def escaped(value: str) -> str:
    """``value`` as it stands between the quotation marks of a literal."""
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if '"' in value:
        value = value.replace('"', '\\"')
    return value if value.isprintable() else _CONTROL.sub(_written, value)


def tagged(value: str, language: str) -> str:
    """The term for a language-tagged string."""
    return f"{literal(value)}@{language}"


def line(quad: Quad) -> str:
    """One canonical N-Quads line, with its line feed."""
    subject, predicate, object_, graph = quad
    if graph:
        return f"{subject} {predicate} {object_} {graph} .\n"
    return f"{subject} {predicate} {object_} .\n"


def parse(text: str) -> list[Quad]:
    """The quads that N-Quads ``text`` states, without duplicates, in their order.

    Raises:
        ParsingError: A line is not N-Quads.
    """
    quads: dict[Quad, None] = {}
    # Not str.splitlines: it also splits at characters that literals may hold.
    for number, text_line in enumerate(re.split(r"[\r\n]+", text), 1):
        if _IGNORED.fullmatch(text_line):
            continue
        match = _LINE.fullmatch(text_line)
        if match is None:
            raise ParsingError(f"line {number} is not N-Quads", fix="send N-Quads")
        quads[_quad(match)] = None
    return list(quads)


def _quad(match: re.Match[str]) -> Quad:
    graph = match["graph"]
    return (
        _resource(match["subject"]),
        _resource(match["predicate"]),
        _object(match),
        "" if graph is None else _resource(graph),
    )


def _object(match: re.Match[str]) -> str:
    if match["literal"] is None:
        return _resource(match["object"])
    value = _unescape(match["literal"][1:-1])
    if match["language"] is not None:
        return tagged(value, match["language"][1:])
    if match["datatype"] is not None:
        return literal(value, _unescape(match["datatype"][1:-1]))
    return literal(value)


def _resource(term: str) -> str:
    return iri(_unescape(term[1:-1])) if term.startswith("<") else term


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_read, text) if "\\" in text else text


def _read(match: re.Match[str]) -> str:
    short, long, letter = match.groups()
    if letter is not None:
        return _ECHAR[letter]
    code = int(short if short is not None else long, 16)
    if code > _LAST_CODE_POINT:
        message = "an escape names no Unicode character"
        raise ParsingError(message, fix="send N-Quads")
    return chr(code)


def _written(match: re.Match[str]) -> str:
    character = match[0]
    return _WRITTEN.get(character) or _escaped(match)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04X}"
