"""The ``eddsa-jcs-2022`` cryptosuite: Ed25519 over canonical JSON.

Everything in the JSON is signed, so nothing can be lost or re-spelt; contexts are
only compared, never processed.

Spec: https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from medid.core import jcs
from medid.core.fields import as_list
from medid.errors import MalformedProof
from medid.keys import KeyKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore

NAME: Final = "eddsa-jcs-2022"
KEY_KIND: Final = KeyKind.ED25519
CAN_SIGN: Final = True
CARRIES_CONTEXT: Final = True


def covered(
    document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
) -> JsonObject:
    """``document`` with the ``@context`` that was signed.

    Contexts may be appended to a document after it was signed; the proof then states
    the ones that were there (#verify-proof-eddsa-jcs-2022, step 4).

    Raises:
        MalformedProof: The document does not begin with the contexts of its proof.
    """
    if "@context" not in options:
        return dict(document)
    signed = options["@context"]
    if signed != document.get("@context"):
        stated, present = as_list(signed), as_list(document.get("@context"))
        if not stated or present[: len(stated)] != stated:
            message = "the document must begin with the contexts of its proof"
            raise MalformedProof(message, path="$.@context")
    return {**document, "@context": signed}


def document_hash(covered: Mapping[str, JsonValue], *, contexts: ContextStore) -> bytes:
    """SHA-256 of the canonical JSON (#hashing-eddsa-jcs-2022).

    Raises:
        CanonicalizationError: A number or string that JCS cannot carry.
    """
    del contexts
    return sha256(jcs.canonicalize(covered)).digest()


def options_hash(
    options: Mapping[str, JsonValue],
    covered: Mapping[str, JsonValue],
    *,
    contexts: ContextStore,
) -> bytes:
    """SHA-256 of the proof configuration's canonical JSON.

    Raises:
        CanonicalizationError: A number or string that JCS cannot carry.
    """
    del covered, contexts
    return sha256(jcs.canonicalize(options)).digest()
