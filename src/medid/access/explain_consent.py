"""A sentence for each code of the consent rules, with the clause that it stands on.

Spec: https://w3id.org/medid/consent-evaluation/1
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.explain_words import Kind, Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

PROFILE_PAGE: Final = "docs/explanation/consent-profile.md"
OVERLAYS_PAGE: Final = "docs/explanation/overlays/index.md"
_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "which-consents-speak": ("E1", "E2", "E3", "E4"),
        "what-a-consent-says": ("E6", "E7"),
        "together": ("E14", "E15"),
        "readings": ("A12", "CR1", "CR2", "E10"),
    }
)
OVERLAYS: Final = "overlays"  # the decision itself names which, and its clause


def _where() -> Mapping[str, str]:
    found = {
        clause: f"{PROFILE_PAGE}#{section}"
        for section, clauses in _SECTIONS.items()
        for clause in clauses
    }
    return {**found, OVERLAYS: f"{OVERLAYS_PAGE}#which-are-asked"}


_WHERE: Final = _where()


def _granted(rule: str, found: str, change: str) -> Sentence:
    return _sentence(Kind.GRANTED, rule, found, change)


def _refused(rule: str, found: str, change: str) -> Sentence:
    return _sentence(Kind.REFUSED, rule, found, change)


def _unchecked(rule: str, found: str, change: str) -> Sentence:
    return _sentence(Kind.UNCHECKED, rule, found, change)


def _sentence(kind: Kind, rule: str, found: str, change: str) -> Sentence:
    return Sentence(kind=kind, found=found, change=change, rule=rule, see=_WHERE[rule])


CONSENT: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "CONSENT_PERMIT": _granted(
            "E7",
            "The most specific rule of the consent that matches the request permits "
            "it.",
            "The patient would have to withdraw the consent, or to deny this use in "
            "it or in another consent.",
        ),
        "CONSENT_DENY": _refused(
            "E7",
            "The most specific rule of the consent that matches the request denies it.",
            "The patient would have to change or withdraw this consent; a second "
            "consent that permits does not outweigh it.",
        ),
        "CONSENT_IN_FORCE": _granted(
            "E4",
            "The consent is in force, so its rules were asked.",
            "Its period would have to end, or the patient to withdraw it.",
        ),
        "CONSENT_STATUS_UNKNOWN": _unchecked(
            "CR1",
            "The consent is not known to be valid, because it is suspended, was not "
            "given or could not be checked: it can deny, and permits nothing.",
            "It would have to be a consent that was given and is not suspended, whose "
            "proof and status could be checked.",
        ),
        "CONSENT_PATIENT_UNKNOWN": _unchecked(
            "E1",
            "Whether the consent is about this patient cannot be told, because of how "
            "it or the request names its patient: it can deny, and permits nothing.",
            "The patient would have to be named in both as the local record, or as a "
            "DID that the registry binds to it.",
        ),
        "CONSENT_INDETERMINATE": _unchecked(
            "E15",
            "A consent on file cannot be understood in full, and it may be a refusal.",
            "Whoever recorded the consent would have to correct the part that the "
            "path names.",
        ),
        "CONSENT_NON_COMPUTABLE": _refused(
            "E15",
            "A consent on file holds no rules that a program can apply, so it says "
            "nothing here.",
            "A person would have to read it, and whoever recorded it to add the rules "
            "it stands for.",
        ),
        "CONSENT_OTHER_PATIENT": _refused(
            "E1",
            "The consent is about another patient than the request.",
            "A consent of the patient of the request would have to be on file, or the "
            "registry to bind the patient's DID to the local record.",
        ),
        "CONSENT_OTHER_SUBJECT": _refused(
            "E1",
            "The consent credential is about another person than the patient of the "
            "request.",
            "The credential would have to be issued about the patient, or the "
            "registry to bind its subject to the local record.",
        ),
        "CONSENT_NOT_ACTIVE": _refused(
            "E2",
            "The status of the consent is another than active.",
            "The patient would have to give an active consent.",
        ),
        "CONSENT_SCOPE": _refused(
            "E3",
            "The scope of the consent is another than privacy or research, so it "
            "authorises no disclosure.",
            "The patient would have to consent to a disclosure, under the scope "
            "patient-privacy or research.",
        ),
        "CONSENT_PERIOD": _refused(
            "E4",
            "The time of the request lies outside the period of the consent.",
            "The patient would have to give a consent whose period covers the time of "
            "the request.",
        ),
        "CONSENT_PROOF_INVALID": _refused(
            "CR1",
            "The proof of the consent credential does not hold, so it was ignored.",
            "The patient would have to issue the consent again, and it to arrive "
            "unchanged.",
        ),
        "CONSENT_REVOKED": _refused(
            "CR1",
            "The consent was withdrawn: its credential is revoked.",
            "The patient would have to consent again.",
        ),
        "CONSENT_VALIDITY": _refused(
            "CR1",
            "The time of the request lies outside the validity of the consent "
            "credential.",
            "The patient would have to issue a consent credential that is valid at "
            "the time of the request.",
        ),
        "CONSENT_ISSUER": _refused(
            "CR2",
            "The consent was issued neither by the patient, nor by an accepted "
            "recorder, nor by a representative who was entitled when it was signed.",
            "One of these would have to issue it, or the registry to name its issuer "
            "as recorder or representative.",
        ),
        "PURPOSE_MISSING": _refused(
            "A12",
            "The request states no purpose, and nothing permits a use without one.",
            "The request would have to state every purpose of the use.",
        ),
        "BREAK_GLASS_INCOMPLETE": _refused(
            "E10",
            "Break-glass was asked for without a declaration, without the right to "
            "declare it, or without a reason.",
            "Somebody who may declare an emergency would have to declare it and state "
            "a reason.",
        ),
        "DEFAULT_POLICY_PERMIT": _granted(
            "E14",
            "No consent on file applies, and the configured default policy permits "
            "this purpose.",
            "The patient would have to deny this use, or the custodian to configure "
            "another default policy.",
        ),
        "DEFAULT_POLICY_DENY": _refused(
            "E14",
            "No consent on file applies, and the default policy does not permit this "
            "purpose.",
            "The patient would have to consent to this use, or the custodian to "
            "configure another default policy.",
        ),
        "OVERLAY_DENY": _refused(
            OVERLAYS,
            "A legal overlay denies by this clause what the consent rules permit.",
            "The consent or the request would have to meet the clause, or the "
            "custodian not to apply that law.",
        ),
        "OVERLAY_UNAVAILABLE": _unchecked(
            OVERLAYS,
            "A legal overlay gave no answer, so what its law allows is not known.",
            "Whoever runs the verifier would have to repair that overlay.",
        ),
        "SCOPE_NOT_GRANTED": _refused(
            "E6",
            "No part of the requested scope names data and an action that may be "
            "granted.",
            "The request would have to ask, in scopes of SMART version 2, for what a "
            "consent permits.",
        ),
    }
)
