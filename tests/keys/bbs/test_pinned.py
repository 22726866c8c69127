"""Outputs that were right once stay what they were, where no vectors are published.

The digests were taken when signing, committing and proving agreed, bit by bit, with
every fixture of the drafts on blind signatures and on pseudonyms: both ciphersuites,
both revisions, one secret and ten.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from medid.keys import bbs
from medid.keys.bbs import blind, pseudonym
from medid.keys.bbs.pseudonym import Revision
from tests.keys.bbs.material import HEADER, MESSAGES, PH, PUBLIC, SECRET, seeded

HELD = [b"a holder secret", b""]
SUITES = {suite.name: suite for suite in (bbs.SHA_256, bbs.SHAKE_256)}


def digest(*parts: bytes) -> str:
    return sha256(b"".join(parts)).hexdigest()[:32]


@pytest.mark.parametrize(
    ("suite", "expected"),
    [
        ("BLS12-381-SHA-256", "23b2905890309ca08c158ad9f98e884a"),
        ("BLS12-381-SHAKE-256", "fe93d7d78e84adfa0b143a6a36421c97"),
    ],
)
def test_blind(suite: str, expected: str) -> None:
    chosen = SUITES[suite]
    left = blind.commit(committed_messages=HELD, suite=chosen, entropy=seeded())
    signature = blind.sign(
        secret=SECRET,
        header=HEADER,
        messages=MESSAGES,
        commitment_with_proof=left.commitment_with_proof,
        suite=chosen,
    )
    made = blind.proof_gen(
        public=PUBLIC,
        signature=signature,
        header=HEADER,
        presentation_header=PH,
        messages=MESSAGES,
        disclosed_indexes=[1, 4],
        committed_messages=HELD,
        disclosed_committed_indexes=[1],
        secret_prover_blind=left.secret_prover_blind,
        suite=chosen,
        entropy=seeded(b"proof"),
    )
    assert digest(left.commitment_with_proof, signature, made) == expected


@pytest.mark.parametrize(
    ("suite", "revision", "count", "expected"),
    [
        ("BLS12-381-SHA-256", Revision.DRAFT_01, 1, "69f6de2e7b0deae6a0ec1d80315c628d"),
        (
            "BLS12-381-SHAKE-256",
            Revision.DRAFT_01,
            1,
            "4ec0a8e1c97f160f74cfc1103feaa442",
        ),
        ("BLS12-381-SHA-256", Revision.DRAFT_03, 1, "5d1ef4e92857895fee16a8e34354ce4b"),
        (
            "BLS12-381-SHAKE-256",
            Revision.DRAFT_03,
            1,
            "16fde1214941cc4c09f3e52a3c7ed4ef",
        ),
        ("BLS12-381-SHA-256", Revision.DRAFT_03, 3, "a6520010e6b68ef16345ae3562b43923"),
        (
            "BLS12-381-SHAKE-256",
            Revision.DRAFT_03,
            3,
            "94435c144042bd48ac92f26f236e8911",
        ),
    ],
)
def test_pseudonym(suite: str, revision: Revision, count: int, expected: str) -> None:
    common: dict[str, Any] = {"suite": SUITES[suite], "revision": revision}
    draw = seeded(b"nyms")
    nyms = [pseudonym.new_nym(draw) for _ in range(count)]
    added = pseudonym.new_nym(draw)
    left = pseudonym.commit(
        prover_nyms=nyms, committed_messages=HELD, entropy=draw, **common
    )
    signature = pseudonym.sign(
        secret=SECRET,
        header=HEADER,
        messages=MESSAGES,
        commitment_with_proof=left.commitment_with_proof,
        signer_nym_entropy=added,
        length_nym_vector=count,
        **common,
    )
    held: dict[str, Any] = {
        "public": PUBLIC,
        "signature": signature,
        "header": HEADER,
        "messages": MESSAGES,
        "committed_messages": HELD,
        "secret_prover_blind": left.secret_prover_blind,
        **common,
    }
    secrets = pseudonym.finalize(**held, prover_nyms=nyms, signer_nym_entropy=added)
    proven = pseudonym.proof_gen(
        **held,
        nym_secrets=secrets,
        context_id=b"a context",
        presentation_header=PH,
        disclosed_indexes=[1, 4],
        disclosed_committed_indexes=[1],
        entropy=draw,
    )
    found = digest(left.commitment_with_proof, signature, *secrets, *proven)
    assert found == expected
