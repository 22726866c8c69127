"""didkit resolves a did:key and a did:jwk to the document that medid resolves."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import didkit
import pytest

from medid.core.evidence import Evidence
from medid.dids.document import DidDocument
from medid.dids.methods import jwk as did_jwk
from medid.dids.methods import key as did_key
from medid.dids.resolver import resolve
from medid.dids.syntax import Did
from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.keys import PublicKey

#: What didkit writes for every method. It leaves out the key agreement of did:key.
RELATIONSHIPS = ("authentication", "assertionMethod")


def by_didkit(did: Did) -> DidDocument:
    async def resolved() -> Any:
        return json.loads(await didkit.resolve_did(str(did), "{}"))

    return DidDocument.parse(asyncio.run(resolved()), expected=did)


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.P256])
@pytest.mark.parametrize("create", [did_key.create, did_jwk.create])
def test_both_list_the_same_key_under_the_same_name(
    create: Callable[[PublicKey], object], kind: KeyKind
) -> None:
    key = PrivateKey.generate(kind).public_key
    did = Did.parse(str(create(key)))
    ours, theirs = resolve(did, Evidence()), by_didkit(did)
    listed = theirs.raw["assertionMethod"]
    assert isinstance(listed, list)
    (name,) = listed
    for relationship in RELATIONSHIPS:
        methods = [
            document.method_for(str(name), relationship) for document in (ours, theirs)
        ]
        assert [method.key for method in methods] == [key, key]
        assert [method.controller for method in methods] == [str(did), str(did)]
    assert [method.id for method in methods] == [name, name]
