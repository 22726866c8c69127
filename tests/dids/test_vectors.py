"""Documents that others published: same keys, same purposes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

import base58
import pytest

from medid.core.evidence import Evidence
from medid.core.fields import as_list, as_object, required_str
from medid.dids.document import KEY_AGREEMENT, RELATIONSHIPS, DidDocument
from medid.dids.methods import jwk, key
from medid.dids.resolver import resolution_result, resolve
from medid.dids.syntax import Did, DidUrl
from medid.errors import InvalidKey, InvalidVerificationMethod, MedidError
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject
    from medid.keys import PublicKey

# Of did-core-implementations: the did:key documents of these keys, and how many.
_READ_KEYS = ("z6Mk", "z6LS", "zDn", "z82", "z2J9", "zQ3s", "zUC7")
_EXPECTED_DID_KEY_DOCUMENTS = 13
_BLS_KEYS = "zUC7"


def _jwk_examples() -> list[tuple[str, JsonObject]]:
    text = (vectors("did-jwk") / "spec.md").read_text()
    examples = text.partition("## Examples")[2]
    dids = re.findall(r"#### DID\n```text\n(\S+)\n```", examples)
    documents = re.findall(r"#### DID Document\n```json\n(.*?)```", examples, re.DOTALL)
    return [
        (did, json.loads(document))
        for did, document in zip(dids, documents, strict=True)
    ]


def test_the_did_jwk_specification_has_the_documents_medid_makes() -> None:
    examples = _jwk_examples()
    assert len(examples) == 2
    for did, document in examples:
        # The P-256 example of the specification has a stray "$" in one reference.
        expected = json.loads(json.dumps(document).replace("did:jwk:$", "did:jwk:"))
        assert jwk.expand(Did.parse(did)).raw == expected
        assert resolution_result(did, Evidence())["didDocument"] == expected
        agreed("did-jwk", did)


def _did_key_documents() -> Iterator[tuple[str, str, JsonObject]]:
    folder = vectors("did-core-implementations") / "suites" / "implementations"
    for file in sorted(folder.glob("did-key-*.json")):
        entry = json.loads(file.read_text())
        for did in entry["dids"]:
            yield file.name, did, entry[did]["didDocumentDataModel"]["properties"]


def _named_keys(document: JsonObject) -> dict[str, set[PublicKey]]:
    """The usable keys of each relationship, by material and not by vocabulary."""
    parsed = DidDocument.parse(document)
    found: dict[str, set[PublicKey]] = {}
    for name in RELATIONSHIPS:
        found[name] = set()
        for method in parsed.ids_for(name):
            try:
                found[name].add(parsed.method_for(method, name).key)
            except (InvalidKey, InvalidVerificationMethod):
                # Of a kind of key that medid does not read, or cannot use for this.
                continue
    return found


def test_five_vendors_did_key_documents_hold_the_keys_medid_finds() -> None:
    compared = 0
    for file, text, document in _did_key_documents():
        if not text.removeprefix("did:key:").startswith(_READ_KEYS):
            with pytest.raises(MedidError):
                resolve(Did.parse(text), Evidence())
            continue
        compared += 1
        agreed("did-core-implementations/did-key", f"{file} {text}")
        # Documents from before DID Core 1.0 list their methods as "publicKey".
        methods = document.get("publicKey", document.get("verificationMethod", []))
        if text.removeprefix("did:key:").startswith(_BLS_KEYS):
            # The vocabulary of this document is older than its curve's Multikey.
            (found,) = key.expand(Did.parse(text)).ids_for("assertionMethod")
            method = key.expand(Did.parse(text)).method_for(found, "assertionMethod")
            (theirs_in_base58,) = [as_object(one, "$") for one in as_list(methods)]
            stated = required_str(theirs_in_base58, "publicKeyBase58", "$")
            assert method.key.raw == base58.b58decode(stated)
            continue
        theirs = _named_keys({**document, "verificationMethod": methods})
        made = key.expand(Did.parse(text), derive_key_agreement=True)
        ours = _named_keys(made.raw)
        assert any(theirs.values()), (file, text)
        for name in RELATIONSHIPS:
            # Some vendors list fewer relationships; none may list another key. The
            # NIST curves are listed for key agreement by one vendor, not by the method.
            if name == KEY_AGREEMENT and not ours[name]:
                continue
            assert theirs[name] <= ours[name], (file, text, name)
        assert theirs["assertionMethod"] == ours["assertionMethod"], (file, text)
    assert compared == _EXPECTED_DID_KEY_DOCUMENTS


def test_the_documents_of_all_did_web_implementations_are_read() -> None:
    folder = vectors("did-core-implementations") / "suites" / "implementations"
    read = 0
    for file in sorted(folder.glob("did-web-*.json")):
        entry = json.loads(file.read_text())
        for text in entry["dids"]:
            document = entry[text]["didDocumentDataModel"]["properties"]
            parsed = DidDocument.parse(document, expected=Did.parse(text))
            assert parsed.raw == document
            for name in RELATIONSHIPS:
                for method in parsed.ids_for(name):
                    assert str(DidUrl.parse(method).did) == text
            read += 1
            agreed("did-core-implementations/did-web", f"{file.name} {text}")
    assert read == 7


def test_did_key_resolutions_of_others_agree_on_what_is_invalid() -> None:
    folder = vectors("did-core-implementations") / "suites" / "implementations"
    seen = 0
    for file in ("resolver-spruce-key.json", "resolver-mattr-key.json"):
        entry = json.loads((folder / file).read_text())
        for index in entry["expectedOutcomes"]["invalidDidErrorOutcome"]:
            text = cast("str", entry["executions"][index]["input"]["did"])
            result = resolution_result(text, Evidence())
            metadata = cast("JsonObject", result["didResolutionMetadata"])
            error = cast("JsonObject", metadata["error"])
            assert error["type"] == "https://www.w3.org/ns/did#INVALID_DID"
            seen += 1
    assert seen >= 2
