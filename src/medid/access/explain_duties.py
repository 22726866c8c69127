"""A sentence for each obligation that a permit can carry.

Spec: https://w3id.org/medid/consent-evaluation/1
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.consent_types import PROFILE_URI, Obligation
from medid.access.explain_consent import PROFILE_PAGE
from medid.access.explain_license import REASONS_PAGE
from medid.access.explain_words import Duty
from medid.access.license_rules import REPORT_ADVERSE_ACTION, SHOW_CONDITIONS
from medid.health.codes import OBO

if TYPE_CHECKING:
    from collections.abc import Mapping

_BREAK_GLASS: Final = "An emergency was declared to break the glass."
_NO_EMERGENCY: Final = "The request would have to be made without break-glass."
_READINGS: Final = f"{PROFILE_PAGE}#readings"
_OVERLAYS: Final = "docs/explanation/overlays"
_PART2: Final = "The data is labelled as substance use disorder data."
_NO_PART2: Final = "The data would have to be other than substance use disorder data."
_PART2_PAGE: Final = f"{_OVERLAYS}/us-42cfr2.md#us-42cfr2"
_LICENSE: Final = f"{REASONS_PAGE}#license-check-all"

DUTIES: Final[Mapping[Obligation, Duty]] = MappingProxyType(
    {
        Obligation("AUDIT"): Duty(
            duty="Write the access to the audit record.",
            found=_BREAK_GLASS,
            change=_NO_EMERGENCY,
            rule="reading of break the glass",
            see=_READINGS,
        ),
        Obligation("NOTIFY", PROFILE_URI): Duty(
            duty="Notify those whom the custodian has named for break-glass access.",
            found=_BREAK_GLASS,
            change=_NO_EMERGENCY,
            rule="reading of break the glass",
            see=_READINGS,
        ),
        Obligation("MINEC"): Duty(
            duty="Disclose only the minimum that is necessary for the purpose.",
            found="The purpose is payment or operations.",
            change="The request would have to be for another purpose.",
            rule="reading of payment and operations",
            see=_READINGS,
        ),
        Obligation("PART2_NOTICE", PROFILE_URI): Duty(
            duty="Send the notice that forbids redisclosure, and a copy of the "
            "consent, along with the data.",
            found=_PART2,
            change=_NO_PART2,
            rule="US-42CFR2 2.32",
            see=_PART2_PAGE,
        ),
        Obligation("NORDSCLCD"): Duty(
            duty="Disclose the data to nobody else without a further consent.",
            found=_PART2,
            change=_NO_PART2,
            rule="US-42CFR2 2.32",
            see=_PART2_PAGE,
        ),
        Obligation("AOD"): Duty(
            duty="Enter the disclosure in the accounting of disclosures.",
            found="The purpose is public health, for which no authorization is needed.",
            change="The patient would have to authorize the disclosure.",
            rule="US-HIPAA 164.528",
            see=f"{_OVERLAYS}/us-hipaa.md#us-hipaa",
        ),
        Obligation("DUO_0000019", OBO): Duty(
            duty="Publish the results of the research.",
            found="The conditions of use of the data ask for publication.",
            change="The conditions of use of the data would have to be others.",
            rule="GA4GH-DUO DUO:0000019",
            see=f"{_OVERLAYS}/ga4gh-duo.md#ga4gh-duo",
        ),
        Obligation(SHOW_CONDITIONS, PROFILE_URI): Duty(
            duty="Show the conditions of the license to whoever relies on it.",
            found="The license carries conditions that are in force.",
            change="The board would have to lift the conditions.",
            rule="license check conditions",
            see=_LICENSE,
        ),
        Obligation(REPORT_ADVERSE_ACTION, PROFILE_URI): Duty(
            duty="Report to whoever relies on the license that there is an adverse "
            "action or a warning.",
            found="The license states an adverse action, or an authority has passed on "
            "a warning about the presenter.",
            change="The authority would have to lift it.",
            rule="license check alerts",
            see=_LICENSE,
        ),
    }
)
