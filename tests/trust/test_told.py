"""A chain as it is told: read back as it was written, and put into sentences."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant, Window
from medid.core.json import dumps, loads
from medid.core.records import replace
from medid.errors import MalformedValue, MedidError
from medid.trust import LICENSE_TYPE, ToldChain, ToldLink, ToldMark, TrustRegistry
from medid.trust.chains import Paths, RecognitionLink
from medid.trust.telling import chains_to, is_named
from medid.trust.told import MAX_TOLD, read_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = Instant.parse("2026-06-15T12:00:00Z")
DIGEST = "ab" * 32
STATE, BOARD = "did:web:state.example", "did:web:board.example"
LINK = ToldLink(
    entity=BOARD,
    recognized_by=STATE,
    digest=DIGEST,
    url="https://state.example/list",
    window=Window(AT, AT.plus(60)),
)
MARK = ToldMark(type="https://f.example/m", issuer="https://f.example", digest=DIGEST)
CHAIN = ToldChain(
    authority=STATE,
    links=(LINK,),
    credential_types=(LICENSE_TYPE,),
    jurisdictions=("US-OH", "AU"),
    professions=("208D00000X",),
    window=Window(None, AT.plus(60)),
)
ACCREDITED = replace(CHAIN, mark=replace(MARK, window=Window(AT, None)))


def written(chain: ToldChain = ACCREDITED) -> Any:
    return loads(dumps(chain.as_json()))


@pytest.mark.parametrize(
    "chain",
    [
        CHAIN,
        ACCREDITED,
        replace(ACCREDITED, links=(), window=Window()),
        replace(CHAIN, links=(replace(LINK, url=None), LINK)),
    ],
)
def test_a_chain_is_read_back_as_it_was_written(chain: ToldChain) -> None:
    assert read_chain(written(chain), "$") == chain


def test_who_is_believed_is_the_last_or_the_anchor_itself() -> None:
    assert CHAIN.issuer == BOARD
    assert replace(ACCREDITED, links=()).issuer == STATE


def test_a_chain_is_told_in_sentences() -> None:
    assert CHAIN.sentences() == (
        f"{BOARD} is believed on the word of {STATE} until 2026-06-15T12:01:00Z.",
        (
            f"{STATE} recognizes {BOARD} from 2026-06-15T12:00:00Z until "
            "2026-06-15T12:01:00Z (published at https://state.example/list, SHA-256 "
            f"{DIGEST})."
        ),
        f"For {LICENSE_TYPE} in US-OH, AU, of the professions 208D00000X.",
    )
    shown = replace(ACCREDITED, links=(replace(LINK, url=None),)).sentences()
    assert "(presented, SHA-256" in shown[1]
    assert shown[2] == (
        f"https://f.example attests the trust mark https://f.example/m about {BOARD} "
        f"from 2026-06-15T12:00:00Z (SHA-256 {DIGEST})."
    )


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        yield (*path, name)
        if isinstance(inner, dict | list):
            yield from _places(inner, (*path, name))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


@pytest.mark.parametrize("wrong", [None, 5, True, "", [], [["x"]], {"x": 1}])
def test_no_member_may_be_of_another_kind(wrong: Any) -> None:
    for path in _places(written()):
        document = copy.deepcopy(written())
        if path == ("links",) and wrong == []:
            continue  # the anchor itself, by its mark
        _at(document, path[:-1])[path[-1]] = wrong
        with pytest.raises(MalformedValue) as caught:
            read_chain(document, "$.chain")
        assert caught.value.path.startswith("$.chain.")


def test_an_unknown_member_is_refused_wherever_it_stands() -> None:
    inner = [p for p in _places(written()) if isinstance(_at(written(), p), dict)]
    for path in ((), *inner):
        document = written()
        _at(document, path)["unknown"] = 1
        with pytest.raises(MalformedValue):
            read_chain(document, "$")


@pytest.mark.parametrize(
    ("name", "value"), [("sha256", "AB" * 32), ("sha256", "ab"), ("validFrom", "soon")]
)
def test_digests_and_instants_have_one_form(name: str, value: str) -> None:
    for part in ("links", "trustMark"):
        document = written()
        place = document[part][0] if part == "links" else document[part]
        place[name] = value
        with pytest.raises(MalformedValue) as caught:
            read_chain(document, "$")
        assert caught.value.path.endswith(f".{name}")


def test_a_chain_of_nothing_is_none() -> None:
    with pytest.raises(MalformedValue) as caught:
        read_chain({**written(CHAIN), "links": []}, "$")
    assert caught.value.path == "$.links"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_only_errors_of_medid_escape(value: Any) -> None:
    with pytest.raises(MedidError):
        read_chain(value, "$")


# By whose word: nobody's, where the file itself names the issuer.


def registry(*links: RecognitionLink, boards: Any = ()) -> TrustRegistry:
    scope: Any = {"jurisdictions": ["US-OH"], "professions": ["208D00000X"]}
    authority = {
        "did": STATE,
        "mayRecognize": scope,
        "requireOutputValidation": False,
        "validUntil": str(AT.plus(60)),
    }
    trust = TrustRegistry.from_json(
        {"authorities": [authority], "acceptedBoards": list(boards)}
    )
    paths = Paths(links, trust.settings.authorities, covers=trust.covers, at=AT)
    document: Any = {"type": ["VerifiableCredential", LICENSE_TYPE]}
    found = paths.to(BOARD, document)
    return trust.recognizing(chain.as_board(["d1"]) for chain in found)


def link(digest: str = DIGEST) -> RecognitionLink:
    return RecognitionLink(entity=BOARD, recognized_by=STATE, digest=digest)


def told(trust: TrustRegistry, *types: str, **changes: Any) -> tuple[ToldChain, ...]:
    asked: dict[str, Any] = {"at": AT, "document": "d1", **changes}
    issuer = asked.pop("issuer", BOARD)
    return chains_to(trust, issuer, types or (LICENSE_TYPE,), **asked)


def test_a_chain_is_told_for_its_documents_types_and_time_alone() -> None:
    trust = registry(link())
    (chain,) = told(trust)
    assert (chain.authority, chain.issuer) == (STATE, BOARD)
    assert told(trust, document="d2") == ()
    assert told(trust, document=None) == ()
    assert told(trust, "Other") == ()
    assert told(trust, at=AT.plus(60)) == ()
    assert told(trust, issuer=f"{BOARD}/") == ()
    # What a party recognizes is no license, and stands on the same chain.
    assert told(trust, "RecognizedEntityCredential") == (chain,)


def test_none_is_told_where_the_trust_file_names_the_issuer() -> None:
    own = {"did": BOARD, "jurisdictions": ["US-OH"], "professions": ["208D00000X"]}
    trust = registry(link(), boards=[own])
    assert told(trust) == ()
    assert told(registry(boards=[own])) == ()
    ended = {**own, "validUntil": str(AT)}
    assert len(told(registry(link(), boards=[ended]))) == 1
    other = {**own, "credentialTypes": ["Other"]}
    assert len(told(registry(link(), boards=[other]))) == 1
    assert is_named(trust, BOARD, LICENSE_TYPE, at=AT)
    assert not is_named(registry(link()), BOARD, LICENSE_TYPE, at=AT)


def test_of_many_chains_a_few_are_told() -> None:
    many = registry(*(link(f"{number:064x}") for number in range(MAX_TOLD + 3)))
    assert len(told(many)) == MAX_TOLD
    assert len(told(registry(link(), link()))) == 1
