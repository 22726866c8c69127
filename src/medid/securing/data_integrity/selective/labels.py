"""Names for blank nodes: those that are signed, and the map back to them.

Canonical names follow from everything a document says, so a part of it has others, and
they would tell about what is kept back. What is signed are names made with a key, which
the holder has; a derived proof maps the names in the part to them.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#createhmacidlabelmapfunction,
https://www.w3.org/TR/vc-di-bbs/#createshuffledidlabelmapfunction
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core import multibase
from medid.core.entropy import drawn
from medid.errors import MalformedProof

if TYPE_CHECKING:
    from medid.core.entropy import Entropy

HMAC_KEY_SIZE: Final = 32  # bytes; as long as the digest, RFC 2104 section 3

# From canonical names to those that are signed, both with "_:".
Naming: TypeAlias = Callable[[Iterable[str]], dict[str, str]]


def new_hmac_key(entropy: Entropy) -> bytes:
    """A key for the names of one base proof.

    Raises:
        SignerError: The entropy source gave another number of bytes than asked.
    """
    return drawn(HMAC_KEY_SIZE, entropy)


def by_hmac(key: bytes) -> Naming:
    """Names that nobody without ``key`` can compute: digests, base64url."""

    def named(canonical: Iterable[str]) -> dict[str, str]:
        return {name: f"_:{_digest(key, name)}" for name in canonical}

    return named


def shuffled(key: bytes) -> Naming:
    """Numbers, in an order that nobody without ``key`` can compute."""

    def named(canonical: Iterable[str]) -> dict[str, str]:
        digests = {_digest(key, name): name for name in canonical}
        return {
            digests[digest]: f"_:b{number}"
            for number, digest in enumerate(sorted(digests))
        }

    return named


def fixed(labels: Sequence[str]) -> Naming:
    """The names that a derived proof states, by the canonical number of each node.

    Raises:
        MalformedProof: They are not one for each blank node.
    """

    def named(canonical: Iterable[str]) -> dict[str, str]:
        numbered = list(canonical)
        if len(numbered) != len(labels):
            message = "the label map does not name each blank node of the document"
            raise MalformedProof(message)
        # Blank nodes stand in the order in which they got their canonical numbers.
        return dict(zip(numbered, labels, strict=True))

    return named


def _digest(key: bytes, name: str) -> str:
    label = name.removeprefix("_:").encode()
    return multibase.to_base64url(hmac.digest(key, label, "sha256"))
