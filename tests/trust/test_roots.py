"""The roots of certificates in a trust file, read strictly, and for whom they speak."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url
from medid.core.instant import Instant
from medid.dids.methods.x509 import create, parse
from medid.errors import ConfigurationError, IssuerNotTrusted
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.roots import MAX_CRLS, MAX_ROOTS, X509Root, name_of, stated_by
from tests.keys.authorities import authority, signer

ROOT: Final = authority("root")
MIDDLE: Final = authority("middle", ROOT)
LEAF: Final = signer("leaf", MIDDLE)
DIGEST: Final = sha256(ROOT.der).hexdigest()
UZI: Final = "2.16.528.1.1007.99.2110-1-{digits}-S-{digits}-{digits}.{digits}-{digits}"
WHO: Final = {"san": {"otherName": UZI}}
CRL: Final = "https://ca.example/root.crl"


def entry(**members: Any) -> dict[str, Any]:
    """An entry; ``None`` removes a member."""
    full = {
        "sha256": DIGEST,
        "subjects": [WHO],
        "jurisdictions": ["NL"],
        "professions": ["01.015"],
        **members,
    }
    return {name: value for name, value in full.items() if value is not None}


def pem(**members: Any) -> dict[str, Any]:
    return entry(sha256=None, certificate=ROOT.pem, **members)


def read(*entries: Any) -> tuple[X509Root, ...]:
    return TrustRegistry.from_json({"x509Roots": list(entries)}).settings.roots


def one(**members: Any) -> X509Root:
    (found,) = read(entry(**members))
    return found


def test_a_root_is_enough_for_a_trust_file() -> None:
    (found,) = read(pem(name="Register", validFrom="2026-01-01T00:00:00Z"))
    assert (found.sha256, found.certificate) == (DIGEST, ROOT.der)
    authority_ = found.authority
    assert (authority_.name, authority_.delegable) == ("Register", 0)
    assert authority_.did == f"ni:///sha-256;{base64url.encode(bytes.fromhex(DIGEST))}"
    assert authority_.credential_types == (LICENSE_TYPE,)
    assert authority_.window.start == Instant.parse("2026-01-01T00:00:00Z")
    assert found.require_registration is None
    assert found.crls == ()
    assert "BEGIN" not in repr(found)


def test_a_root_itself_issues_nothing() -> None:
    trust = TrustRegistry.from_json({"x509Roots": [entry()]})
    for name in (name_of(DIGEST), DIGEST, str(create(ROOT.der, ("eku", "1.2.3")))):
        with pytest.raises(IssuerNotTrusted):
            trust.admit(name)


def test_a_root_is_named_in_one_of_two_ways() -> None:
    assert one().sha256 == read(pem())[0].sha256
    assert one().certificate is None


PLACE: Final = "$.x509Roots[0]"


@pytest.mark.parametrize(
    ("stated", "path"),
    [
        (entry(certificate=ROOT.pem), ""),
        (entry(sha256=None), ""),
        (entry(sha256=DIGEST.upper()), ".sha256"),
        (entry(sha256=DIGEST[:-1]), ".sha256"),
        (entry(sha256=f"{DIGEST}\n"), ".sha256"),
        (entry(sha256=7), ".sha256"),
        (entry(sha256=None, certificate=LEAF.pem), ".certificate"),
        (entry(sha256=None, certificate=ROOT.pem + MIDDLE.pem), ".certificate"),
        (entry(sha256=None, certificate=[ROOT.pem]), ".certificate"),
        (entry(sha256=None, certificate=DIGEST), ".certificate"),
        (entry(root="x"), ".root"),
        (entry(subjects=None), ".subjects"),
        (entry(subjects=[]), ".subjects"),
        (entry(subjects=WHO), ".subjects"),
        (entry(subjects=["*"]), ".subjects[0]"),
        (entry(subjects=[{}]), ".subjects[0]"),
        (entry(subjects=[WHO, {}]), ".subjects[1]"),
        (entry(subjects=[{"san": {}, "eku": [], "subject": {}}]), ".subjects[0]"),
        (entry(subjects=[{"sans": {}}]), ".subjects[0].sans"),
        (entry(subjects=[{"san": ["dns"]}]), ".subjects[0].san"),
        (entry(subjects=[{"san": {"ip": "10.0.0.1"}}]), ".subjects[0].san.ip"),
        (entry(subjects=[{"san": {"DNS": "a"}}]), ".subjects[0].san.DNS"),
        (entry(subjects=[{"san": {"dns": ["a"]}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"san": {"dns": ""}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"san": {"dns": "*.a"}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"san": {"dns": " a"}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"san": {"dns": "{label}"}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"san": {"dns": "{label}.-"}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"san": {"dns": "{any}.a"}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"san": {"dns": "a}"}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"san": {"dns": "{a"}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"san": {"dns": "{{digits}}a"}}]), ".subjects[0].san.dns"),
        (entry(subjects=[{"subject": {"o": "a"}}]), ".subjects[0].subject.o"),
        (entry(subjects=[{"subject": {"2.5.4.10": "a"}}]), None),
        (entry(subjects=[{"subject": {"O": None}}]), ".subjects[0].subject.O"),
        (entry(subjects=[{"eku": "1.2.3"}]), ".subjects[0].eku"),
        (entry(subjects=[{"eku": ["clientAuth"]}]), ".subjects[0].eku[0]"),
        (entry(subjects=[{"eku": ["1.2.{digits}"]}]), ".subjects[0].eku[0]"),
        (entry(jurisdictions=None), ".jurisdictions"),
        (entry(jurisdictions=[]), ".jurisdictions"),
        (entry(jurisdictions=["Holland"]), ".jurisdictions[0]"),
        (entry(professions=[]), ".professions"),
        (entry(professions=["*"]), ".professions[0]"),
        (entry(credentialTypes=[]), ".credentialTypes"),
        (entry(requireRegistration=[]), ".requireRegistration"),
        (entry(validFrom="2026"), ".validFrom"),
        (entry(revocation="required"), ".revocation"),
        (entry(crls=[CRL]), ".crls"),
        (pem(crls=[]), ".crls"),
        (pem(crls=CRL), ".crls"),
        (pem(crls=["ldap://ca.example/x"]), ".crls[0]"),
        (pem(crls=[CRL] * (MAX_CRLS + 1)), ".crls"),
        (pem(crls=[CRL], revocation="off"), ".revocation"),
        (pem(crls=[CRL], revocation=True), ".revocation"),
        ("root", ""),
        (None, ""),
    ],
    ids=lambda one: one if isinstance(one, str) and len(one) < 40 else "entry",
)
def test_what_is_not_understood_stops_it(stated: Any, path: str | None) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(stated)
    assert path is None or caught.value.path == f"{PLACE}{path}"


def test_a_root_may_name_as_many_lists_as_the_limit_says() -> None:
    assert read(pem(crls=[CRL] * MAX_CRLS))


def test_more_roots_than_there_are_registers() -> None:
    assert len(read(*[entry()] * MAX_ROOTS)) == MAX_ROOTS
    with pytest.raises(ConfigurationError) as caught:
        read(*[entry()] * (MAX_ROOTS + 1))
    assert caught.value.path == "$.x509Roots"
    with pytest.raises(ConfigurationError):
        TrustRegistry.from_json({"x509Roots": []})


def test_lists_are_required_unless_the_entry_says_otherwise() -> None:
    (found,) = read(pem(crls=[CRL, "http://ca.example/middle.crl"]))
    assert (len(found.crls), found.revocation) == (2, "required")
    (found,) = read(pem(crls=[CRL], revocation="if-present"))
    assert found.revocation == "if-present"


# The path.


def test_a_chain_is_followed_up_to_the_root() -> None:
    chain = (LEAF.der, MIDDLE.der, ROOT.der)
    above = authority("above").der
    assert one().path(chain) == chain
    assert one().path((*chain, above)) == chain
    assert one().path(chain[:2]) == ()
    assert one().path(()) == ()
    # A signer is not his own root.
    assert one().path((ROOT.der, above)) == ()
    (known,) = read(pem())
    assert known.path(chain[:2]) == chain
    assert known.path(chain) == chain


# Subjects.


def speaks(subjects: Any, *predicates: Any) -> bool:
    did = create(ROOT.der, *predicates)
    return one(subjects=subjects).speaks_for(stated_by(parse(did).predicates))


NAME: Final = "2.16.528.1.1007.99.2110-1-1111111-S-2222222-00.000-333333"


def test_one_subject_of_several_with_all_that_it_requires() -> None:
    two = [
        {"san": {"dns": "a.example"}, "subject": {"O": "A", "L": "B"}},
        {"san": {"dns": "b.example"}, "eku": ["1.2.3", "1.2.4"]},
    ]
    first = [("san", "dns", "a.example"), ("subject", "O", "A", "L", "B")]
    assert speaks(two, *first)
    assert speaks(two, *reversed(first))
    assert speaks(two, first[0], ("subject", "L", "B", "O", "A"))
    assert speaks(two, first[0], ("subject", "L", "B"), ("subject", "O", "A"))
    assert speaks(two, *first, ("subject", "C", "NL"))
    assert not speaks(two, *first[:1])
    assert not speaks(two, *first[1:])
    assert not speaks(two, first[0], ("subject", "O", "A"))
    # Two subjects that are each met by half do not add up.
    assert not speaks(two, first[0], ("eku", "1.2.3"), ("eku", "1.2.4"))
    second = [("san", "dns", "b.example"), ("eku", "1.2.4"), ("eku", "1.2.3")]
    assert speaks(two, *second)
    assert not speaks(two, *second[:2])


@pytest.mark.parametrize(
    "predicate",
    [
        ("san", "uri", NAME),
        ("san", "email", NAME),
        ("san", "dns", NAME),
        ("subject", "CN", NAME),
        ("fulcio-issuer", NAME),
        ("san", "otherName", f"{NAME}\x00"),
        ("san", "otherName", f"{NAME}\n"),
        ("san", "otherName", f"1{NAME}"),
        ("san", "otherName", NAME.replace("1111111", "")),
        ("san", "otherName", NAME.replace("1111111", "1111a11")),
        ("san", "otherName", NAME.replace("1111111", "\u0661")),  # a digit elsewhere
        ("san", "otherName", NAME.replace("99.2110", "99x2110")),
        ("san", "otherName", UZI),
    ],
)
def test_the_same_text_in_another_place_is_nothing(predicate: Any) -> None:
    assert speaks([WHO], ("san", "otherName", NAME))
    assert not speaks([WHO], predicate)


def test_two_names_of_which_one_is_required() -> None:
    assert speaks([WHO], ("san", "otherName", "x"), ("san", "otherName", NAME))
    assert not speaks([WHO], ("san", "otherName", "x"), ("san", "otherName", "y"))


def test_a_label_of_a_domain() -> None:
    who = [{"san": {"dns": "{label}.clinic.example"}}]
    assert speaks(who, ("san", "dns", "a-1.clinic.example"))
    for name in (
        "clinic.example",
        ".clinic.example",
        "a.b.clinic.example",
        "a.clinic.example.",
        "a.clinicxexample",
        "a.CLINIC.example",
        "a\x00.clinic.example",
    ):
        assert not speaks(who, ("san", "dns", name))


def test_a_placeholder_takes_all_that_it_can() -> None:
    assert speaks(
        [{"subject": {"CN": "a{digits}.{digits}"}}], ("subject", "CN", "a1.22")
    )
    # So a digit behind it is never there: no guessing where it ends.
    assert not speaks([{"subject": {"CN": "a{digits}7"}}], ("subject", "CN", "a177"))


def test_an_attribute_by_its_number() -> None:
    who = [{"subject": {"2.5.4.12": "arts", "O": "A"}}]
    assert speaks(who, ("subject", "2.5.4.12", "arts", "O", "A"))
    assert not speaks(who, ("subject", "CN", "arts", "O", "A"))


@given(
    wanted=st.text(min_size=1).filter(lambda one: one.isalnum()), stated=st.text("ab.")
)
def test_without_placeholders_it_is_the_very_text(wanted: str, stated: str) -> None:
    found = one(subjects=[{"san": {"dns": wanted}}])
    for value in (stated, wanted):
        known = {("san", "dns", value)}
        assert found.speaks_for(known) is (value == wanted)
    assert not found.speaks_for(())
