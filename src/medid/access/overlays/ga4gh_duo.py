"""GA4GH-DUO: research only as the data's conditions of use allow it.

A permission says for which research data may be used; it can only be met or not.
Modifiers restrict it further. Both are codes of the Data Use Ontology, which the site
states for each consent, or for all data without one. What a modifier asks for and the
request does not show is not met, and a code that is not known here permits nothing.

==========================  ==========================================================
NRES (0000004)              any research
GRU (0000042)               any research
HMB (0000006)               health, medical, biomedical; not ancestry
DS (0000007)                the named disease
POA (0000011)               population origins and ancestry
IRB (0000021)               approval by an ethics committee
NCU, NPUNCU (46, 18)        no commercial use
NPO, NPUNCU (45, 18)        no organisation for profit
NPOA (0000044)              no ancestry
PUB (0000019)               an obligation to publish
US (0000026)                a GA4GH visa that grants access, as the site states it
IS (0000028)                a visa of an affiliation, likewise
COL (0000020)               a visa that an agreement was accepted, likewise
==========================  ==========================================================

The site can state for any data which GA4GH visas its use needs. Each has to be met by
one that counts, and those of which it says so prove a modifier. A visa is about a
person: it never stands for what the research itself has to be.

Spec: https://github.com/EBISPOT/DUO
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.consent_types import Obligation
from medid.access.overlays.port import LEAVE, Answer
from medid.access.visa_requirements import unmet
from medid.health.codes import ACT_REASON, OBO, Coding, falls_under

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.access.consent_types import DataUse, ResearchPurpose
    from medid.access.overlays.port import Question

DUO: Final = OBO + "DUO_"
_RESEARCH: Final = Coding(ACT_REASON, "HRESCH")
_CODE: Final = re.compile(r"(?:DUO:|http://purl\.obolibrary\.org/obo/DUO_)([0-9]{7})")
_SHORT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "NRES": "0000004",
        "HMB": "0000006",
        "DS": "0000007",
        "POA": "0000011",
        "NPUNCU": "0000018",
        "PUB": "0000019",
        "COL": "0000020",
        "IRB": "0000021",
        "US": "0000026",
        "IS": "0000028",
        "GRU": "0000042",
        "NPOA": "0000044",
        "NPO": "0000045",
        "NCU": "0000046",
    }
)
_HMB, _DS, _POA, _GRU = (_SHORT[name] for name in ("HMB", "DS", "POA", "GRU"))
_PUBLISH: Final = Obligation("DUO_0000019", OBO)

# What each permission allows of what research can be for.
_ALLOWED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        _SHORT["NRES"]: frozenset({_GRU, _HMB, _DS, _POA}),
        _GRU: frozenset({_GRU, _HMB, _DS, _POA}),
        _HMB: frozenset({_HMB, _DS}),
        _DS: frozenset({_DS}),
        _POA: frozenset({_POA}),
    }
)


def code_of(text: str) -> str:
    """The seven digits of a code, in whichever way it is written; ``""`` for none."""
    match = _CODE.fullmatch(text)
    return match[1] if match else _SHORT.get(text, "")


class DataUseOntology:
    """The conditions of use of research data."""

    name: Final = "GA4GH-DUO"
    version: Final = "2021.2"
    looks_at: Final[frozenset[str]] = frozenset()

    def narrow(self, question: Question) -> Answer:
        """What the data's conditions make of a permit."""
        if not falls_under(question.purpose, _RESEARCH):
            return LEAVE
        use, research = question.data_use, question.request.research
        if use is None or research is None:
            return Answer(clause="data-use" if use is None else "research-purpose")
        visas = question.request.visas
        clause = _refused_by(use, research) or unmet(use.visas, visas)
        if clause is not None:
            return Answer(clause=clause)
        publishes = _SHORT["PUB"] in map(code_of, use.modifiers)
        return Answer(obligations=(_PUBLISH,) if publishes else ())


def _refused_by(use: DataUse, research: ResearchPurpose) -> str | None:
    permission, kind = code_of(use.permission), code_of(research.duo or "")
    if kind not in _ALLOWED.get(permission, frozenset()):
        return f"DUO:{permission}"
    if permission == _DS and (use.disease is None or use.disease != research.disease):
        return f"DUO:{permission}"
    proven = {modifier for needed in use.visas for modifier in needed.proves}
    for modifier in map(code_of, use.modifiers):
        if modifier in proven:
            continue  # by a visa, and each is asked for
        met = _MODIFIERS.get(modifier)
        if met is None or not met(research):
            return f"DUO:{modifier}"
    return None


def _not_commercial(research: ResearchPurpose) -> bool:
    return research.commercial is False


def _not_for_profit(research: ResearchPurpose) -> bool:
    # Where only the use is stated, a use that is not commercial shows it.
    stated = research.not_for_profit
    return _not_commercial(research) if stated is None else stated


_MODIFIERS: Final[Mapping[str, Callable[[ResearchPurpose], bool]]] = MappingProxyType(
    {
        _SHORT["IRB"]: lambda research: research.ethics_approval is True,
        _SHORT["NCU"]: _not_commercial,
        _SHORT["NPO"]: _not_for_profit,
        _SHORT["NPUNCU"]: lambda it: _not_commercial(it) and _not_for_profit(it),
        _SHORT["NPOA"]: lambda research: code_of(research.duo or "") != _POA,
        _SHORT["PUB"]: lambda _: True,
    }
)
