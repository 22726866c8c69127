"""Offline packs: what counts, from when to when, and no younger than it is."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access import pack as packs
from medid.access.pack import FORM, MAX_VALIDITY, read, write
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched, FetchRequest
from medid.core.instant import Instant, Window
from medid.core.json import dumps
from medid.errors import (
    ConfigurationError,
    Expired,
    FetchFailed,
    InvalidSignature,
    MalformedValue,
    MedidError,
    NotYetValid,
    ParsingError,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey
from medid.securing.jose import sign_compact
from medid.trust import TrustRegistry
from medid.verifying.checks import Outcome
from medid.verifying.judging import Judgement
from medid.verifying.packing import Wanted, collect
from medid.verifying.verifier import Verifier
from tests.access.world import AT, World, controller
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNER = controller()
KEY = SIGNER.signer.public_key
DAY = 86_400
WINDOW = Window(AT.plus(60), AT.plus(7 * DAY))
WITHIN = AT.plus(120)
URL = "https://board.example/did.json"
WANTED = Wanted(issuers=("did:web:board.example",))


class NoNetwork:
    """Fails the test that asks anything of the outside."""

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        raise AssertionError("the network was touched")


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def judgement(world: World) -> Judgement:
    verifier = Verifier()
    return Judgement(at=AT, contexts=verifier.contexts)


@pytest.fixture(scope="module")
def made(world: World) -> dict[str, Any]:
    lists = tuple(url for url in world.web.documents if "status" in url)
    wanted = Wanted(issuers=(world.board.did, world.patient.did), lists=lists)
    found = collect(wanted, judgement(world), world.net)
    return dict(write(wanted, found, window=WINDOW, controller=SIGNER))


@pytest.fixture
def document(made: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(made)


def opened(document: dict[str, Any], at: Instant = WITHIN) -> Evidence:
    return read(dumps(document)).open(KEY, at=at)


def seen(at: Instant = AT) -> Evidence:
    found = Fetched.of(URL, b"{}", fetched_at=at, media_type="application/did")
    return Evidence().with_answers([(URL, found)])


def test_a_verification_runs_from_a_pack_with_the_network_cut_off(
    world: World, made: dict[str, Any]
) -> None:
    trust = TrustRegistry.from_json(world.trust())
    verifier = Verifier(trust=trust, fetch=NoNetwork())
    with pytest.raises(AssertionError, match="network"):
        verifier.verify(world.license, at=WITHIN)
    assert verifier.verify(world.license, at=WITHIN, evidence=opened(made))


def test_a_decision_runs_from_a_pack_with_the_network_cut_off(
    world: World, made: dict[str, Any]
) -> None:
    shown = dumps(world.shown(at=WITHIN)).encode()
    gateway = world.verifier(fetch=NoNetwork(), clock=lambda: WITHIN)
    found = gateway.decide(shown, world.asks(), at=WITHIN, evidence=opened(made))
    assert found.permitted


def test_a_pack_says_who_made_it_when_and_for_whom(
    world: World, made: dict[str, Any]
) -> None:
    found = read(dumps(made))
    assert found.kid == SIGNER.verification_method
    assert found.packed_at == WINDOW.start
    assert found.window == WINDOW
    assert found.issuers == (world.board.did, world.patient.did)


def test_a_list_is_as_old_as_when_it_was_fetched(
    world: World, made: dict[str, Any]
) -> None:
    """The pack counts for a week, and what is in it for a day."""
    verifier = Verifier(trust=TrustRegistry.from_json(world.trust()), fetch=NoNetwork())
    for at, outcome in (
        (AT.plus(DAY - 1), Outcome.VERIFIED),
        (AT.plus(DAY + 1), Outcome.REFUSED),
    ):
        found = verifier.verify(world.license, at=at, evidence=opened(made, at))
        assert found.outcome is outcome
    assert {error.code for error in found.errors} == {"STATUS_STALE"}
    assert all(
        one.fetched_at == AT
        for one in opened(made).answers.values()
        if isinstance(one, Fetched)
    )


@pytest.mark.parametrize(
    ("at", "error"),
    [
        (AT.plus(59), NotYetValid),
        (AT.plus(7 * DAY), Expired),
        (AT.plus(700 * DAY), Expired),
    ],
)
def test_outside_its_time_nothing_is_given_out(
    made: dict[str, Any], at: Instant, error: type[MedidError]
) -> None:
    with pytest.raises(error):
        opened(made, at)


@pytest.mark.parametrize("at", [AT.plus(60), AT.plus(7 * DAY - 1)])
def test_at_the_edges_of_its_time_it_counts(made: dict[str, Any], at: Instant) -> None:
    assert opened(made, at).answers


CHANGED: dict[str, Any] = {
    "library": "0.0.9",
    "validFrom": "2026-06-15T12:01:59Z",
    "validUntil": "2026-06-23T12:00:00Z",
    "issuers": ["did:web:other.example"],
}


@pytest.mark.parametrize("name", FORM.signed)
def test_a_member_that_was_changed_is_named(
    document: dict[str, Any], name: str
) -> None:
    if name == "evidence":
        document[name]["documents"].popitem()
    else:
        document[name] = CHANGED[name]
    with pytest.raises(InvalidSignature) as caught:
        opened(document)
    assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize("name", [*FORM.signed, "signature", "format"])
def test_no_member_may_be_missing(document: dict[str, Any], name: str) -> None:
    del document[name]
    with pytest.raises(MalformedValue) as caught:
        opened(document)
    assert caught.value.path == f"$.{name}"


@settings(max_examples=examples(20), deadline=None)
@given(st.data())
def test_no_document_in_it_can_be_changed(
    made: dict[str, Any], data: st.DataObject
) -> None:
    document = copy.deepcopy(made)
    documents = document["evidence"]["documents"]
    url = data.draw(st.sampled_from(sorted(documents)))
    name = data.draw(st.sampled_from(["content", "fetchedAt", "mediaType", "sha256"]))
    changes = {
        "content": "AAAA",
        "fetchedAt": "2026-06-15T12:01:59Z",
        "mediaType": "text/html",
        "sha256": "00" * 32,
    }
    documents[url][name] = changes[name]
    with pytest.raises(MalformedValue if name in ("content", "sha256") else MedidError):
        opened(document)


def test_layout_is_not_part_of_what_is_signed(document: dict[str, Any]) -> None:
    text = json.dumps(dict(reversed(document.items())), indent=3)
    assert read(text).open(KEY, at=WITHIN).answers


def test_a_pack_of_another_packer_is_refused(made: dict[str, Any]) -> None:
    found = read(dumps(made))
    with pytest.raises(InvalidSignature) as caught:
        found.open(PrivateKey.generate(KeyKind.ED25519).public_key, at=WITHIN)
    assert caught.value.path.startswith("$.signature")
    with pytest.raises(WeakCryptography):
        found.open(PrivateKey.generate(KeyKind.P256).public_key, at=WITHIN)


def test_a_signature_for_something_else_is_no_packs(document: dict[str, Any]) -> None:
    header = {"typ": "medid-bundle+json", "kid": SIGNER.verification_method}
    document["signature"] = sign_compact(b"{}", SIGNER.signer, header)
    with pytest.raises(MalformedValue, match="not a pack's"):
        opened(document)


def resigned(document: dict[str, Any]) -> dict[str, Any]:
    """What a packer with the key could write."""
    kid = SIGNER.verification_method
    return {**document, "signature": FORM.sign(document, SIGNER.signer, kid=kid)}


CANARY = "canary of a board"
BAD: list[tuple[str, Any]] = [
    ("library", 1),
    ("validFrom", CANARY),
    ("validUntil", 1),
    ("validUntil", str(WINDOW.start)),
    ("validUntil", str(AT.plus(60 + MAX_VALIDITY + 1))),
    ("issuers", []),
    ("issuers", [1]),
    ("issuers", ["did:web:board.example", 1]),
    ("issuers", CANARY),
    ("evidence", CANARY),
    ("evidence", {"format": CANARY, "documents": {}}),
    ("evidence", seen(AT.plus(61)).as_json()),
    ("evidence", Evidence().with_answers([(URL, FetchFailed("x"))]).as_json()),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_malformed_member_is_refused_though_it_is_signed(
    document: dict[str, Any], name: str, value: Any
) -> None:
    with pytest.raises(MedidError) as caught:
        opened(resigned({**document, name: value}))
    assert caught.value.path.startswith(f"$.{name}")
    assert CANARY not in str(caught.value)


def test_another_format_is_not_read(document: dict[str, Any]) -> None:
    for odd in ({**document, "format": "x"}, {**document, "more": 1}):
        with pytest.raises(MalformedValue):
            opened(odd)
    with pytest.raises(ParsingError):
        read(b"\xff")
    with pytest.raises(MalformedValue):
        read(b"[]")


@pytest.mark.parametrize(
    "window",
    [
        Window(AT, AT),
        Window(AT, AT.plus(-1)),
        Window(AT, AT.plus(MAX_VALIDITY + 1)),
        Window(AT, None),
        Window(None, AT.plus(1)),
    ],
)
def test_a_pack_has_a_beginning_and_a_near_end(window: Window) -> None:
    with pytest.raises(ConfigurationError):
        write(WANTED, seen(), window=window, controller=SIGNER)
    whole = Window(AT, AT.plus(MAX_VALIDITY))
    assert write(WANTED, seen(), window=whole, controller=SIGNER)["signature"]


def test_what_no_reader_would_take_is_not_signed() -> None:
    failed = Evidence().with_answers([(URL, FetchFailed("x"))])
    for evidence in (failed, seen(AT.plus(61))):
        with pytest.raises(MalformedValue) as caught:
            write(WANTED, evidence, window=WINDOW, controller=SIGNER)
        assert caught.value.path.startswith("$.evidence")
    assert packs.DEFAULT_VALIDITY < MAX_VALIDITY
