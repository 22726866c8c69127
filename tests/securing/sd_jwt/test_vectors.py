"""The examples of RFC 9901 and the test cases of its Python reference library.

Two facts about these files, checked below so that they cannot change unnoticed:

* ``header_mod`` has ``"kid": 42``; RFC 7515 section 4.1.4 makes ``kid`` a string, so
  medid refuses it. The same set with ``"kid": "42"`` passes.
* The key bindings of the JSON forms cover the JSON text. RFC 9901 section 8.1 has them
  cover the compact form, so ``sd_hash`` is refused; made anew, they pass.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from medid.core import base64url
from medid.core.instant import Instant
from medid.errors import InvalidSignature, MalformedValue, MedidError
from medid.keys import PrivateKey
from medid.securing import jose
from medid.securing.sd_jwt import SdJwt, parse, verify_key_binding
from medid.securing.sd_jwt.key_binding import sign_key_binding
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = "sd-jwt-python-testcases-generated"
DRAFT = "sd-jwt-draft-generated"
COUNTS = {PYTHON: 17, DRAFT: 15}
FORMS = ("json_serialization_flattened", "json_serialization_general")


def text_of(folder: Path, name: str) -> str:
    """A text, without the line breaks that the drafts put in for print."""
    found = next(folder.glob(f"{name}.*"))
    text = re.sub(r"\n *", "", found.read_text())
    if found.suffix == ".json" and isinstance(inner := json.loads(text), str):
        return inner
    return text


class Source:
    """One source of vectors, with the keys of its settings."""

    def __init__(self, name: str) -> None:
        self.folder = vectors(name)
        self.settings: dict[str, Any] = yaml.safe_load(
            (self.folder / "settings.yml").read_text()
        )
        keys = self.settings["key_settings"]
        self.issuer = PrivateKey.from_jwk(keys["issuer_key"])
        self.holder = PrivateKey.from_jwk(keys["holder_key"])
        self.sets = sorted(path for path in self.folder.iterdir() if path.is_dir())
        assert len(self.sets) == COUNTS[name]

    def check_key_binding(self, parsed: SdJwt) -> None:
        assert parsed.key_binding is not None
        assert parsed.holder_key == self.holder.public_key
        made = json.loads(parsed.key_binding.payload)["iat"]
        verify_key_binding(
            parsed,
            parsed.holder_key,
            nonce=self.settings["key_binding_nonce"],
            audience=self.settings["identifiers"]["verifier"],
            at=Instant.from_seconds(made),
            max_age_seconds=0,
        )

    def resigned(self, text: str, **header: str) -> str:
        """The same disclosures and key binding under a changed header."""
        jwt, *disclosures, key_binding = text.split("~")
        head, payload, _ = (base64url.decode(part) for part in jwt.split("."))
        token = jose.sign_compact(payload, self.issuer, {**json.loads(head), **header})
        presented = "~".join([token, *disclosures, ""])
        claims = json.loads(base64url.decode(key_binding.split(".")[1]))
        return presented + sign_key_binding(
            presented, self.holder, claims=claims, hash_alg="sha-256"
        )


@pytest.fixture(params=[PYTHON, DRAFT])
def source(request: pytest.FixtureRequest) -> Source:
    return Source(request.param)


def test_every_presentation_discloses_what_it_should(source: Source) -> None:
    bound = 0
    for folder in source.sets:
        text = text_of(folder, "sd_jwt_presentation")
        if folder.name == "header_mod":
            with pytest.raises(MalformedValue) as caught:
                parse(text, profile=None)
            assert caught.value.path == "$.kid"
            text = source.resigned(text, kid="42")
        parsed = parse(text, profile=None)
        jose.verify(parsed.jws, source.issuer.public_key)
        expected = json.loads((folder / "verified_contents.json").read_text())
        assert parsed.claims == expected, folder.name
        if parsed.key_binding is not None and folder.name not in FORMS:
            source.check_key_binding(parsed)
            bound += 1
        if folder.name not in ("header_mod", *FORMS):
            agreed(source.folder.name, folder.name)
    assert bound == {PYTHON: 2, DRAFT: 4}[source.folder.name]


def test_every_issued_sd_jwt_is_sound_and_carries_its_payload(source: Source) -> None:
    for folder in source.sets:
        text = text_of(folder, "sd_jwt_issuance")
        if folder.name == "header_mod":
            text = text.replace(text.split(".")[0], encode_header(kid="42"))
        parsed = parse(text, profile=None)
        expected = json.loads((folder / "sd_jwt_payload.json").read_text())
        assert json.loads(parsed.jws.payload) == expected, folder.name
        assert parsed.key_binding is None


def encode_header(**members: str) -> str:
    header = {"alg": "ES256", "typ": "example+sd-jwt", **members}
    return base64url.encode(json.dumps(header).encode())


@pytest.mark.parametrize("form", FORMS)
def test_json_forms_bind_the_compact_form(source: Source, form: str) -> None:
    text = text_of(source.folder / form, "sd_jwt_presentation")
    parsed = parse(text, profile=None)
    with pytest.raises(InvalidSignature) as caught:
        source.check_key_binding(parsed)
    assert caught.value.path == "$.kb_jwt.sd_hash"
    assert parsed.key_binding is not None
    anew = sign_key_binding(
        parsed.presented,
        source.holder,
        claims=json.loads(parsed.key_binding.payload),
        hash_alg=parsed.hash_alg,
    )
    source.check_key_binding(
        replace(parsed, key_binding=jose.parse_compact(anew), kb_text=anew)
    )


def test_the_pid_of_the_draft_is_an_sd_jwt_vc() -> None:
    source = Source(DRAFT)
    text = text_of(source.folder / "arf-pid", "sd_jwt_presentation")
    parsed = parse(text, profile="dc+sd-jwt")
    assert parsed.claims["vct"] == "urn:eudi:pid:de:1"
    assert parsed.window.end == Instant.from_seconds(1_883_000_000)


# The examples of W3C credentials, in the forms that RFC 9901 and VC-JOSE-COSE give them

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"


def with_payload(source: Source, text: str, typ: str, payload: dict[str, Any]) -> str:
    """The same disclosures and key binding under another payload."""
    _, *disclosures, key_binding = text.split("~")
    token = jose.sign_compact(json.dumps(payload).encode(), source.issuer, {"typ": typ})
    presented = "~".join([token, *disclosures, ""])
    claims = json.loads(base64url.decode(key_binding.split(".")[1]))
    return presented + sign_key_binding(
        presented, source.holder, claims=claims, hash_alg="sha-256"
    )


def payload_of(text: str) -> dict[str, Any]:
    return dict(json.loads(base64url.decode(text.split(".")[1])))


@pytest.mark.parametrize("version", [V1, V2])
def test_the_vaccination_certificate_is_a_credential_in_an_sd_jwt(version: str) -> None:
    source = Source(DRAFT)
    folder = source.folder / "jsonld"
    text = text_of(folder, "sd_jwt_presentation")
    payload = payload_of(text)
    expected = json.loads((folder / "verified_contents.json").read_text())
    for document in (payload, expected):
        document["@context"][0] = version
        if version == V2:
            document["validFrom"] = document.pop("issuanceDate")
            document["validUntil"] = document.pop("expirationDate")
    anew = with_payload(source, text, "vc+sd-jwt", payload)
    parsed = parse(anew, profile="credential")
    jose.verify(parsed.jws, source.issuer.public_key)
    assert parsed.is_document
    assert parsed.claims == expected
    assert {trail[0] for trail in parsed.withheld} == {"credentialSubject"}
    source.check_key_binding(parsed)


def test_the_identity_credential_is_a_set_of_claims() -> None:
    source = Source(DRAFT)
    folder = source.folder / "w3c-vc"
    text = text_of(folder, "sd_jwt_presentation")
    expected = json.loads((folder / "verified_contents.json").read_text())
    for typ in ("dc+sd-jwt", "vc+sd-jwt"):
        payload = {**payload_of(text), "vct": "urn:example:identity"}
        anew = with_payload(source, text, typ, payload)
        parsed = parse(anew, profile="credential")
        assert not parsed.is_document
        assert parsed.claims == {**expected, "vct": "urn:example:identity"}
        source.check_key_binding(parsed)
    # As it was published it is of neither kind.
    for typ in ("dc+sd-jwt", "vc+sd-jwt"):
        with pytest.raises(MedidError):
            parse(
                with_payload(source, text, typ, payload_of(text)), profile="credential"
            )


def test_no_published_example_is_taken_for_a_credential() -> None:
    """Their ``typ`` is that of an example, and says nothing about the content."""
    for name in (PYTHON, DRAFT):
        source = Source(name)
        for folder in source.sets:
            if folder.name == "arf-pid":
                continue
            with pytest.raises(MedidError):
                parse(text_of(folder, "sd_jwt_presentation"), profile="credential")
