from __future__ import annotations

import hashlib
import json
import runpy
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from medid import health
from medid.core.json import load_object
from medid.errors import DataLoss, MedidError
from medid.health import generate
from medid.health.generate import (
    context,
    generated_files,
    receipt_context,
    schema,
    support_context,
    write_files,
)
from medid.health.receipt_vocabulary import (
    RECEIPT_CREDENTIAL,
    RECEIPT_CREDENTIALS,
    RECEIPT_NODES,
)
from medid.health.support_vocabulary import (
    AUTHORISATION_CREDENTIAL,
    DECLARATION_CREDENTIAL,
    SUPPORT_CREDENTIALS,
    SUPPORT_NODES,
)
from medid.health.vocabulary import (
    CONSENT_CREDENTIAL,
    CONTEXT_FILE,
    CREDENTIALS,
    LICENSE_CREDENTIAL,
    NODES,
    TRUST_CREDENTIAL,
)
from medid.jsonld import canonicalize, check_compact, check_context_form, expand
from tests.health.documents import (
    authorisation_document,
    consent_document,
    declaration_document,
    license_document,
    receipt_document,
    trust_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from medid.health.words import CredentialType, Term

Document = dict[str, Any]
DOCUMENTS: list[tuple[CredentialType, Callable[[], Document]]] = [
    (LICENSE_CREDENTIAL, license_document),
    (CONSENT_CREDENTIAL, consent_document),
    (TRUST_CREDENTIAL, trust_document),
    (AUTHORISATION_CREDENTIAL, authorisation_document),
    (DECLARATION_CREDENTIAL, declaration_document),
    (RECEIPT_CREDENTIAL, receipt_document),
]


ROOM = CONTEXT_FILE.parent.parent


def test_shipped_files_are_what_the_table_generates() -> None:
    for path, text in generated_files(ROOM).items():
        assert path.read_text(encoding="utf-8") == text, path.name


def test_the_command_writes_exactly_the_shipped_files(tmp_path: Path) -> None:
    written = write_files(tmp_path)
    assert written == write_files(tmp_path)
    for path in written:
        shipped = ROOM / path.relative_to(tmp_path)
        assert path.read_bytes() == shipped.read_bytes()


def test_the_command_names_what_it_keeps_up_to_date(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runpy.run_path(generate.__file__, run_name="__main__")
    told = capsys.readouterr().out.split()
    assert told == [path.name for path in generated_files(ROOM)]


def test_no_term_or_type_is_defined_twice() -> None:
    every = (*NODES, *SUPPORT_NODES, *RECEIPT_NODES)
    names = [node.name for node in every]
    assert len(names) == len(set(names))
    for node in every:
        terms = [term.name for term in node.terms]
        assert len(terms) == len(set(terms)), node.name
        iris = [term.iri for term in node.terms]
        assert len(iris) == len(set(iris)), node.name


def test_every_node_that_a_term_holds_exists() -> None:
    for nodes, credentials in (
        (NODES, CREDENTIALS),
        (SUPPORT_NODES, SUPPORT_CREDENTIALS),
        (RECEIPT_NODES, RECEIPT_CREDENTIALS),
    ):
        names = {node.name for node in nodes}
        held = {term.node for node in nodes for term in node.terms if term.node}
        assert held <= names
        assert {credential.subject for credential in credentials} <= names


def test_no_term_is_scoped_to_a_credential_type() -> None:
    for made, credentials in (
        (context(), CREDENTIALS),
        (support_context(), SUPPORT_CREDENTIALS),
        (receipt_context(), RECEIPT_CREDENTIALS),
    ):
        terms = made["@context"]
        assert isinstance(terms, dict)
        for credential in credentials:
            assert terms[credential.name] == {"@id": credential.iri}


def test_every_claim_of_an_authorisation_is_in_what_is_signed() -> None:
    signed = canonicalize(authorisation_document(), health.contexts()).decode()
    space = "https://w3id.org/medid/health/support/v1#"
    for name in ("compact", "authorisationKind", "homeState", "state", "days"):
        assert f"<{space}{name}>" in signed
    number = "http://www.w3.org/2001/XMLSchema#nonNegativeInteger"
    for days in (29, 0):
        assert f'<{space}days> "{days}"^^<{number}>' in signed
    for name in ("homeState", "hostState"):
        declared = canonicalize(declaration_document(), health.contexts()).decode()
        assert f"<{space}{name}>" in declared


def test_the_two_contexts_may_stand_in_one_document() -> None:
    both = authorisation_document()
    both["@context"].append("https://w3id.org/medid/health/v1")
    alone = canonicalize(authorisation_document(), health.contexts())
    assert canonicalize(both, health.contexts()) == alone


def test_what_the_context_of_licenses_says_stays_as_it_is() -> None:
    # Signatures of years ago are over these bytes' meaning: what is new has its own.
    found = hashlib.sha256(CONTEXT_FILE.read_bytes()).hexdigest()
    assert found == "4edc06a163bbff5330fc00dc38b14fe78e5d12d60a05f6b4c5391f056e47d952"


@pytest.mark.parametrize(("kind", "make"), DOCUMENTS)
def test_documents_expand_without_loss_and_are_compact(
    kind: CredentialType, make: Callable[[], Document]
) -> None:
    document = make()
    check_context_form(document)
    check_compact(document, health.contexts())
    assert canonicalize(document, health.contexts())


def _leaves(value: object) -> int:
    if isinstance(value, dict):
        return sum(_leaves(item) for item in value.values())
    if isinstance(value, list):
        return sum(_leaves(item) for item in value)
    return 1


def test_every_claim_of_a_license_is_in_what_is_signed() -> None:
    document = license_document()
    del document["@context"]
    signed = canonicalize(license_document(), health.contexts()).decode()
    # The two status entries and both issuer members are in as well; a node adds one
    # statement that leads to it, an identifier none.
    assert signed.count("\n") > _leaves(document) - 10
    members = document["credentialSubject"]["license"]
    for name in members:
        if name not in {"id", "type"}:
            assert f"<https://w3id.org/medid/health/v1#{name}>" in signed, name


def _code_terms() -> list[tuple[str, Term]]:
    return [
        (node.name, term)
        for node in (*NODES, *RECEIPT_NODES)
        for term in node.terms
        if term.datatype == "code"
    ]


@pytest.mark.parametrize(("node", "term"), _code_terms())
def test_every_value_of_a_closed_list_survives_expansion_and_compaction(
    node: str, term: Term
) -> None:
    for word in term.values:
        document: Document = {
            "@context": [
                "https://w3id.org/medid/health/v1",
                "https://w3id.org/medid/health/receipts/v1",
            ],
            "type": node,
            term.name: word,
        }
        check_compact(document, health.contexts())
        signed = canonicalize(document, health.contexts()).decode()
        assert f"<{term.iri}> <{term.values_iri}{word}>" in signed


@pytest.mark.parametrize("status", ["Active", "aktive", "valid", "active "])
def test_a_status_outside_the_list_has_no_meaning_to_sign(status: str) -> None:
    document = license_document()
    document["credentialSubject"]["license"]["licenseStatus"] = status
    with pytest.raises(MedidError):
        canonicalize(document, health.contexts())


def test_an_undefined_claim_is_data_loss_and_not_dropped() -> None:
    document = license_document()
    document["credentialSubject"]["license"]["supervisor"] = "Dr. X"
    with pytest.raises(DataLoss):
        canonicalize(document, health.contexts())


def test_the_fhir_consent_is_signed_as_it_is() -> None:
    document = consent_document()
    found = json.dumps(expand(document, health.contexts()))
    assert json.dumps(document["credentialSubject"]["consent"]) in found


@pytest.mark.parametrize(("kind", "make"), DOCUMENTS)
def test_schemas_are_schemas_and_accept_the_documents(
    kind: CredentialType, make: Callable[[], Document]
) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))
    jsonschema.Draft202012Validator(schema(kind)).validate(make())


