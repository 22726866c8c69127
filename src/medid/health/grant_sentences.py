"""A grant in plain words: one sentence to the grant, and the grant to one sentence.

::

    sentence  = who "may" actions what ["but" ["not"] kept]
                ["for" purposes] ["from" day] ["until" day] ["."]
    who       = name {"and" name}             a name of the address book, a DID,
                                              a reference, or "number" SYSTEM|VALUE
    actions   = action {"and" action}         see, use, share, collect, correct
    what      = "everything" parts | types parts | topics [dated]
    parts     = ["about" topics | "of at most" level "confidentiality"] ["coded" codes]
                [dated]
    kept      = exception {"nor" exception}
    exception = "anything" parts | types ["all"] parts | topics ["all"] [dated], or
                types and topics in one list; with "of at least" in the place of "of
                at most", "or" between the topics of "about", and "all" behind a list
                of several that is narrowed
    dated     = "dated" (["since"] date | date "to" date | "up to" date)
    day       = date | June
    date      = 2027-06-30 | 30 June 2027 | June 30 2027 | June 2027

Between the elements of a list, a comma does as well as "and". The grammar is closed:
what it does not know is refused with the place of the word, and never guessed. Whatever
is printed reads back as the same grant; only a mandate is told in sentences of its own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import MalformedValue, TooLarge
from medid.health.grant_cursor import Cursor
from medid.health.grant_reading import check_size, code_of, coded
from medid.health.grant_recipients import named, read_recipient
from medid.health.grant_tokens import Word, refused_at, wrong
from medid.health.grant_words import ACTIONS, LEVELS, PURPOSES, TOPICS, TYPES
from medid.health.grants import (
    DEFAULT_PURPOSES,
    Data,
    Days,
    Grant,
    Recipient,
    check_grant,
    merged,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.health.codes import Coding

MAX_SENTENCE: Final = 4_096  # characters; a long one has 300

_NOBODY: Final[Mapping[str, tuple[Recipient, ...]]] = MappingProxyType({})
PARTS: Final = ("but", "nor", "for", "from", "until")
_INSIDE: Final = ("not", "and", "about", "of", "coded", "dated")
_WEST: Final = 12 * 3_600  # seconds by which the last zone on earth is behind UTC
_NARROWER: Final = ("about", "of", "coded", "dated")  # what a list is narrowed by
_ALL: Final = "all"
_NOR: Final = 'separate what is kept back by "nor"'
# What ends a part of the sentence. No name and no word of the lists has one of them.
RESERVED: Final = frozenset(("may", "everything", "anything", *PARTS, *_INSIDE))


def read_sentence(
    text: str,
    *,
    today: Instant,
    names: Mapping[str, tuple[Recipient, ...]] = _NOBODY,
) -> Grant:
    """The grant that the sentence ``text`` states.

    Without "for" it is for treatment and for nothing else. A month without a year is
    the next one that has not ended, and never one of records, most of which are of the
    past; a month or a day is meant to its end.

    Args:
        text: One sentence of the grammar above.
        today: From when a month without a year is counted.
        names: Who is meant by a name, as ``read_address_book`` gives it.

    Raises:
        MalformedValue: A word that the grammar, or the address book, does not know,
            at the path ``$[n]`` where n is its place in characters; or the grant never
            holds.
        TooLarge: Longer than any real sentence.
    """
    if len(text) > MAX_SENTENCE:
        raise TooLarge(f"a sentence has at most {MAX_SENTENCE} characters")
    grant = _Reader(text, today, names).grant()
    check_size(grant)
    check_grant(grant)
    return grant


class _Reader(Cursor):
    """Reads one sentence from its first word to its last."""

    def __init__(
        self, text: str, today: Instant, names: Mapping[str, tuple[Recipient, ...]]
    ) -> None:
        super().__init__(text, PARTS)
        self._today = today
        self._names = names

    def grant(self) -> Grant:
        who = self._who()
        self._take("may")
        actions = self._list(ACTIONS, {})
        what = self._what()
        kept: list[Data] = []
        if self._begins("but"):
            self._took("not")
            kept = self._kept()
        purposes: tuple[str, ...] = DEFAULT_PURPOSES
        if self._begins("for"):
            purposes = self._list(PURPOSES, {"purpose": "purpose"})
        start, end = "", ""
        if self._begins("from"):
            start, _ = self._day(self._today)
        if self._begins("until"):
            # A month has not ended before its last day is over everywhere on earth.
            _, end = self._day(self._today.plus(-_WEST))
        if self._word is not self._end:
            fix = "the order is: who, may, what, but not, for, from, until"
            raise wrong("the sentence should end here", self._word, fix=fix)
        return Grant(
            who=who,
            actions=actions,
            what=what,
            but_not=merged(kept),
            purposes=purposes,
            days=Days(start=start, end=end),
        )

    # Who.

    def _who(self) -> tuple[Recipient, ...]:
        found = {*self._name()}
        while self._goes_on():
            found.update(self._name())
        return tuple(sorted(found))

    def _name(self) -> tuple[Recipient, ...]:
        if self._took("number"):
            word = self._any("a number")
            system, bar, value = word.text.partition("|")
            stated = {"system": system, "value": value}
            with refused_at(word):
                if not bar:
                    raise MalformedValue("not SYSTEM|VALUE")
                return (read_recipient({**stated}, path="$"),)
        first = self._word
        words: list[Word] = []
        while self._word.plain not in RESERVED and self._word.text not in {",", ""}:
            words.append(self._any("a name"))
        if not words:
            raise wrong("a name is expected here", first)
        text = " ".join(it.text for it in words)
        with refused_at(first):
            return named(text, self._names, path="$")

    # What.

    def _what(self) -> Data:
        if self._took("everything"):
            return self._parts("most")
        types, labels, first, _ = self._mixed()
        if types and labels:
            fix = 'say "observations about hiv", or make two grants'
            message = "kinds of records and topics are not one list"
            raise wrong(message, first, fix=fix)
        if types:
            return self._parts("most", types)
        return Data(labels=labels, dated=self._dated())

    def _kept(self) -> list[Data]:
        found = self._exception()
        while self._begins("nor"):
            found += self._exception()
        return found

    def _exception(self) -> list[Data]:
        if self._sees("anything"):
            word = self._any("anything")
            data = self._parts("least")
            if data.is_everything:
                message = '"anything" alone leaves nothing to grant'
                raise wrong(message, word)
            return [data]
        types, labels, first, several = self._mixed()
        if types and labels:
            if any(map(self._sees, (_ALL, *_NARROWER))):
                message = "kinds of records and topics are not one list"
                raise wrong(message, first, fix=_NOR)
            return [Data(types=types), Data(labels=labels)]
        self._of_each(several=several)
        if types:
            return [self._parts("least", types)]
        return [Data(labels=labels, dated=self._dated())]

    def _of_each(self, *, several: bool) -> None:
        """Take "all", by which what follows a list narrows each element of it.

        Of "visits and observations about hiv" nobody knows whether all visits are
        meant, and what is kept back must not be less than what was said.
        """
        word = self._word
        said = self._took(_ALL)
        narrowed = any(map(self._sees, _NARROWER))
        if narrowed and several and not said:
            fix = f'write "all {word.plain}", if each of them is meant; or {_NOR}'
            message = "what follows may be said of the last of the list alone"
            raise wrong(message, word, fix=fix)
        if said and not narrowed:
            raise _unknown(word)

    def _mixed(self) -> tuple[tuple[str, ...], tuple[str, ...], Word, bool]:
        """Types and labels of one list; where the second kind begins; if several."""
        types: set[str] = set()
        labels: set[str] = set()
        first = begin = self._word
        while True:
            word = self._word
            if (found := self._phrase(TYPES, {"type": "type"})) is not None:
                first = word if labels and not types else first
                types.update(found)
            elif (found := self._phrase(TOPICS, {"label": "label"})) is not None:
                first = word if types and not labels else first
                labels.update(found)
            else:
                raise _unknown(word)
            if not self._goes_on():
                several = word is not begin
                return tuple(sorted(types)), tuple(sorted(labels)), first, several

    def _parts(self, bound: str, types: tuple[str, ...] = ()) -> Data:
        labels = level = None
        if self._took("about"):
            labels = self._topics() if bound == "most" else self._either()
        elif self._took("of"):
            self._take("at", bound)
            word = self._word
            found = self._phrase(LEVELS, {})
            if found is None:
                raise _unknown(word)
            (level,) = found
            self._take("confidentiality")
        codes = None
        if self._took("coded"):
            codes = [self._code()]
            while self._goes_on():
                codes.append(self._code())
        return Data(
            types=types or None,
            labels=labels,
            confidentiality=level,
            codes=None if codes is None else tuple(sorted(set(codes))),
            dated=self._dated(),
        )

    def _topics(self) -> tuple[str, ...]:
        return self._list(TOPICS, {"label": "label"})

    def _either(self) -> tuple[str, ...]:
        """Topics of which any one is kept back; "and" may begin another exception."""
        found = {*self._topic()}
        said = True
        while self._comma() or self._sees("or"):
            said = self._took("or")
            found.update(self._topic())
        if not said or self._sees("and"):
            fix = f'write "or" before the last of these topics; or {_NOR}'
            message = "what follows a topic may be kept back by itself"
            raise wrong(message, self._word, fix=fix)
        return tuple(sorted(found))

    def _topic(self) -> tuple[str, ...]:
        word = self._word
        found = self._phrase(TOPICS, {"label": "label"})
        if found is None:
            raise _unknown(word)
        return found

    def _code(self) -> Coding:
        word = self._any("SYSTEM|CODE")
        system, _, code = word.text.partition("|")
        with refused_at(word):
            return coded({"system": system, "code": code}, "$")

    # Lists of words and codes.

    def _list(
        self, words: Mapping[str, tuple[str, ...]], raw: Mapping[str, str]
    ) -> tuple[str, ...]:
        found: set[str] = set()
        while True:
            word = self._word
            one = self._phrase(words, raw)
            if one is None:
                raise _unknown(word)
            found.update(one)
            if not self._goes_on():
                return tuple(sorted(found))

    def _phrase(
        self, words: Mapping[str, tuple[str, ...]], raw: Mapping[str, str]
    ) -> tuple[str, ...] | None:
        """The codes of the longest phrase that stands here; ``None`` for none."""
        for mark, kind in raw.items():
            if self._took(mark):
                word = self._any("a code")
                with refused_at(word):
                    return (code_of(kind, word.text, path="$"),)
        for phrase in sorted(words, key=len, reverse=True):
            if self._took(*phrase.split()):
                return words[phrase]
        return None

    # Days.

    def _dated(self) -> Days | None:
        if not self._took("dated"):
            return None
        if self._took("up", "to"):
            return Days(end=self._date()[1])
        if self._took("since"):
            return Days(start=self._date()[0])
        word = self._word
        start, last = self._date()
        if self._took("to"):
            _, last = self._date()
        if last < start:
            raise wrong("the last day is before the first", word)
        return Days(start=start, end=last)


def _unknown(word: Word) -> MalformedValue:
    fix = "use a word of docs/how-to/consent.md"
    message = "the sentence ends too early" if not word.text else "not a known word"
    return wrong(message, word, fix=fix)
