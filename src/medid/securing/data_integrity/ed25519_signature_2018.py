"""The ``Ed25519Signature2018`` suite, which two newer ones replaced: verify only.

Spec: https://w3c-ccg.github.io/lds-ed25519-2018/
"""

from __future__ import annotations

from typing import Final

from medid.keys import KeyKind
from medid.securing.data_integrity.detached_jws import DetachedJws

NAME: Final = "Ed25519Signature2018"
SUITE: Final = DetachedJws(name=NAME, kinds=frozenset({KeyKind.ED25519}))
