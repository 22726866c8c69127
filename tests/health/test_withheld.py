from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import MissingFact
from medid.health.claims import check_nothing_withheld, check_shown_whole
from medid.health.license import License
from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.keys import KeyKind, PrivateKey
from medid.securing import sd_jwt
from tests.health.documents import BOARD, HOLDER, license_document

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = PrivateKey.generate(KeyKind.ED25519)


def _claims() -> dict[str, Any]:
    subject = license_document()["credentialSubject"]
    return {
        "iss": BOARD,
        "sub": HOLDER,
        "vct": LICENSE_CREDENTIAL.iri,
        "license": subject["license"],
        "practitionerIdentifier": subject["practitionerIdentifier"],
        "profile": {"license": {"harmless": True}},
    }


def _presented(
    disclosable: Sequence[str], disclosed: Sequence[str], **claims: Any
) -> sd_jwt.SdJwt:
    issued = sd_jwt.issue(
        {**_claims(), **claims}, KEY, disclosable=disclosable, header={}
    )
    return sd_jwt.parse(sd_jwt.present(issued, disclose=disclosed))


CONDITION = "/license/condition"


@pytest.mark.parametrize(
    ("disclosable", "disclosed"),
    [
        ([], []),
        (["/practitionerIdentifier"], []),
        (["/practitionerIdentifier/0"], []),
        ([CONDITION], [CONDITION]),
        (["/license", CONDITION], ["/license", CONDITION]),
        (["/license/condition/0"], ["/license/condition/0"]),
        (["/license/profession/0/display"], ["/license/profession/0/display"]),
    ],
)
def test_a_license_that_is_shown_whole_is_read(
    disclosable: list[str], disclosed: list[str]
) -> None:
    token = _presented(disclosable, disclosed)
    check_nothing_withheld(token, LICENSE_CREDENTIAL)
    assert len(License.from_claims(token.claims).conditions) == 3


@pytest.mark.parametrize(
    ("disclosable", "disclosed"),
    [
        ([CONDITION], []),
        (["/license", CONDITION], ["/license"]),
        (["/license/condition/0"], []),
        (["/license/condition/1/supervisionLevel"], []),
        (
            ["/license", CONDITION, "/license/condition/0"],
            ["/license", CONDITION],
        ),
    ],
)
def test_a_license_of_which_a_part_is_kept_back_is_refused(
    disclosable: list[str], disclosed: list[str]
) -> None:
    token = _presented(disclosable, disclosed)
    with pytest.raises(MissingFact) as caught:
        check_nothing_withheld(token, LICENSE_CREDENTIAL)
    assert caught.value.path == "$.license"


def test_a_namesake_elsewhere_does_not_stand_for_the_license() -> None:
    pointers = ["/license", CONDITION, "/profile/license"]
    for shown in itertools.permutations(["/license", "/profile/license"]):
        token = _presented(pointers, shown)
        with pytest.raises(MissingFact):
            check_nothing_withheld(token, LICENSE_CREDENTIAL)


def test_a_license_kept_back_altogether_is_no_license() -> None:
    token = _presented(["/license"], [])
    check_nothing_withheld(token, LICENSE_CREDENTIAL)
    with pytest.raises(MissingFact):
        License.from_claims(token.claims)


# A credential of the data model in an SD-JWT


def _document(
    disclosable: Sequence[str], disclosed: Sequence[str], *, in_array: bool = False
) -> sd_jwt.SdJwt:
    document = license_document()
    if in_array:
        document["credentialSubject"] = [document["credentialSubject"]]
    issued = sd_jwt.issue(
        document, KEY, disclosable=disclosable, header={"typ": sd_jwt.VC_SD_JWT}
    )
    shown = sd_jwt.present(issued, disclose=disclosed)
    return sd_jwt.parse(shown, profile="credential")


@pytest.mark.parametrize("in_array", [False, True])
def test_a_part_of_the_license_in_a_credential(in_array: bool) -> None:
    subject = "/credentialSubject/0" if in_array else "/credentialSubject"
    identifier, license_ = f"{subject}/practitionerIdentifier", f"{subject}/license"
    check_nothing_withheld(
        _document([identifier], [], in_array=in_array), LICENSE_CREDENTIAL
    )
    token = _document([f"{license_}/condition"], [], in_array=in_array)
    with pytest.raises(MissingFact) as caught:
        check_nothing_withheld(token, LICENSE_CREDENTIAL)
    path = "$.credentialSubject[0]" if in_array else "$.credentialSubject"
    assert caught.value.path == f"{path}.license"


def test_what_is_shown_whole() -> None:
    pointer = "/credentialSubject/practitionerIdentifier"
    check_shown_whole(_document([], []))
    check_shown_whole(_document([pointer], [pointer]))
    with pytest.raises(MissingFact):
        check_shown_whole(_document([pointer], []))
