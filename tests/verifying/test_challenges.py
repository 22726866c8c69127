"""The challenge port: a presentation is judged against one challenge, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from medid.adapters.challenges import MemoryChallenges
from medid.errors import Replayed
from medid.verifying.challenges import CHALLENGE_LIFETIME
from medid.verifying.opening import open_document
from medid.verifying.presentation import challenges_of
from tests.verifying import world
from tests.verifying.world import MADE, NOW, presented, verified

if TYPE_CHECKING:
    from medid.verifying.challenges import ChallengeStore


def test_of_fifty_at_once_exactly_one_is_accepted() -> None:
    store: ChallengeStore = MemoryChallenges()
    challenge = store.issue(at=MADE)
    document = presented(challenge=challenge)
    assert verified(document, challenge=challenge)
    [answered] = challenges_of(open_document(document))

    def consume(_: int) -> bool:
        try:
            store.consume(answered, at=NOW)
        except Replayed:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(consume, range(50))) == 1


def test_a_challenge_is_good_for_its_lifetime_only() -> None:
    store: ChallengeStore = MemoryChallenges()
    challenge = store.issue(at=MADE)
    with pytest.raises(Replayed):
        store.consume(challenge, at=MADE.plus(CHALLENGE_LIFETIME))


def test_a_jwt_without_a_nonce_and_a_credential_answer_no_challenge() -> None:
    bare = {k: v for k, v in presented().items() if k != "proof"}
    text = world.token(bare, world.DOCTOR, typ="vp+jwt")
    assert challenges_of(open_document(text)) == ()
    assert challenges_of(open_document(world.token(world.plain()))) == ()
