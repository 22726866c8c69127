"""Parameters of DID URLs and options of resolutions: once, known, of their form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.dids.parameters import Parameters, of_url, read_parameters
from medid.dids.resolution import ResolutionOptions
from medid.dids.syntax import DidUrl
from medid.errors import MalformedValue, MedidError, MethodNotSupported
from medid.jsonld.references import resolve

AT = Instant.parse("2026-01-02T03:04:05Z")


def test_every_parameter_is_read() -> None:
    found = read_parameters(
        [
            ("versionId", "2-QmX"),
            ("versionNumber", "2"),
            ("versionTime", "2026-01-02T03:04:05Z"),
            ("service", "files"),
            ("serviceType", "Files"),
            ("relativeRef", "/a?b#c"),
            ("resource", "true"),
            ("verificationRelationship", "keyAgreement"),
            ("expandRelativeUrls", "true"),
        ]
    )
    assert found == Parameters(
        version_id="2-QmX",
        version_number=2,
        version_time=AT,
        service="files",
        service_type="Files",
        relative_ref="/a?b#c",
        resource=True,
        relationship="keyAgreement",
        expand_relative_urls=True,
    )
    assert found.selects
    expected = ResolutionOptions(version_id="2-QmX", version_number=2, version_time=AT)
    assert found.resolution_options() == expected
    assert read_parameters([]) == Parameters()
    assert not read_parameters([("resource", "false")]).selects


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("versionId", ""),
        ("versionId", "a b"),
        ("versionId", "1\n"),
        ("versionId", "v" * 257),
        ("versionNumber", ""),
        ("versionNumber", "0"),
        ("versionNumber", "02"),
        ("versionNumber", "+2"),
        ("versionNumber", "2-QmX"),
        ("versionNumber", "\u0662"),
        ("versionNumber", "1234567890"),
        ("versionTime", "2026-01-02"),
        ("versionTime", ""),
        ("service", ""),
        ("serviceType", ""),
        ("relativeRef", "https://evil.example/"),
        ("relativeRef", "//evil.example/"),
        ("relativeRef", "data:text/html,x"),
        ("relativeRef", "a\\b"),
        ("relativeRef", "a b"),
        ("relativeRef", "a\n"),
        ("resource", ""),
        ("resource", "True"),
        ("verificationRelationship", "assertion"),
        ("expandRelativeUrls", "1"),
    ],
)
def test_what_is_not_of_its_form_is_refused_at_its_place(name: str, value: str) -> None:
    with pytest.raises(MalformedValue) as refused:
        read_parameters([(name, value)])
    assert refused.value.path == f"$.{name}"


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(MalformedValue, match="twice"):
        read_parameters([("service", "a"), ("service", "a")])


def test_an_unknown_name_is_not_passed_over() -> None:
    with pytest.raises(MethodNotSupported, match="does not support") as refused:
        read_parameters([("hl", "zQm")])
    assert "versionId" in refused.value.fix


def test_percent_encoding_is_taken_off_once() -> None:
    url = DidUrl.parse("did:a:b?service=files&relativeRef=%2Fa%253F")
    assert of_url(url) == [("service", "files"), ("relativeRef", "/a%3F")]
    with pytest.raises(MalformedValue, match="UTF-8"):
        of_url(DidUrl.parse("did:a:b?service=%ff"))


@given(st.text(max_size=20) | st.from_regex(r"[a-z:/.?#@%\\]{0,12}", fullmatch=True))
def test_a_relative_reference_never_leads_to_another_host(text: str) -> None:
    base = "https://files.example:8443/a/b"
    try:
        found = read_parameters([("relativeRef", text)]).relative_ref
    except MedidError:
        return
    assert found is not None
    assert resolve(base, found).startswith("https://files.example:8443/")
