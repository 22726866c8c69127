"""What a chain leaves of a scope: never more than any link of it would allow.

Links are the words of others, and may have thousands of them. What is compared for all
chains of a judgement together is bounded, and for types and professions it grows with
the number of words, not with its square. Beyond the bound nothing is left of any scope.

Spec: https://www.w3.org/TR/vc-recognized-entities-1.0/#verifying-recognition-chains
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.trust.boards import names_among

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from medid.core.instant import Window
    from medid.trust.authorities import Authority
    from medid.trust.chains import RecognitionLink

# Words that are looked at for one judgement: about a second. An ordinary chain has a
# few hundred.
MAX_WORDS: Final = 4_000_000

Words: TypeAlias = "tuple[str, ...]"
Covers: TypeAlias = "Callable[[str, str], bool]"
# Whether within one of some words another one lies.
_Within: TypeAlias = "Callable[[Collection[str], str], bool]"


class TooManyWords(Exception):
    """More words are to be compared than are left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What may be issued, for where and for whom, and when."""

    credential_types: Words
    jurisdictions: Words
    professions: Words
    require_registration: Words | None
    window: Window

    @property
    def is_empty(self) -> bool:
        """Whether nothing may be issued."""
        words = (self.credential_types, self.jurisdictions, self.professions)
        return not all(words) or self.require_registration == ()


class Narrowing:
    """Scopes of chains, as far as the words go that are left. For one thread."""

    def __init__(self, covers: Covers, *, words: int = MAX_WORDS) -> None:
        self._covers = covers
        self._left = words

    def of(self, authority: Authority, path: Sequence[RecognitionLink]) -> Scope:
        """What ``path`` leaves of the scope of ``authority``.

        Raises:
            TooManyWords: To tell, more would have to be compared than is left.
        """
        types, places = authority.credential_types, authority.jurisdictions
        professions, window = authority.professions, authority.window
        registration: Words | None = None
        for link in path:
            types = self._both(types, link.credential_types, _is_listed)
            places = self._both(places, link.jurisdictions, self._is_covered)
            professions = self._both(professions, link.professions, names_among)
            if registration is None:
                registration = link.require_registration
            elif link.require_registration is not None:
                stated = link.require_registration
                registration = self._both(registration, stated, _is_listed)
            window = window.intersect(link.window)
        return Scope(
            credential_types=types,
            jurisdictions=places,
            professions=professions,
            require_registration=registration,
            window=window,
        )

    def _both(self, mine: Words, theirs: Words | None, within: _Within) -> Words:
        """What both allow: of two words of which one lies in the other, that one."""
        if theirs is None:
            return mine
        self._pay(len(mine) + len(theirs))
        ours, others = dict.fromkeys(mine), dict.fromkeys(theirs)
        found = [one for one in others if within(ours, one)]
        found += [one for one in ours if within(others, one)]
        return tuple(dict.fromkeys(found))

    def _is_covered(self, places: Collection[str], place: str) -> bool:
        if place in places:
            return True
        # Which words cover others, only the trust file says: each has to be asked.
        self._pay(len(places))
        return any(self._covers(broad, place) for broad in places)

    def _pay(self, words: int) -> None:
        self._left -= words
        if self._left < 0:
            raise TooManyWords


def _is_listed(words: Collection[str], word: str) -> bool:
    return word in words
