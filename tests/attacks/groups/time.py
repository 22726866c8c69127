"""Times at the edge, and texts that are no time at all."""

from __future__ import annotations

from typing import Final

from tests.attacks.case import NOW, Case, Group
from tests.attacks.documents import BOARD, CANARIES, legacy, plain
from tests.attacks.honest import signed, signed_rdfc

_MALFORMED: Final = "MALFORMED_VALUE_ERROR EXPIRED NOT_YET_VALID"
_NO_TIME: Final = {
    "no-offset": "2027-01-01T00:00:00",
    "date-only": "2027-01-01",
    "space-separator": "2027-01-01 00:00:00Z",
    "minute-only": "2027-01-01T00:00Z",
    "leap-second-nowhere": "2027-05-05T12:30:60Z",
    "second-61": "2027-01-01T00:00:61Z",
    "second-99": "2027-01-01T00:00:99Z",
    "minute-60": "2027-01-01T00:60:00Z",
    "hour-25": "2027-01-01T25:00:00Z",
    "hour-24-minute-1": "2027-01-01T24:00:01Z",
    "month-0": "2027-00-01T00:00:00Z",
    "month-13": "2027-13-01T00:00:00Z",
    "day-0": "2027-01-00T00:00:00Z",
    "february-30": "2027-02-30T00:00:00Z",
    "february-29": "2027-02-29T00:00:00Z",
    "june-31": "2027-06-31T00:00:00Z",
    "year-2-digits": "27-01-01T00:00:00Z",
    "year-sign": "+2027-01-01T00:00:00Z",
    "offset-25": "2027-01-01T00:00:00+25:00",
    "offset-minute-60": "2027-01-01T00:00:00+01:60",
    "offset-99": "2027-01-01T00:00:00+99:99",
    "offset-hour": "2027-01-01T00:00:00+01",
    "offset-no-colon": "2027-01-01T00:00:00+0100",
    "offset-twice": "2027-01-01T00:00:00Z+01:00",
    "zone-name": "2027-01-01T00:00:00[UTC]",
    "zone-utc": "2027-01-01T00:00:00 UTC",
    "fraction-empty": "2027-01-01T00:00:00.Z",
    "fraction-comma": "2027-01-01T00:00:00,5Z",
    "arabic-digits": "\u0662\u0660\u0662\u0667-01-01T00:00:00Z",
    "fullwidth-digits": "\uff12\uff10\uff12\uff17-01-01T00:00:00Z",
    "trailing-newline": "2027-01-01T00:00:00Z\n",
    "leading-space": " 2027-01-01T00:00:00Z",
    "trailing-space": "2027-01-01T00:00:00Z ",
    "trailing-nul": "2027-01-01T00:00:00Z\x00",
    "basic-format": "20270101T000000Z",
    "ordinal": "2027-001T00:00:00Z",
    "week": "2027-W01-1T00:00:00Z",
    "epoch-text": "1798761600",
    "empty": "",
    "word": "never",
    "rfc-2822": "Fri, 01 Jan 2027 00:00:00 GMT",
    "unicode-minus": "2027\u221201\u221201T00:00:00Z",
    "very-long": "2027-01-01T00:00:00." + "0" * 100_000 + "x",
}
_NO_TEXT: Final = {
    "integer": 1798761600,
    "float": 1798761600.5,
    "true": True,
    "object": {"date": "2027-01-01T00:00:00Z"},
    "array": ["2027-01-01T00:00:00Z"],
}


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="time", canaries=CANARIES)
    _ends(group)
    _starts(group)
    _malformed(group)
    _legacy(group)
    return group.made


def _ends(group: Group) -> None:
    for name, end in {
        "now": NOW,
        "one-second-ago": "2026-06-15T11:59:59Z",
        "one-nanosecond-ago": "2026-06-15T11:59:59.999999999Z",
        "yesterday": "2026-06-14T12:00:00Z",
        "in-january": "2026-01-01T00:00:01Z",
        "offset-plus": "2026-06-15T13:59:59+02:00",
        "offset-minus": "2026-06-15T04:00:00-08:00",
        "offset-14": "2026-06-16T01:59:59+14:00",
    }.items():
        for suite, sign in (("jcs", signed), ("rdfc", signed_rdfc)):
            draft = plain(validUntil=end)
            group.add(f"ended-{name}-{suite}", sign(draft, BOARD), codes="EXPIRED")
    draft = plain(validFrom="2026-12-01T00:00:00Z", validUntil="2026-07-01T00:00:00Z")
    group.add("end-before-start", signed(draft, BOARD))
    past = plain(validFrom="2026-06-01T00:00:00Z", validUntil="2026-05-01T00:00:00Z")
    group.add("end-before-start-past", signed(past, BOARD))


def _starts(group: Group) -> None:
    for name, start in {
        "in-one-second": "2026-06-15T12:00:01Z",
        "in-one-nanosecond": "2026-06-15T12:00:00.000000001Z",
        "tomorrow": "2026-06-16T12:00:00Z",
        "in-years": "2999-01-01T00:00:00Z",
        "offset-minus": "2026-06-15T11:00:00-02:00",
        "offset-plus": "2026-06-15T14:00:01+02:00",
    }.items():
        draft = plain(validFrom=start, validUntil=None)
        group.add(f"begins-{name}", signed(draft, BOARD), codes="NOT_YET_VALID")


def _malformed(group: Group) -> None:
    for name, text in _NO_TIME.items():
        end = plain(validUntil=text)
        group.add(f"until-{name}", signed(end, BOARD), codes=_MALFORMED)
        start = plain(validFrom=text.replace("2027", "2025"))
        group.add(f"from-{name}", signed(start, BOARD), codes=_MALFORMED)
    for name, value in _NO_TEXT.items():
        end = plain(validUntil=value)
        group.add(f"until-{name}", signed(end, BOARD))
        group.add(f"from-{name}", signed(plain(validFrom=value), BOARD))


def _legacy(group: Group) -> None:
    drafts = {
        "expired": legacy(expirationDate="2026-06-15T11:59:59Z"),
        "expired-now": legacy(expirationDate=NOW),
        "future": legacy(issuanceDate="2026-06-16T12:00:00Z"),
        "issuance-missing": legacy(issuanceDate=None),
        "issuance-date-only": legacy(issuanceDate="2026-01-01"),
        "expiration-date-only": legacy(expirationDate="2027-01-01"),
        "expiration-word": legacy(expirationDate="never"),
        "expiration-number": legacy(expirationDate=1798761600),
        "end-before-start": legacy(
            issuanceDate="2026-12-01T00:00:00Z", expirationDate="2026-11-01T00:00:00Z"
        ),
        "valid-until-past": legacy(validUntil="2026-01-31T00:00:00Z"),
    }
    for name, draft in drafts.items():
        # VCDM 1.1 has validUntil as a reserved term: ignoring it would be an error.
        group.add(f"legacy-{name}", signed_rdfc(draft, BOARD))