def _refused(document: Document, kind: CredentialType = LICENSE_CREDENTIAL) -> bool:
    return not jsonschema.Draft202012Validator(schema(kind)).is_valid(document)


def test_schema_refuses_what_the_table_does_not_allow() -> None:
    changes: list[Callable[[Document], object]] = [
        lambda d: d["credentialSubject"]["license"].update(licenseStatus="Active"),
        lambda d: d["credentialSubject"]["license"].update(adverseAction=[]),
        lambda d: d["credentialSubject"]["license"].update(supervisor="x"),
        lambda d: d["credentialSubject"]["license"].pop("licenseNumber"),
        lambda d: d["credentialSubject"].pop("license"),
        lambda d: d["credentialSubject"].update(type="Person"),
        lambda d: d.update(credentialSubject=[]),
        lambda d: d.pop("credentialStatus"),
        lambda d: d.update({"@context": d["@context"][:1]}),
        lambda d: d.update(type=["VerifiableCredential"]),
    ]
    for change in changes:
        document = license_document()
        change(document)
        assert _refused(document)


def test_one_value_may_stand_without_its_array() -> None:
    document = license_document()
    license_ = document["credentialSubject"]["license"]
    license_["profession"] = license_["profession"][0]
    document["credentialSubject"] = [document["credentialSubject"]]
    assert not _refused(document)


def test_health_contexts_are_made_once_and_hold_the_health_context() -> None:
    assert health.contexts() is health.contexts()
    url = "https://w3id.org/medid/health/v1"
    assert load_object(health.contexts().content(url)) == context()
    url = "https://w3id.org/medid/health/support/v1"
    assert load_object(health.contexts().content(url)) == support_context()
    url = "https://w3id.org/medid/health/receipts/v1"
    assert load_object(health.contexts().content(url)) == receipt_context()
