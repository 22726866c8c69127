"""Which position of a status list a credential gets: at random, and never twice.

Positions in the order of issue would tell whoever sees two credentials which is older,
and how many there are. Each list has a secret key, under which its positions are dealt
in an order that nobody else can tell: the n-th credential gets the n-th card of a
shuffled deck, and nothing has to be stored of the deck but the key and n.

The deck is shuffled by a Feistel network over an even number of bits, whose round
function is keyed BLAKE2b. What lies beyond the size of the list is walked on from,
so that every position comes exactly once.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#index-assignment-and-decoy-values,
https://eprint.iacr.org/2001/012 (cycle walking)
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY_SIZE: Final = 32  # bytes
#: Of a list, the share that is never dealt.
DECOYS: Final = 0.125
#: Of the positions that are never dealt, the share that each purpose gets as decoys.
DECOY_SHARE: Final = 8  # one in so many
_ROUNDS: Final = 8  # four are enough for a random look; the rest is margin


def room_of(size: int) -> int:
    """How many of the ``size`` positions of a list are dealt."""
    return size - round(size * DECOYS)


def dealt(key: bytes, size: int, ordinals: Iterable[int]) -> list[int]:
    """The positions of the credentials that were dealt so many cards before them.

    Args:
        key: ``KEY_SIZE`` secret bytes, of one list only.
        size: How many positions the list has.
        ordinals: Each from 0, below ``size``.

    Returns:
        Positions from 0, below ``size``, in the order of the ordinals; another for
        each ordinal.

    Raises:
        ConfigurationError: An ordinal is beyond the list, or the key is no key.
    """
    rounds, half = _rounds(key), _half(size)
    found = []
    for ordinal in ordinals:
        if not 0 <= ordinal < size:
            message = "the list has no position left"
            raise ConfigurationError(message, fix="open a new list")
        place = _shuffled(rounds, half, ordinal)
        while place >= size:
            place = _shuffled(rounds, half, place)
        found.append(place)
    return found


class Deck(NamedTuple):
    """A list's cards: its key, how many there are, may be dealt, and were dealt."""

    key: bytes
    size: int
    room: int
    dealt: int


def are_dealt(deck: Deck, places: Iterable[int]) -> bool:
    """Whether ``dealt`` has given each of these positions of a list already."""
    counts = 0 <= deck.dealt <= deck.room <= deck.size
    if not counts or len(deck.key) != KEY_SIZE:
        return False
    rounds, half = _rounds(deck.key), _half(deck.size)
    return all(
        0 <= place < deck.size and _card(rounds, half, deck.size, place) < deck.dealt
        for place in places
    )


def _card(rounds: list[blake2b], half: int, size: int, place: int) -> int:
    """How many cards are dealt before ``place``: back from what ``dealt`` gives."""
    card = _unshuffled(rounds, half, place)
    while card >= size:
        card = _unshuffled(rounds, half, card)
    return card


class Decoys(NamedTuple):
    """Positions that are set and that no credential has or can get."""

    revocation: tuple[int, ...]
    suspension: tuple[int, ...]


def decoy_count(size: int, room: int) -> int:
    """How many decoys each purpose has on a list of ``size`` that deals ``room``."""
    return (size - room) // DECOY_SHARE


def decoys(key: bytes, size: int, room: int) -> Decoys:
    """Which positions of a list are decoys: the first cards that are never dealt.

    Nobody can tell them from revocations and suspensions without the key, and they are
    the same each time: a decoy that were cleared again would show what it was.

    Args:
        key: Of the list.
        size: How many positions it has.
        room: How many of them are dealt.

    Raises:
        ConfigurationError: The key is no key.
    """
    count = decoy_count(size, room)
    found = dealt(key, size, range(room, room + 2 * count))
    return Decoys(tuple(found[:count]), tuple(found[count:]))


def _rounds(key: bytes) -> list[blake2b]:
    if len(key) != KEY_SIZE:
        raise ConfigurationError(f"a list's key has {KEY_SIZE} bytes")
    return [
        blake2b(bytes([number]), key=key, digest_size=8) for number in range(_ROUNDS)
    ]


def _half(size: int) -> int:
    return max(1, ((size - 1).bit_length() + 1) // 2)


def _shuffled(rounds: list[blake2b], half: int, value: int) -> int:
    """A permutation of all numbers of twice ``half`` bits."""
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for begun in rounds:
        # Each round's hash was begun with the key, which takes longer than the rest.
        made = begun.copy()
        made.update(right.to_bytes(8, "big"))
        left, right = right, left ^ int.from_bytes(made.digest(), "big") & mask
    return left << half | right


def _unshuffled(rounds: list[blake2b], half: int, value: int) -> int:
    """The number that ``_shuffled`` makes ``value`` of."""
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for begun in reversed(rounds):
        made = begun.copy()
        made.update(left.to_bytes(8, "big"))
        left, right = right ^ int.from_bytes(made.digest(), "big") & mask, left
    return left << half | right
