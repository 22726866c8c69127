"""The code systems that a consent is written in, and which code contains which.

Facts only: HL7's purpose-of-use and sensitivity hierarchies, the order of the
confidentiality codes, and the short lists a consent draws on. The identifiers are
HL7's; the tables here are medid's own. A code that is not listed is compared by
equality, never by guessing. Knows no consent, no request and no rule.

Spec: https://terminology.hl7.org/7.0.1/CodeSystem-v3-ActReason.html,
https://terminology.hl7.org/7.0.1/CodeSystem-v3-ActCode.html,
https://terminology.hl7.org/7.0.1/CodeSystem-v3-Confidentiality.html
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_THO: Final = "http://terminology.hl7.org/CodeSystem/"
ACT_REASON: Final = _THO + "v3-ActReason"
ACT_CODE: Final = _THO + "v3-ActCode"
OBO: Final = "http://purl.obolibrary.org/obo/"  # of GA4GH's data use terms
CONFIDENTIALITY: Final = _THO + "v3-Confidentiality"
PARTICIPATION_TYPE: Final = _THO + "v3-ParticipationType"
CONSENT_ACTION: Final = _THO + "consentaction"
CONSENT_SCOPE: Final = _THO + "consentscope"
RESOURCE_TYPES: Final = frozenset(  # the R4 and the R5 name of one list
    {"http://hl7.org/fhir/resource-types", "http://hl7.org/fhir/fhir-types"}
)
NPI: Final = "http://hl7.org/fhir/sid/us-npi"
LOINC: Final = "http://loinc.org"
SNOMED_CT: Final = "http://snomed.info/sct"

# The only spellings that are held equal: what else an OID might mean is not guessed.
_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "urn:oid:2.16.840.1.113883.5.8": ACT_REASON,
        "urn:oid:2.16.840.1.113883.4.6": NPI,
        "urn:oid:2.16.840.1.113883.6.1": LOINC,
        "urn:oid:2.16.840.1.113883.6.96": SNOMED_CT,
    }
)

# Parent -> children. Written as HL7 prints it: one line holds one parent's children.
_PURPOSES: Final = """
PurposeOfUse: TREAT HPAYMT HOPERAT HRESCH PATRQT PUBHLTH HMARKT
TREAT: CLINTRL COC ETREAT POPHLTH TREATDS
ETREAT: BTG ERTREAT
HPAYMT: CLMATTCH COVAUTH COVERAGE REMITADV PMTDS
COVERAGE: ELIGDTRM ELIGVER ENROLLM MILDCRG
HOPERAT: CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS
HOPERAT: HPRGRP HQUALIMP HSYSADMIN MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR
HOPERAT: RECORDMGT SYSDEV TRAIN MLTRAINING
HSYSADMIN: LABELING METAMGT
SYSDEV: HTEST
HRESCH: BIORCH CLINTRCH DSRCH POARCH TRANSRCH
CLINTRCH: CLINTRCHNPC CLINTRCHPC PRECLINTRCH
PATRQT: FAMRQT PWATRNY SUPNWK
PUBHLTH: DISASTER THREAT
"""

_SENSITIVITIES: Final = """
_InformationSensitivityPolicy: _ActInformationSensitivityPolicy
_InformationSensitivityPolicy: _EntitySensitivityPolicyType
_InformationSensitivityPolicy: _RoleInformationSensitivityPolicy
_InformationSensitivityPolicy: ADOL CEL DIA DRGIS EMP PDS PHY PRS VIP
_ActInformationSensitivityPolicy: ETH GDIS HIV IDS MST PREGNANT SCA SDV SEX SICKLE
_ActInformationSensitivityPolicy: SPI STD TBOO VIO
SPI: BH MH PSY PSYTHPN SUD
BH: COGN DVD EMOTDIS
SUD: ETHUD OPIOIDUD
_EntitySensitivityPolicyType: DEMO DOB GENDER LIVARG MARST PATLOC RACE REL
_RoleInformationSensitivityPolicy: B EMPL LOCIS SSP
"""

_PARTICIPATIONS: Final = """
IRCP: NOT PRCP REFB REFT TRC
"""

CONFIDENTIALITY_ORDER: Final = ("U", "L", "M", "N", "R", "V")  # least to most
CONSENT_ACTIONS: Final = frozenset({"collect", "access", "use", "disclose", "correct"})
CONSENT_SCOPES: Final = frozenset({"patient-privacy", "research", "treatment", "adr"})
DATA_MEANINGS: Final = frozenset({"instance", "related", "dependents", "authoredby"})
OBLIGATIONS: Final = frozenset(
    [
        "ANONY",
        "AOD",
        "AUDIT",
        "AUDTR",
        "CPLYCC",
        "CPLYCD",
        "CPLYJPP",
        "CPLYOPP",
        "DEID",
        "DELAU",
        "ENCRYPT",
        "HUAPRV",
        "LABEL",
        "MASK",
        "MINEC",
        "PERSISTLABEL",
        "PRIVMARK",
        "PSEUD",
        "REDACT",
    ]
)
REFRAINS: Final = frozenset(
    [
        "NOAUTH",
        "NOCOLLECT",
        "NODSCLCD",
        "NODSCLCDS",
        "NOINTEGRATE",
        "NOLIST",
        "NOMOU",
        "NOORGPOL",
        "NOPAT",
        "NOPERSISTP",
        "NORDSCLCD",
        "NORDSCLCDS",
        "NORDSCLW",
        "NORELINK",
        "NOREUSE",
        "NOVIP",
        "ORCON",
    ]
)
PURPOSE_OF_USE: Final = "PurposeOfUse"
SENSITIVITY: Final = "_InformationSensitivityPolicy"
SPECIALLY_PROTECTED: Final = "SPI"


def _parents(table: str) -> Iterator[tuple[str, str]]:
    for line in table.split("\n"):
        parent, _, children = line.partition(":")
        for code in children.split():
            yield code, parent


_PARENT: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        ACT_REASON: MappingProxyType(dict(_parents(_PURPOSES))),
        ACT_CODE: MappingProxyType(dict(_parents(_SENSITIVITIES))),
        PARTICIPATION_TYPE: MappingProxyType(dict(_parents(_PARTICIPATIONS))),
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Coding:
    """One code of one code system; the system in the one spelling medid compares."""

    system: str
    code: str

    def __post_init__(self) -> None:
        """Write an OID of the alias table as the URI it is held equal to."""
        if self.system in _ALIASES:
            object.__setattr__(self, "system", canonical_system(self.system))


def canonical_system(system: str) -> str:
    """``system``, or the URI of which it is a known OID spelling."""
    return _ALIASES.get(system, system)


def ancestors(system: str, code: str) -> tuple[str, ...]:
    """``code`` itself, then what contains it, nearest first."""
    parent = _PARENT.get(canonical_system(system), MappingProxyType({}))
    found = [code]
    while (above := parent.get(found[-1])) is not None:
        found.append(above)
    return tuple(found)


def below(system: str, code: str) -> frozenset[str]:
    """``code`` and every code that lies below it in the same system."""
    known = _PARENT.get(canonical_system(system), MappingProxyType({}))
    return frozenset([code, *(it for it in known if is_a(system, it, code))])


def is_a(system: str, code: str, ancestor: str) -> bool:
    """Whether ``code`` is ``ancestor`` or lies below it; never the other way round."""
    return ancestor in ancestors(system, code)


def falls_under(coding: Coding, rule: Coding) -> bool:
    """Whether ``coding`` is ``rule`` or lies below it in the same system."""
    return coding.system == rule.system and is_a(coding.system, coding.code, rule.code)


def confidentiality_rank(code: str) -> int:
    """0 for ``U`` to 5 for ``V``; a code that is not in the order ranks above all."""
    try:
        return CONFIDENTIALITY_ORDER.index(code)
    except ValueError:
        return len(CONFIDENTIALITY_ORDER)


def is_purpose(coding: Coding) -> bool:
    """Whether ``coding`` is a purpose of use that HL7 defines."""
    return coding.system == ACT_REASON and is_a(ACT_REASON, coding.code, PURPOSE_OF_USE)


def is_sensitivity(coding: Coding) -> bool:
    """Whether ``coding`` labels data as sensitive, for whatever reason."""
    return coding.system == ACT_CODE and is_a(ACT_CODE, coding.code, SENSITIVITY)


def is_handling(coding: Coding) -> bool:
    """Whether ``coding`` says what data are for or how to handle them, and no more."""
    return coding.system == ACT_REASON or (
        coding.system == ACT_CODE and coding.code in OBLIGATIONS | REFRAINS
    )


def is_specially_protected(coding: Coding) -> bool:
    """Whether ``coding`` is SPI or one of its kinds: PSY, SUD, ETHUD and the like."""
    return coding.system == ACT_CODE and is_a(
        ACT_CODE, coding.code, SPECIALLY_PROTECTED
    )
