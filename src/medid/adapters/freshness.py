"""What the fields of an HTTP answer say about using it again, read with suspicion.

Whoever says two things is held to the shorter; whoever says nonsense has said that the
answer is stale. A host can shorten by this how long its answers are used, and never
lengthen it: the bound is the cache's own.

``private`` and ``no-store`` are one thing here, because what is kept may be shared.
``Vary`` other than by what every request of medid has alike, and by Accept, which is
part of a kept answer's name, forbids to keep the answer.

Spec: https://www.rfc-editor.org/rfc/rfc9111#section-4.2
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from medid.core.fetch import NO_VALIDATORS, Freshness, Validators
from medid.errors import FetchBlocked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

MAX_SECONDS: Final = 2_147_483_648  # RFC 9111 section 1.2.2: beyond is this much
_SECONDS: Final = re.compile(r"[0-9]{1,10}")

# RFC 9110 sections 8.8.3 and 5.6.7. What is of another form is not sent back.
_ETAG: Final = re.compile(r'(?:W/)?"[!#-~]{0,256}"')
_DATE: Final = re.compile(r"[A-Za-z]{3,9},? [A-Za-z0-9 :\-]{10,40}")

_FORBIDDING: Final = frozenset({"no-store", "private"})
# Of what an answer may vary by, this tells no two requests for it apart.
_ALIKE: Final = frozenset({"accept", "accept-encoding", "origin", "user-agent"})


def stated(fields: Message) -> Freshness:
    """What the ``fields`` of an answer say, by the clock of their own host."""
    directives = list(_directives(fields))
    names = {name for name, _ in directives}
    validators = _validators(fields)
    varies = {
        name.strip().lower() for name in ",".join(_all(fields, "Vary")).split(",")
    }
    if names & _FORBIDDING or not varies <= _ALIKE | {""}:
        return Freshness(seconds=0, store=False)
    if "no-cache" in names:
        return Freshness(seconds=0, validators=validators)
    ages = [_seconds(value) for name, value in directives if name in _AGES]
    lifetime = min(ages) if ages else _until_expiry(fields)
    if lifetime is None:
        return Freshness(validators=validators)
    # An age that is none makes the answer as old as can be.
    age = max((_seconds(one, MAX_SECONDS) for one in _all(fields, "Age")), default=0)
    return Freshness(seconds=max(0, lifetime - age), validators=validators)


_AGES: Final = frozenset({"max-age", "s-maxage"})


def conditions(known: Validators) -> Iterator[str]:
    """The fields that ask for a document only if it is no longer the ``known`` one."""
    if known.etag:
        yield f"If-None-Match: {known.etag}"
    if known.last_modified:
        yield f"If-Modified-Since: {known.last_modified}"


def checked(known: Validators) -> Validators:
    """``known``, which may be sent.

    Raises:
        FetchBlocked: It could end the field that it is sent in.
    """
    for form, value in ((_ETAG, known.etag), (_DATE, known.last_modified)):
        if value and form.fullmatch(value) is None:
            raise FetchBlocked("what tells a known document by is not plain text")
    return known


def _validators(fields: Message) -> Validators:
    etags, dates = _all(fields, "ETag"), _all(fields, "Last-Modified")
    found = Validators(
        etag=etags[0] if len(etags) == 1 else "",
        last_modified=dates[0] if len(dates) == 1 else "",
    )
    try:
        return checked(found)
    except FetchBlocked:
        return NO_VALIDATORS


def _directives(fields: Message) -> Iterator[tuple[str, str]]:
    for part in ",".join(_all(fields, "Cache-Control")).split(","):
        name, _, value = part.partition("=")
        yield name.strip().lower(), value.strip().removeprefix('"').removesuffix('"')


def _until_expiry(fields: Message) -> float | None:
    """From Date to Expires; 0 where one cannot be read, by RFC 9111 section 5.3."""
    ends, starts = _all(fields, "Expires"), _all(fields, "Date")
    if not ends:
        return None
    try:
        (end,), (start,) = ends, starts
        span = parsedate_to_datetime(end) - parsedate_to_datetime(start)
    except (TypeError, ValueError, OverflowError):
        return 0
    return max(0.0, span.total_seconds())


def _seconds(text: str, otherwise: int = 0) -> int:
    return min(int(text), MAX_SECONDS) if _SECONDS.fullmatch(text) else otherwise


def _all(fields: Message, name: str) -> list[str]:
    return [str(value).strip() for value in fields.get_all(name, [])]
