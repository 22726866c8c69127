"""Status List Tokens: what a JWT or CWT has to say, and what an entry of it means."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.credentials.status_entry import STATUS_LIST_CLAIM, token_entries
from medid.errors import (
    ConfigurationError,
    InvalidVerificationMethod,
    MalformedProof,
    MalformedValue,
    MedidError,
    ParsingError,
    Revoked,
    StatusRangeError,
    StatusStale,
    StatusVerificationError,
    Suspended,
    TooLarge,
    WeakCryptography,
)
from medid.keys import KeyKind
from medid.securing.jose import sign_compact
from medid.status import TokenStatusList
from medid.status.check import LIST_MEDIA_TYPES
from medid.status.freshness import CLOCK_SKEW
from medid.status.list_token import (
    StatusListToken,
    check_token_entry,
    list_media_types,
    read_token,
)
from tests.keys.strategies import key
from tests.securing.cose.naive import message
from tests.status.lists import credential
from tests.status.lists import entry as bitstring_entry
from tests.support import examples, vectors

if TYPE_CHECKING:
    from medid.credentials import StatusEntry
    from medid.status import StatusResult

URL: Final = "https://board.example/statuslists/1"
INDEX: Final = 94_567
IAT: Final = 1_781_500_000
EXP: Final = 1_782_000_000
TTL: Final = 43_200
NOW: Final = Instant.from_seconds(IAT + 1000)
DAY: Final = 86_400
CLEAR: Final = TokenStatusList.create(bits=8)
BOARD: Final = key(KeyKind.ED25519)


def entry(index: int = INDEX, url: str = URL) -> StatusEntry:
    [found] = token_entries(
        {STATUS_LIST_CLAIM: {"idx": index, "uri": url}}, path="$.status"
    )
    return found


def claims(statuses: TokenStatusList = CLEAR, **changes: Any) -> dict[str, Any]:
    """Claims of a JWT; ``None`` removes one."""
    draft = {
        "sub": URL,
        "iat": IAT,
        "exp": EXP,
        "ttl": TTL,
        "status_list": statuses.as_json(),
        **changes,
    }
    return {name: value for name, value in draft.items() if value is not None}


def jwt(payload: Any = None, **header: Any) -> bytes:
    members = {"typ": "statuslist+jwt", "kid": "did:example:board#1", **header}
    kept = {name: value for name, value in members.items() if value is not None}
    body = payload if isinstance(payload, bytes) else json.dumps(payload or claims())
    raw = body if isinstance(body, bytes) else body.encode()
    return sign_compact(raw, BOARD, kept).encode()


def cwt_claims(statuses: TokenStatusList = CLEAR, **labels: Any) -> dict[Any, Any]:
    """Claims of a CWT; ``None`` removes one."""
    draft: dict[Any, Any] = {
        2: URL,
        6: IAT,
        4: EXP,
        65534: TTL,
        65533: statuses.as_cbor(),
        **{int(name[1:]): value for name, value in labels.items()},
    }
    return {label: value for label, value in draft.items() if value is not None}


def cwt(payload: Any = None, **labels: Any) -> bytes:
    header: dict[Any, Any] = {
        1: -8,
        4: b"did:example:board#1",
        16: "application/statuslist+cwt",
        **{int(name[1:]): value for name, value in labels.items()},
    }
    kept = {label: value for label, value in header.items() if value is not None}
    body = payload if isinstance(payload, bytes) else None
    raw = body if body is not None else cbor2.dumps(payload or cwt_claims())
    return message(kept, raw)


def told(
    content: bytes, *, at: Instant = NOW, fetched_at: Instant = NOW, **options: Any
) -> StatusResult:
    given: dict[str, Any] = {"max_age_seconds": DAY, **options}
    asked = given.pop("entry", entry())
    return check_token_entry(
        asked, read_token(content), at=at, fetched_at=fetched_at, **given
    )


BOTH: Final = {"jwt": jwt, "cwt": cwt}


def published(form: str, statuses: TokenStatusList, **changes: Any) -> bytes:
    """``statuses`` in a JWT or CWT."""
    if form == "jwt":
        return jwt(claims(statuses, **changes))
    return cwt(cwt_claims(statuses))


# What an entry means.


@pytest.mark.parametrize("form", BOTH)
def test_a_valid_status_is_told_with_its_place(form: str) -> None:
    assert told(BOTH[form]()) == told(published(form, CLEAR))
    found = told(published(form, CLEAR))
    assert (found.purpose, found.index, found.value) == ("status_list", INDEX, 0)
    assert (found.list_url, found.message) == (URL, None)
    assert found.list_digest == hashlib.sha256(CLEAR.compressed()).hexdigest()
    assert found.valid_until == NOW.plus(TTL)


@pytest.mark.parametrize("form", BOTH)
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_each_size_of_entries(form: str, bits: int) -> None:
    empty = TokenStatusList.create(bits=bits)
    beside = empty.with_statuses({INDEX - 1: 1, INDEX + 1: 1})
    assert told(published(form, beside)).value == 0
    with pytest.raises(Revoked) as caught:
        told(published(form, empty.with_statuses({INDEX: 1})))
    assert caught.value.path == "$.status.status_list"
    if bits > 1:
        with pytest.raises(Suspended):
            told(published(form, empty.with_statuses({INDEX: 2})))


@pytest.mark.parametrize("value", [3, 4, 11, 12, 15, 16, 255])
def test_what_only_an_application_understands_is_not_valid(value: int) -> None:
    content = published("jwt", CLEAR.with_statuses({INDEX: value}))
    with pytest.raises(StatusVerificationError):
        told(content)
    with pytest.raises(StatusVerificationError):
        told(content, accepted={value ^ 1})
    assert told(content, accepted={value}).value == value


def test_what_was_accepted_never_covers_a_revocation() -> None:
    for value, error in ((1, Revoked), (2, Suspended)):
        content = published("jwt", CLEAR.with_statuses({INDEX: value}))
        with pytest.raises(error):
            told(content, accepted={1, 2, 3})


@pytest.mark.parametrize("form", BOTH)
def test_an_index_outside_of_the_list_is_no_valid_status(form: str) -> None:
    for index in (131_072, 2**40):
        with pytest.raises(StatusRangeError) as caught:
            told(published(form, CLEAR), entry=entry(index))
        assert caught.value.path == "$.status.status_list.idx"


def test_a_cwt_may_say_by_its_tag_what_it_is() -> None:
    """Its tag, 61, stands before that of COSE, once and in its shortest form."""
    tagged = b"\xd8\x3d" + cwt()
    assert read_token(tagged) == read_token(cwt())
    assert told(tagged).value == 0
    for prefix in (b"\xd8\x3d\xd8\x3d", b"\xd9\x00\x3d", b"\xd8\x3e"):
        with pytest.raises(ParsingError):
            read_token(prefix + cwt())
    with pytest.raises(ParsingError):
        read_token(b"\xd8\x3d" + cwt().removeprefix(b"\xd2"))


def test_claims_in_the_header_of_a_cwt_say_the_same() -> None:
    same = {2: URL, 6: IAT}
    assert read_token(cwt(l15={**same, 7: b"id"})).subject == URL
    # What stands in the header alone contradicts nothing.
    assert read_token(cwt(l15={1: "did:example:board"})).issuer is None


# Whose list, and when.


@pytest.mark.parametrize(
    "url", [f"{URL}/", URL.upper(), f"{URL}#", f"{URL}?a", "https://board.example/2"]
)
def test_the_list_is_the_one_that_was_named(url: str) -> None:
    for content in (jwt(claims(sub=url)), cwt(cwt_claims(l2=url))):
        with pytest.raises(StatusVerificationError):
            told(content)


def test_an_entry_of_another_mechanism_is_not_read_here() -> None:
    [other] = credential(bitstring_entry(type="Other")).status
    with pytest.raises(StatusVerificationError):
        told(jwt(), entry=other)


@pytest.mark.parametrize("form", BOTH)
def test_a_list_holds_until_it_expires(form: str) -> None:
    content = BOTH[form]()
    for seconds in (0, EXP - IAT - 1):
        at = Instant.from_seconds(IAT + seconds)
        assert told(content, at=at, fetched_at=at).value == 0
    at = Instant.from_seconds(EXP)
    with pytest.raises(StatusStale):
        told(content, at=at, fetched_at=at)
    near = Instant.from_seconds(EXP - 10)
    assert told(content, at=near, fetched_at=near).valid_until == at


@pytest.mark.parametrize("form", BOTH)
def test_a_copy_is_believed_for_its_ttl_and_the_callers_patience(form: str) -> None:
    content = BOTH[form]()
    assert told(content, at=NOW.plus(TTL - 1)).value == 0
    for at, age in ((NOW.plus(TTL), DAY), (NOW.plus(60), 60)):
        with pytest.raises(StatusStale):
            told(content, at=at, max_age_seconds=age)
    ages = (-1.0, float("nan"), float("inf"))
    for length in ages:
        with pytest.raises(ConfigurationError):
            told(content, max_age_seconds=length)


def test_the_ttl_of_a_jwt_may_have_a_fraction() -> None:
    assert told(jwt(claims(ttl=1.5))).valid_until == NOW.plus(1.5)
    for ttl in (-0.5, 0.0):
        with pytest.raises(MalformedValue):
            read_token(jwt(claims(ttl=ttl)))
    assert told(jwt(claims(ttl=10**20, exp=None))).valid_until == NOW.plus(DAY)


def test_without_ttl_and_end_the_callers_patience_alone_counts() -> None:
    for content in (
        jwt(claims(exp=None, ttl=None)),
        cwt(cwt_claims(l4=None, l65534=None)),
    ):
        assert told(content, at=NOW.plus(DAY - 1)).valid_until == NOW.plus(DAY)
        with pytest.raises(StatusStale):
            told(content, at=NOW.plus(DAY))


@pytest.mark.parametrize("form", BOTH)
def test_a_list_of_later_says_nothing_about_now(form: str) -> None:
    content = BOTH[form]()
    early = Instant.from_seconds(IAT - CLOCK_SKEW)
    assert told(content, at=early, fetched_at=early).value == 0
    for at in (early.plus(-1), Instant(0)):
        with pytest.raises(StatusVerificationError):
            told(content, at=at, fetched_at=at)


def test_a_not_before_counts_as_well() -> None:
    later = NOW.nanoseconds // 10**9 + CLOCK_SKEW + 1
    for content in (jwt(claims(nbf=later)), cwt(cwt_claims(l5=later))):
        with pytest.raises(StatusVerificationError):
            told(content)


# What a token has to say.


def test_claims_that_are_not_asked_for_are_ignored() -> None:
    assert told(jwt(claims(iss="did:example:board", jti="1", x={"y": 1}))).value == 0
    more = {**cwt_claims(), 1: "did:example:board", 7: b"id", "x": [None, 1.5]}
    assert told(cwt(more)).value == 0
    assert read_token(cwt(more)).issuer == "did:example:board"
    listed = {**CLEAR.as_json(), "aggregation_uri": "http://127.0.0.1/"}
    assert told(jwt(claims(status_list=listed))).value == 0


BAD_JWT: Final[dict[str, dict[str, Any]]] = {
    "no sub": {"sub": None},
    "sub a number": {"sub": 7},
    "sub empty": {"sub": ""},
    "no iat": {"iat": None},
    "iat a text": {"iat": str(IAT)},
    "iat true": {"iat": True},
    "iat far": {"iat": 10**13},
    "exp a text": {"exp": str(EXP)},
    "exp true": {"exp": True},
    "ttl 0": {"ttl": 0},
    "ttl negative": {"ttl": -1},
    "ttl a text": {"ttl": "43200"},
    "ttl true": {"ttl": True},
    "ttl an array": {"ttl": [1]},
    "no list": {"status_list": None},
    "list a text": {"status_list": "eNo"},
    "list empty": {"status_list": {}},
    "bits 3": {"status_list": {**CLEAR.as_json(), "bits": 3}},
    "bits true": {"status_list": {**CLEAR.as_json(), "bits": True}},
    "bits a text": {"status_list": {**CLEAR.as_json(), "bits": "1"}},
    "lst a number": {"status_list": {"bits": 1, "lst": 1}},
    "lst padded": {"status_list": {"bits": 1, "lst": "eA=="}},
    "iss a number": {"iss": 7},
}


@pytest.mark.parametrize("name", BAD_JWT)
def test_a_jwt_of_another_form_is_no_status_list(name: str) -> None:
    with pytest.raises(MalformedValue):
        read_token(jwt(claims(**BAD_JWT[name])))


BAD_CWT: Final[dict[str, Any]] = {
    "no sub": cwt_claims(l2=None),
    "sub bytes": cwt_claims(l2=URL.encode()),
    "no iat": cwt_claims(l6=None),
    "iat a text": cwt_claims(l6="1"),
    "exp true": cwt_claims(l4=True),
    "ttl 0": cwt_claims(l65534=0),
    "ttl negative": cwt_claims(l65534=-1),
    "ttl a float": cwt_claims(l65534=1.5),
    "ttl true": cwt_claims(l65534=True),
    "no list": cwt_claims(l65533=None),
    "list a text": cwt_claims(l65533="a"),
    "list bytes": cwt_claims(l65533=b"a"),
    "bits 3": cwt_claims(l65533={"bits": 3, "lst": b"a"}),
    "bits true": cwt_claims(l65533={"bits": True, "lst": CLEAR.compressed()}),
    "lst a number": cwt_claims(l65533={"bits": 1, "lst": 7}),
    "lst a text": cwt_claims(l65533=CLEAR.as_json()),
    "labels by number": cwt_claims(l65533={1: 1, 2: CLEAR.compressed()}),
    "an array": [1],
    "claims spelled out": {**cwt_claims(), "exp": EXP},
}


@pytest.mark.parametrize("name", BAD_CWT)
def test_a_cwt_of_another_form_is_no_status_list(name: str) -> None:
    with pytest.raises(MalformedValue):
        read_token(cwt(BAD_CWT[name]))


BAD_ENVELOPES: Final[dict[str, tuple[bytes, type[MedidError]]]] = {
    "nothing": (b"", ParsingError),
    "a page": (b"<html>", ParsingError),
    "no typ": (jwt(typ=None), MalformedProof),
    "a credential's typ": (jwt(typ="vc+jwt"), MalformedProof),
    "a JWT that says CWT": (jwt(typ="statuslist+cwt"), MalformedProof),
    "crit": (jwt().replace(b"eyJ", b"eyK", 1), MedidError),
    "a payload in CBOR": (jwt(cbor2.dumps(cwt_claims())), ParsingError),
    "members twice": (jwt(b'{"sub":"a","sub":"b"}'), ParsingError),
    "a header that contradicts": (jwt(sub="https://other.example"), MalformedValue),
    "a CWT header that contradicts": (
        cwt(l15={2: "https://x.example"}),
        MalformedValue,
    ),
    "claims in a CWT header that are none": (cwt(l15=[]), MalformedValue),
    "a CWT without typ": (cwt(l16=None), MalformedProof),
    "a CWT that says JWT": (cwt(l16="application/statuslist+jwt"), MalformedProof),
    "a CWT with a number as typ": (cwt(l16=60), MalformedProof),
    "a CWT whose typ is not signed": (
        message({1: -8}, b"", unprotected={16: "application/statuslist+cwt"}),
        MalformedProof,
    ),
    "a payload in JSON": (cwt(json.dumps(claims()).encode()), ParsingError),
    "keys twice": (cwt(b"\xa2\x02\x61a\x02\x61b"), ParsingError),
    "an indefinite map": (cwt(b"\xbf\x02\x61a\xff"), ParsingError),
    "more behind the claims": (cwt(cbor2.dumps(cwt_claims()) + b"\0"), ParsingError),
    "the CWT tag twice": (b"\xd8\x3d\xd8\x3d" + cwt(), ParsingError),
    "no tag": (cwt()[1:], ParsingError),
    "a MAC": (b"\xd1" + cwt()[1:], ParsingError),
    "no algorithm": (cwt(l1=None), WeakCryptography),
    "a certificate": (cwt(l4=None, l33=b"x"), InvalidVerificationMethod),
    "1 MiB of no token": (b"a" * 2**20, ParsingError),
    "more than 1 MiB": (b"a" * (2**20 + 1), TooLarge),
}


@pytest.mark.parametrize("name", BAD_ENVELOPES)
def test_another_envelope_is_no_status_list_token(name: str) -> None:
    content, error = BAD_ENVELOPES[name]
    with pytest.raises(error):
        read_token(content)


def test_a_bomb_is_not_unpacked_before_it_is_asked_about() -> None:
    bomb = {"bits": 1, "lst": TokenStatusList.create(8 * 2**23).compressed()}
    doubled = TokenStatusList.create(8 * 2**23).compressed()
    assert read_token(cwt(cwt_claims(l65533=bomb))).packed.packed == doubled


def test_what_is_wrong_inside_the_list_is_told_at_the_entry() -> None:
    content = cwt(cwt_claims(l65533={"bits": 1, "lst": b"no ZLIB"}))
    with pytest.raises(MalformedValue) as caught:
        told(content)
    assert caught.value.path == "$.status.status_list"


def test_a_token_may_have_white_space_around_its_text() -> None:
    assert told(b"\r\n" + jwt() + b"\n").value == 0


# The draft's own tokens. The set has no key for them: their form is read, and the
# signatures are those of COSE and JOSE, which other sets hold.


def example(name: str) -> str:
    path = vectors("ietf-token-status-list") / "examples" / f"{name}.md"
    return "".join(path.read_text("utf-8").split())


def check_example(token: StatusListToken) -> None:
    assert token.subject == "https://example.com/statuslists/1"
    assert token.ttl == TTL
    assert token.validity.start == Instant.from_seconds(1_686_920_170)
    assert token.validity.end == Instant.from_seconds(2_291_720_170)
    assert token.packed.unpack().statuses.hex() == "b9a3"
    assert token.envelope.kid == "12"


def test_the_drafts_tokens_are_read() -> None:
    check_example(read_token(bytes.fromhex(example("status_list_cwt"))))
    check_example(read_token(example("status_list_jwt_raw").encode()))


# The entry that a token names.


def test_a_reference_is_read() -> None:
    found = entry(0)
    assert (found.type, found.index, found.list_url) == ("status_list", 0, URL)
    assert found.path == "$.status.status_list"
    extra: Any = {STATUS_LIST_CLAIM: {"idx": 1, "uri": URL, "x": 1}, "other": {}}
    assert token_entries(extra)[0].index == 1
    assert token_entries({"other": {}}) == ()
    assert token_entries({}) == ()


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("x", "$.status_list"),
        ([], "$.status_list"),
        (None, "$.status_list"),
        ({}, "$.status_list.idx"),
        ({"idx": 1}, "$.status_list.uri"),
        ({"uri": URL}, "$.status_list.idx"),
        ({"idx": -1, "uri": URL}, "$.status_list.idx"),
        ({"idx": True, "uri": URL}, "$.status_list.idx"),
        ({"idx": 1.0, "uri": URL}, "$.status_list.idx"),
        ({"idx": "1", "uri": URL}, "$.status_list.idx"),
        ({"idx": None, "uri": URL}, "$.status_list.idx"),
        ({"idx": 1, "uri": "/statuslists/1"}, "$.status_list.uri"),
        ({"idx": 1, "uri": ""}, "$.status_list.uri"),
        ({"idx": 1, "uri": 7}, "$.status_list.uri"),
        ({"idx": 1, "uri": [URL]}, "$.status_list.uri"),
    ],
)
def test_a_reference_of_another_form_is_refused(reference: Any, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        token_entries({STATUS_LIST_CLAIM: reference})
    assert caught.value.path == path


def test_each_kind_of_entry_asks_for_lists_of_its_kind() -> None:
    accept = list_media_types(entry())
    assert accept == "application/statuslist+jwt, application/statuslist+cwt;q=0.9"
    [other] = credential(bitstring_entry()).status
    assert list_media_types(other) == LIST_MEDIA_TYPES


@settings(max_examples=examples(120), deadline=None)
@given(st.sampled_from(["jwt", "cwt"]), st.data())
def test_only_refusals_escape(form: str, data: st.DataObject) -> None:
    """Begins with honest claims and changes a few bytes of them."""
    honest = (
        json.dumps(claims()).encode() if form == "jwt" else cbor2.dumps(cwt_claims())
    )
    raw = bytearray(honest)
    at = data.draw(st.integers(0, len(raw)))
    raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        found = told(BOTH[form](bytes(raw)))
    except MedidError:
        return
    assert found.value == 0
