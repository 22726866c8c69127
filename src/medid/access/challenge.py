"""Which challenge a presentation answers, and that it is answered once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core import json as strict_json
from medid.core.fields import required_str
from medid.core.records import replace
from medid.errors import InvalidChallenge, MedidError
from medid.verifying.opening import Kind, Secured
from medid.verifying.presentation import challenges_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.access.judge import Case
    from medid.verifying.challenges import ChallengeStore
    from medid.verifying.judging import Judgement


def consume(case: Case, store: ChallengeStore) -> None:
    """Return if ``store`` issued the one challenge of ``case``, and nobody used it.

    Raises:
        InvalidChallenge: The presentation answers none, or several.
        Replayed: It was used before, or never issued.
        Unchecked: The store cannot be used.
    """
    answered = set(_answered_by(case.presented))
    if len(answered) != 1:
        message = "the presentation does not answer just one challenge"
        raise InvalidChallenge(message, path="$.proof.challenge")
    store.consume(answered.pop(), at=case.at)


def answering(case: Case) -> Judgement:
    """The judgement of ``case``, with the challenge that its store has accepted.

    What the presentation holds that is bound to a challenge has to be bound to it, too:
    the key binding of an SD-JWT, a proof that was derived for a verifier.
    """
    judgement, checked = case.judgement, case.challenge
    if checked is None or judgement.expect.challenge is not None:
        return judgement
    try:
        answered = set(_answered_by(case.presented))
    except MedidError:
        return judgement  # refused already, with its reason
    if len(answered) != 1:
        return judgement  # as well
    expect = replace(judgement.expect, challenge=answered.pop())
    return replace(judgement, expect=expect)


def presents_itself(opened: Secured) -> bool:
    """Whether it is an SD-JWT that travels alone, with its key binding."""
    return opened.sd_jwt is not None and opened.kind is not Kind.PRESENTATION


def _answered_by(presented: Secured) -> Sequence[str]:
    """The challenges that ``presented`` answers; of an SD-JWT, by its key binding."""
    if presented.sd_jwt is None or not presents_itself(presented):
        return challenges_of(presented)
    if presented.sd_jwt.key_binding is None:
        return ()
    claims = strict_json.load_object(presented.sd_jwt.key_binding.payload)
    return (required_str(claims, "nonce", "$"),)
