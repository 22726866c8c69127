"""The input documents of the W3C suites for VCDM 2.0 and VC-JOSE-COSE."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from medid.core.json import JsonObject, load_object
from medid.credentials import (
    EnvelopedCredential,
    check_self_asserted,
    parse_credential,
    parse_presentation,
)
from medid.errors import (
    HolderBindingError,
    MalformedValue,
    MedidError,
)
from medid.jsonld import ContextStore, canonicalize
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from pathlib import Path

_INPUTS: Final = "vcdm2-inputs/tests/input"

# Refused by JSON-LD and not by shape: what a context does is not for the parser.
JSON_LD_ONLY: Final = {
    "credential-redef-type-fail": "redefines a protected term",
    "credential-redef-type2-fail": "redefines a term that its context protects",
    "credential-type-mapped-nonurl-fail": "maps a type to something that is no URL",
    "credential-type-unmapped-fail": "a type that no context defines",
}

# Where each wrong document is wrong.
REFUSED_AT: Final = {
    "credential-context-combo3-fail": "$.@context[1]",
    "credential-context-combo4-fail": "$.@context[1]",
    "credential-evidence-missing-type-fail": "$.evidence.type",
    "credential-id-multi-fail": "$.id",
    "credential-id-nonidentifier-fail": "$.id",
    "credential-id-not-url-fail": "$.id",
    "credential-id-subject-multi-fail": "$.credentialSubject.id",
    "credential-issuer-no-url-fail": "$.issuer",
    "credential-issuer-null-fail": "$.issuer",
    "credential-issuer-object-id-no-url-fail": "$.issuer.id",
    "credential-issuer-object-id-null-fail": "$.issuer.id",
    "credential-missing-base-context-fail-or-inject": "$.@context",
    "credential-missing-required-type-fail": "$.type",
    "credential-no-context-fail-or-inject": "$.@context",
    "credential-no-issuer-fail": "$.issuer",
    "credential-no-subject-fail": "$.credentialSubject",
    "credential-no-type-fail": "$.type",
    "credential-proof-missing-type-fail": "$.proof.type",
    "credential-refresh-no-type-fail": "$.refreshService.type",
    "credential-schema-no-id-fail": "$.credentialSchema.id",
    "credential-schema-no-type-fail": "$.credentialSchema.type",
    "credential-schema-non-url-id-fail": "$.credentialSchema.id",
    "credential-status-missing-type-fail": "$.credentialStatus.type",
    "credential-status-multiple-id-fail": "$.credentialStatus.id",
    "credential-status-nonurl-id-fail": "$.credentialStatus.id",
    "credential-status-type-nonurl-fail": "$.credentialStatus.type",
    "credential-subject-multiple-empty-fail": "$.credentialSubject[1]",
    "credential-subject-no-claims-fail": "$.credentialSubject",
    "credential-termsofuse-missing-type-fail": "$.termsOfUse.type",
    "credential-termsofuse-no-type-fail": "$.termsOfUse.type",
    "credential-validUntil-validFrom-fail": "$.validFrom",
    "credential-validfrom-invalid-fail": "$.validFrom",
    "credential-validuntil-invalid-fail": "$.validUntil",
    "presentation-context-order-fail": "$.@context",
    "presentation-enveloped-vc-missing-type-fail": "$.verifiableCredential[0].type",
    "presentation-holder-fail": "$.holder",
    "presentation-holder-name-fail": "$.holder.id",
    "presentation-holder-object-fail": "$.holder.id",
    "presentation-missing-base-context-fail": "$.@context",
    "presentation-missing-required-type-fail": "$.type",
    "presentation-no-context-fail-or-inject": "$.@context",
    "presentation-no-type-fail": "$.type",
    "presentation-vc-as-string-fail": "$.verifiableCredential[0]",
    "presentation-vc-missing-required-type-fail": "$.verifiableCredential[0].type",
    "credential-description-extra-prop-en-fail": "$.description.url",
    "credential-name-extra-prop-en-fail": "$.name.url",
    "issuer-description-extra-prop-en-fail": "$.issuer.description.url",
    "issuer-name-extra-prop-en-fail": "$.issuer.name.url",
}

# The suite's runner fills these in; the text of the files is no date.
_DATES: Final = {
    "FUTURE DATE": "2099-01-01T00:00:00Z",
    "PAST DATE": "2001-01-01T00:00:00Z",
}


def _document(file: Path) -> JsonObject:
    """The document, with the issuer and dates that the suite's runner puts in."""
    document = load_object(file.read_bytes())
    if file.name.startswith("presentation-"):
        return document
    if "issuer" not in document and file.stem != "credential-no-issuer-fail":
        document["issuer"] = "did:example:issuer"
    for name in ("validFrom", "validUntil"):
        if document.get(name) in _DATES and file.stem.endswith("-ok"):
            document[name] = _DATES[str(document[name])]
    issuer = document.get("issuer")
    if isinstance(issuer, dict) and "id" not in issuer:
        issuer["id"] = "did:example:issuer"
    return document


