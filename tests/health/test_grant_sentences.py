"""Plain words: a closed grammar, read and printed, in which nothing is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.core.records import replace
from medid.errors import MalformedValue, MedidError, TooLarge
from medid.health import grant_words
from medid.health.fhir_types import RESOURCES
from medid.health.grant_preview import preview, sentence
from medid.health.grant_reading import MAX_RECIPIENTS, MAX_VALUES, read_grant
from medid.health.grant_sentences import MAX_SENTENCE, RESERVED, read_sentence
from medid.health.grant_tokens import pointed
from medid.health.grants import Data, Days, Grant
from tests.health.grants import (
    CARDIOLOGIST,
    NAMES,
    NPI,
    PATIENT,
    PSYCHIATRIST,
    TODAY,
    grants,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDE = "my cardiologist may see everything"


def read(text: str) -> Grant:
    return read_sentence(text, today=TODAY, names=NAMES)


def test_the_sentence_of_a_patient() -> None:
    grant = read("My cardiologist may see everything but mental health until June.")
    assert read(f"{WIDE} but not mental health until June") == grant
    assert grant == read_grant(
        {
            "who": "my cardiologist",
            "what": "everything",
            "butNot": {"labels": "mental health"},
            "until": "2027-06-30",
        },
        names=NAMES,
    )


@given(grants())
def test_what_is_printed_reads_back(grant: Grant) -> None:
    for names in ({}, NAMES):
        assert read(sentence(grant, names=names)) == grant


@given(grants())
def test_printing_twice_gives_the_same(grant: Grant) -> None:
    told = sentence(grant, names=NAMES)
    assert sentence(read(told), names=NAMES) == told


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("from 2027-01-02", Days(start="2027-01-02")),
        ("from January until March", Days(start="2027-01-01", end="2027-03-31")),
        ("until November", Days(end="2026-11-30")),
        ("until October", Days(end="2027-10-31")),
        ("until February 2028", Days(end="2028-02-29")),
        ("until May 2027", Days(end="2027-05-31")),
        ("from may until 4 MAY 2027", Days(start="2027-05-01", end="2027-05-04")),
        ("until June 30, 2027.", Days(end="2027-06-30")),
        (", until June 30 2027", Days(end="2027-06-30")),
    ],
)
def test_days(days: str, expected: Days) -> None:
    assert read(f"{WIDE} {days}").days == expected


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-06-30T23:00:00Z", "2026-06-30"),
        ("2026-07-01T11:59:59Z", "2026-06-30"),
        ("2026-07-01T12:00:00Z", "2027-06-30"),
    ],
)
def test_a_month_lasts_until_it_is_over_everywhere(at: str, end: str) -> None:
    grant = read_sentence(f"{WIDE} until June", today=Instant.parse(at), names=NAMES)
    assert grant.days == Days(end=end)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("observations", Data(types=("Observation",))),
        ("type Task, and visits", Data(types=("Encounter", "Task"))),
        ("HIV", Data(labels=("HIV",))),
        ("label SPI and hiv", Data(labels=("HIV", "SPI"))),
        ("everything about hiv", Data(labels=("HIV",))),
        ("visits about hiv", Data(types=("Encounter",), labels=("HIV",))),
        ("everything of at most normal confidentiality", Data(confidentiality="N")),
        ("everything dated up to June 2020", Data(dated=Days(end="2020-06-30"))),
        (
            "hiv dated since June 2020",
            Data(labels=("HIV",), dated=Days(start="2020-06-01")),
        ),
        (
            "everything dated 2020-01-01 to 2020-01-31",
            Data(dated=Days(start="2020-01-01", end="2020-01-31")),
        ),
        (
            "everything dated June 2020",
            Data(dated=Days(start="2020-06-01", end="2020-06-30")),
        ),
    ],
)
def test_records(what: str, expected: Data) -> None:
    assert read(f"my cardiologist may see {what}").what == expected


def test_commas_may_stand_before_each_part() -> None:
    one = read("my cardiologist may see visits but not hiv nor documents for research")
    two = read(
        "my cardiologist may see visits, but not hiv, nor documents, for research"
    )
    assert one == two


def test_codes_are_written_with_a_bar() -> None:
    text = "everything coded http://loinc.org|1-1, http://loinc.org|2-2"
    codes = read(f"my cardiologist may see {text}").what.codes
    assert codes is not None
    assert [it.code for it in codes] == ["1-1", "2-2"]


LABEL = Data(labels=("HIV",))
DOCUMENTS = Data(types=("DocumentReference",))
VISITS = Data(types=("Encounter",), labels=("HIV",))
OLD = Data(dated=Days(end="2020-01-01"))
BOTH = Data(types=("DocumentReference", "Encounter"), labels=("HIV",))
MEDICATIONS = Data(types=grant_words.TYPES["medications"], labels=("HIV",))
REPORTS = Data(types=("DiagnosticReport",))


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ("hiv and documents", {LABEL, DOCUMENTS}),
        ("documents and hiv", {LABEL, DOCUMENTS}),
        ("visits about hiv", {VISITS}),
        ("hiv nor visits about hiv", {LABEL, VISITS}),
        (
            "anything of at least restricted confidentiality",
            {Data(confidentiality="R")},
        ),
        ("anything dated up to 2020-01-01, nor hiv", {OLD, LABEL}),
        ("visits and documents all about hiv", {BOTH}),
        ("medications about hiv", {MEDICATIONS}),
        (
            "visits and documents all about hiv, pregnancy or genetics, nor reports",
            {replace(BOTH, labels=("GDIS", "HIV", "PREGNANT")), REPORTS},
        ),
        (
            "hiv and pregnancy all dated up to 2020-01-01",
            {replace(OLD, labels=("HIV", "PREGNANT"))},
        ),
        ("visits all about hiv, for payment", {VISITS}),
    ],
)
def test_what_is_kept_back(kept: str, expected: set[Data]) -> None:
    assert set(read(f"{WIDE} but not {kept}").but_not) == expected


@pytest.mark.parametrize(
    ("who", "count"),
    [
        ("my cardiologist and the psychiatrist", 2),
        ("My Doctors, my cardiologist", 2),
        (f"did:key:{CARDIOLOGIST.rpartition(':')[2]}", 1),
        ("Organization/example and Dr. Chen", 2),
        (f"number {NPI}|1679576722 and Dr. Chen", 1),
    ],
)
def test_who(who: str, count: int) -> None:
    assert len(read(f"{who} may see everything").who) == count


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", ""),
        ("may see everything", "may"),
        ("my dentist may see everything", "my"),
        ("my cardiologist sees everything", "my"),
        ("my cardiologist, may see everything", "may"),
        (f"{WIDE} of at", ""),
        ("my cardiologist may", ""),
        ("my cardiologist may read everything", "read"),
        ("my cardiologist may see", ""),
        ("my cardiologist may see all", "all"),
        ("my cardiologist may see observation", "observation"),
        ("my cardiologist may see hiv and visits", "visits"),
        ("my cardiologist may see visits and hiv", "hiv"),
        ("my cardiologist may see type observation", "observation"),
        ("my cardiologist may see type visits", "visits"),
        (f"{WIDE} but not type Observations", "Observations"),
        ("my cardiologist may see label XYZ", "XYZ"),
        ("my cardiologist may see type", ""),
        ("my cardiologist may see visits of at least low confidentiality", "least"),
        ("my cardiologist may see visits of at most public confidentiality", "public"),
        ("my cardiologist may see visits of at most low", ""),
        ("my cardiologist may see visits coded 1-1", "1-1"),
        ("my cardiologist may see visits dated", ""),
        ("my cardiologist may see visits dated soon", "soon"),
        ("my cardiologist may see visits dated 2021-01-01 to 2020-01-01", "2021"),
        ("my cardiologist may see visits dated June", ""),
        ("my cardiologist may see visits dated up to June for treatment", "for"),
        (f"{WIDE} but not anything dated since June", ""),
        (f"{WIDE} but not anything dated June 2026 to August", ""),
        ("my cardiologist may see everything except hiv", "except"),
        (f"{WIDE} but none", "none"),
        (f"{WIDE} but not", ""),
        (f"{WIDE} but not anything", "anything"),
        (f"{WIDE} but not everything", "everything"),
        (f"{WIDE} but not visits and hiv dated June 2020", "hiv"),
        (f"{WIDE} but not visits and documents about hiv", "about"),
        (f"{WIDE} but not visits, documents dated June 2020", "dated"),
        (f"{WIDE} but not visits and documents of at least low", "of"),
        (f"{WIDE} but not visits and documents coded {NPI}|1", "coded"),
        (f"{WIDE} but not hiv and pregnancy dated June 2020", "dated"),
        (f"{WIDE} but not visits and hiv all dated June 2020", "hiv"),
        (f"{WIDE} but not visits all", "all"),
        (f"{WIDE} but not visits about hiv and pregnancy", "and"),
        (f"{WIDE} but not visits about hiv, pregnancy", ""),
        (f"{WIDE} but not visits about hiv or pregnancy, genetics dated", "dated"),
        (f"{WIDE} but not visits about hiv or visits", "visits"),
        (f"{WIDE} for fun", "fun"),
        (f"{WIDE} for purpose FooBar", "FooBar"),
        (f"{WIDE} until tomorrow", "tomorrow"),
        (f"{WIDE} until 31 June 2027", "31"),
        (f"{WIDE} until 2027-02-30", "2027"),
        (f"{WIDE} until 2027", "2027"),
        (f"{WIDE} until 30 June", ""),
        (f"{WIDE} until June 30", ""),
        (f"{WIDE} until June 30 next", "next"),
        (f"{WIDE} until June for treatment", "for"),
        (f"{WIDE} until June and more", "and"),
        ("number 7 may see everything", "7"),
        (f"number {NPI}| may see everything", NPI),
        ("did:x may see everything", "did:x"),
    ],
)
def test_the_word_that_is_not_understood_is_pointed_at(text: str, word: str) -> None:
    with pytest.raises(MalformedValue) as refused:
        read(text)
    shown = pointed(text, refused.value.path)
    assert shown is not None
    at = shown.index("\n")
    assert shown[:at] == text
    place = len(shown) - at - 2
    assert text[place:].startswith(word)
    assert bool(text[place:]) is bool(word)
    # The word itself stays in what its author sees, and out of the message.
    assert not word or f"{word!r}" not in refused.value.message


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f"{WIDE} from July 2027 until June 2027", "$.until"),
    ],
)
def test_what_never_holds_is_refused(text: str, path: str) -> None:
    with pytest.raises(MalformedValue) as refused:
        read(text)
    assert refused.value.path == path
    assert pointed(text, path) is None


def test_there_are_limits() -> None:
    with pytest.raises(TooLarge):
        read("x" * (MAX_SENTENCE + 1))
    types = ", ".join(f"purpose {code}" for code in ["TREAT"] * 200)
    assert read(f"{WIDE} for {types}").purposes == ("TREAT",)
    who = ", ".join(f"Organization/{n}" for n in range(MAX_RECIPIENTS))
    assert len(read(f"{who} may see hiv").who) == MAX_RECIPIENTS
    with pytest.raises(TooLarge):
        read(f"{who}, Organization/x may see hiv")
    kinds = [f"type {it}" for it in sorted(RESOURCES)[:MAX_VALUES]]
    assert len(
        read(f"my cardiologist may see {', '.join(kinds)}").what.types or ()
    ) == (MAX_VALUES)
    with pytest.raises(TooLarge):
        read(f"my cardiologist may see {', '.join(kinds)} and type VisionPrescription")
    with pytest.raises(TooLarge):
        read(f"{WIDE} but not {', '.join(kinds)} and type VisionPrescription")


@given(st.lists(st.sampled_from([*sorted(RESERVED), ",", "see", "hiv", "visits", "June",
    "30", "2027", "my", "cardiologist", "up", "to", "at", "most", "type", "Task", "|",
    "number", "did:key:z"]), max_size=14))  # fmt: skip
def test_any_words_give_a_grant_or_a_refusal(words: list[str]) -> None:
    text = " ".join(words)
    for start in ("", f"{WIDE} "):
        try:
            grant = read(start + text)
        except MedidError:
            continue
        assert read(sentence(grant)) == grant


def test_no_word_of_the_lists_is_reserved() -> None:
    tables: list[Mapping[str, object]] = [grant_words.TYPES, grant_words.TOPICS]
    tables += [grant_words.ACTIONS, grant_words.PURPOSES, grant_words.LEVELS]
    for table in tables:
        for phrase in table:
            assert not RESERVED.intersection(phrase.split()), phrase
    assert set(grant_words.TYPES).isdisjoint(grant_words.TOPICS)


# The preview.


def test_the_preview_says_what_is_not_allowed() -> None:
    told = preview(read(f"{WIDE} but not mental health until June 2027"), names=NAMES)
    assert told[0] == (
        "Cardiologist may see everything but not mental health for treatment until"
        " 30 June 2027."
    )
    assert "Nobody else is allowed anything by this." in told
    assert "Not allowed: to use, share, collect or correct." in told
    assert "No other purpose is allowed." in told
    assert "Nothing is allowed after 30 June 2027." in told
    assert PSYCHIATRIST not in " ".join(told)


ANY_PURPOSE = "Any purpose is allowed, marketing and research too."
UNDATED = "What is kept back is told by dates: without a date a record is seen."
UNCODED = "What is kept back is told by codes: without its code a record is seen."
ANY_DATE = "Records of any date are allowed then, older ones too."
FOR_THE_REST = "What is not kept back is allowed for marketing."
UNLABELLED = "Records that nobody has labelled are not allowed."
TAKEN_FOR = (
    "How confidential records are that nobody has labelled, whoever keeps them says."
)
ALIKE = (
    "What is kept back is kept from everybody who cannot be told apart from them, too."
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (WIDE, "No record is kept back, however sensitive it is."),
        (WIDE, "It has no last day: it holds until you withdraw it."),
        (f"{WIDE} for any purpose", ANY_PURPOSE),
        (f"{WIDE} from June", "Nothing is allowed before 1 June 2027."),
        (f"{WIDE} from January 2024", ANY_DATE),
        (f"{WIDE} but not hiv for marketing", FOR_THE_REST),
        ("my cardiologist may see hiv", UNLABELLED),
        (f"{WIDE} of at most normal confidentiality", TAKEN_FOR),
        (f"{WIDE} dated up to 2020-01-01", "Records without a date are not allowed."),
        ("Dr. Chen may see everything but not visits", ALIKE),
        (f"{WIDE} but not anything dated up to 2020-01-01", UNDATED),
        (f"{WIDE} but not anything coded {NPI}|1", UNCODED),
    ],
)
def test_the_preview_warns(text: str, line: str) -> None:
    assert line in preview(read(text))


def test_the_preview_says_of_no_date_what_the_grant_says_itself() -> None:
    for text in (WIDE, f"{WIDE} dated since 2024-01-01 from 2026-12-01"):
        assert ANY_DATE not in preview(read(text))
    assert FOR_THE_REST not in preview(read(f"{WIDE} for marketing"))


def test_the_preview_promises_nothing_that_the_custodian_settles() -> None:
    told = preview(read(f"{WIDE} of at most normal confidentiality"))
    assert UNLABELLED not in told


def test_the_preview_of_all_actions_lists_none() -> None:
    told = preview(
        read("my cardiologist may see, use, share, collect, and correct hiv")
    )
    assert not any(line.startswith("Not allowed") for line in told)


def test_the_preview_tells_a_mandate() -> None:
    grant = read_grant(
        {
            "who": {"did": CARDIOLOGIST},
            "what": "everything",
            "representation": {
                "of": PATIENT,
                "kind": "guardian",
                "from": "2026-01-01",
                "majority": "2029-05-04",
            },
        }
    )
    told = " ".join(preview(grant))
    assert "for somebody else, as their guardian" in told
    assert "You may do so from 1 January 2026." in told
    assert "until 3 May 2029; the grant ends then, too" in told


def test_a_mandate_without_dates_tells_none() -> None:
    grant = read_grant(
        {
            "who": {"did": CARDIOLOGIST},
            "what": "everything",
            "representation": {"of": PATIENT, "kind": "guardian"},
        }
    )
    told = [line for line in preview(grant) if line.startswith("You may do so")]
    assert told == []
