"""Which proofs medid knows: a read-only table from a proof's name to its suite.

The name is the ``cryptosuite`` of a ``DataIntegrityProof``, or the type of an older
proof. What is not listed here is not supported, and never guessed.

Spec: https://www.w3.org/TR/vc-data-integrity/#cryptographic-suites
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.securing.data_integrity import (
    bbs_2023,
    ecdsa_jcs_2019,
    ecdsa_rdfc_2019,
    ecdsa_sd_2023,
    ed25519_signature_2018,
    ed25519_signature_2020,
    eddsa_jcs_2022,
    eddsa_rdfc_2022,
    json_web_signature_2020,
    mldsa44_jcs_2024,
    mldsa44_rdfc_2024,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.securing.data_integrity.cryptosuite import Cryptosuite, SelectiveSuite

SELECTIVE: Final[Mapping[str, SelectiveSuite]] = MappingProxyType(
    {suite.name: suite for suite in (ecdsa_sd_2023.SUITE, bbs_2023.SUITE)}
)

_ALL: Final[tuple[Cryptosuite, ...]] = (
    eddsa_rdfc_2022.SUITE,
    eddsa_jcs_2022.SUITE,
    ecdsa_rdfc_2019.SUITE,
    ecdsa_jcs_2019.SUITE,
    *SELECTIVE.values(),
    mldsa44_rdfc_2024.SUITE,
    mldsa44_jcs_2024.SUITE,
    ed25519_signature_2020.SUITE,
    ed25519_signature_2018.SUITE,
    json_web_signature_2020.SUITE,
)

SUITES: Final[Mapping[str, Cryptosuite]] = MappingProxyType(
    {suite.name: suite for suite in _ALL}
)