def _parse(file: Path, document: JsonObject) -> None:
    if file.name.startswith("presentation-"):
        parse_presentation(document)
    else:
        parse_credential(document)


def _files(pattern: str) -> list[Path]:
    found = [
        file
        for file in sorted(vectors(_INPUTS).rglob("*.json"))
        if re.search(pattern, file.stem)
    ]
    assert found
    return found


def test_every_ok_document_is_accepted() -> None:
    files = _files(r"-ok$")
    for file in files:
        _parse(file, _document(file))
        agreed("vcdm2-inputs", file.name)
    assert len(files) == 65


def test_every_fail_document_is_refused_where_it_is_wrong() -> None:
    refused = {}
    for file in _files(r"-fail"):
        if file.stem in JSON_LD_ONLY:
            continue
        with pytest.raises(MalformedValue) as caught:
            _parse(file, _document(file))
        refused[file.stem] = caught.value.path
        agreed("vcdm2-inputs", file.name)
    assert refused == REFUSED_AT


def test_valid_until_before_valid_from_is_refused() -> None:
    [file] = _files(r"^credential-validUntil-validFrom-fail$")
    document = _document(file)
    for name in ("validFrom", "validUntil"):
        document[name] = _DATES[str(document[name])]
    with pytest.raises(MalformedValue) as caught:
        parse_credential(document)
    assert caught.value.path == "$.validUntil"


def test_documents_that_only_json_ld_can_refuse_are_refused_by_it() -> None:
    store = ContextStore.bundled().with_inline_contexts()
    [accepted] = _files(r"^credential-type-mapped-url-ok$")
    assert canonicalize(_document(accepted), store)
    for name in JSON_LD_ONLY:
        [file] = _files(f"^{name}$")
        document = _document(file)
        parse_credential(document)
        with pytest.raises(MedidError):
            canonicalize(document, store)
        agreed("vcdm2-inputs", file.name)


def test_a_self_asserted_credential_is_its_holders_own() -> None:
    files = _files(r"^presentation-self-asserted-vc-")
    for file in files:
        presentation = parse_presentation(_document(file))
        assert len(presentation.self_asserted) == 1
        if file.stem.endswith("-ok"):
            check_self_asserted(presentation)
        else:
            with pytest.raises(HolderBindingError) as caught:
                check_self_asserted(presentation)
            assert caught.value.path == "$.verifiableCredential[0].issuer"
        agreed("vcdm2-inputs", file.name)
    assert len(files) == 4


def test_jose_cose_inputs_are_well_formed() -> None:
    folder = vectors("jose-cose-inputs/tests/input")
    names = sorted(file.name for file in folder.glob("*.json"))
    credentials = [name for name in names if name.startswith("credential-")]
    presentations = [name for name in names if name.startswith("presentation-")]
    for name in credentials:
        credential = parse_credential(load_object((folder / name).read_bytes()))
        assert credential.issuer.id == "https://example.issuer/vc-jose-cose"
    for name in presentations:
        document = load_object((folder / name).read_bytes())
        if name == "presentation-multiple.json":
            assert len(parse_presentation(document).entries) == 3
            continue
        [entry] = parse_presentation(document).entries
        assert isinstance(entry, EnvelopedCredential)
    assert (len(credentials), len(presentations)) == (5, 3)
