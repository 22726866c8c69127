"""The W3C's suites that medid is measured by, and why it does not pass all of each.

A remark holds for the commit of a suite that docs/conformance.md names; it is written
there as long as something is missing. Runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from medid.keys import KeyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite: where it is, what it is told, and what it needs.

    Attributes:
        name: What it is called here.
        folder: Its checkout's.
        tests: How many it has, with those that its set-up can keep from running.
        tags: Under which it looks for implementations.
        securing: The mechanism that it measures.
        kinds: The keys that issue for it.
        options: What it sends along when it has a credential issued.
        vectors: The repository whose vectors it reads.
        preload: A module of JavaScript that is loaded before its tests.
        remark: Why not everything passes.
    """

    name: str
    folder: str
    tests: int
    tags: tuple[str, ...]
    securing: str
    kinds: tuple[KeyKind, ...] = (KeyKind.ED25519,)
    options: tuple[tuple[str, Any], ...] = ()
    vectors: str = ""
    preload: str = ""
    remark: str = ""


REVOCABLE: Final = (
    (
        "credentialStatus",
        {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
    ),
)
EC: Final = (KeyKind.P256, KeyKind.P384)
# The fixtures of the suite of bbs-2023 name a context that the loader which they are
# signed with does not have: without it, 24 tests run for nobody.
VDL_CONTEXT: Final = """\
import {contexts} from '@digitalbazaar/credentials-context';
import {CONTEXT, CONTEXT_URL} from '@digitalbazaar/vdl-context';
contexts.set(CONTEXT_URL, CONTEXT);
"""
SUITES: Final = (
    Suite(
        name="vc-data-model-2.0",
        folder="vc-data-model-2.0-test-suite",
        tests=59,
        tags=("vc2.0",),
        securing="eddsa-rdfc-2022",
        remark="one positive fixture states a `digestMultibase` that is no multihash, "
        "and a SHA-384 digest that the published context does not have; the "
        "Recommendation demands an error",
    ),
    Suite(
        name="vc-data-model-2.0, enveloped",
        folder="vc-data-model-2.0-test-suite",
        tests=6,
        tags=("EnvelopingProof",),
        securing="vc+jwt",
        remark="the presentation of three tests is a JWT of `typ` JWT with a `vp` "
        "claim in an envelope of `application/jwt`, which VC-JOSE-COSE forbids",
    ),
    Suite(
        name="eddsa-rdfc-2022",
        folder="vc-di-eddsa-test-suite",
        tests=44,
        tags=("eddsa-rdfc-2022",),
        securing="eddsa-rdfc-2022",
    ),
    Suite(
        name="eddsa-jcs-2022",
        folder="vc-di-eddsa-test-suite",
        tests=13,
        tags=("eddsa-jcs-2022",),
        securing="eddsa-jcs-2022",
    ),
    Suite(
        name="bitstring-status-list",
        folder="vc-bitstring-status-list-test-suite",
        tests=27,
        tags=("BitstringStatusList",),
        securing="eddsa-rdfc-2022",
        options=REVOCABLE,
        remark="one is skipped by the suite itself, seven because the entries here "
        "have none of the optional `statusSize`, `statusMessage` and "
        "`statusReference`",
    ),
    Suite(
        name="did-resolution",
        folder="did-resolution-mocha-test-suite",
        tests=31,
        tags=("did-resolution",),
        securing="eddsa-rdfc-2022",
    ),
    Suite(
        name="ecdsa-rdfc-2019",
        folder="vc-di-ecdsa-test-suite",
        tests=69,
        tags=("ecdsa-rdfc-2019",),
        securing="ecdsa-rdfc-2019",
        vectors="vc-di-ecdsa",
        kinds=EC,
    ),
    Suite(
        name="ecdsa-jcs-2019",
        folder="vc-di-ecdsa-test-suite",
        tests=16,
        tags=("ecdsa-jcs-2019",),
        securing="ecdsa-jcs-2019",
        vectors="vc-di-ecdsa",
        kinds=EC,
    ),
    Suite(
        name="ecdsa-sd-2023",
        folder="vc-di-ecdsa-test-suite",
        tests=58,
        tags=("ecdsa-sd-2023",),
        securing="ecdsa-sd-2023",
        vectors="vc-di-ecdsa",
        kinds=(KeyKind.P256,),
    ),
    Suite(
        name="bbs-2023",
        folder="vc-di-bbs-test-suite",
        tests=87,
        tags=("bbs-2023",),
        securing="bbs-2023",
        vectors="vc-di-bbs",
        kinds=(KeyKind.BLS12381_G2,),
        preload=VDL_CONTEXT,
        remark="skipped by the suite itself: three tests for each version of the data "
        "model, two of which it has not written yet",
    ),
)
