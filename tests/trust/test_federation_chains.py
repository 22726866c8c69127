"""Entity statements and the chains that they make."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from medid.core.instant import Instant
from medid.errors import (
    InvalidKey,
    InvalidSignature,
    InvalidVerificationMethod,
    IssuerNotTrusted,
    MalformedProof,
    MalformedValue,
    MedidError,
    TooLarge,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey
from medid.trust.federation.chains import MAX_CHAIN, Anchor, TrustChain, validate
from medid.trust.federation.statements import (
    MAX_HINTS,
    MAX_KEYS,
    MAX_STATEMENT,
    check_entity,
    configuration_url,
    fetch_url,
    read_statement,
)
from tests.trust.federations import (
    ANCHOR,
    BOARD,
    ENDS,
    MADE,
    NOW,
    OTHER,
    STATE,
    Entity,
    anchor,
    board,
    chain_of,
    entity,
    other,
    read,
    state,
)


def valid(*tokens: str, at: Instant = NOW) -> TrustChain:
    return validate(read(*tokens), anchor.anchor(), at=at)


# Statements.


def test_a_statement_is_read() -> None:
    found = read_statement(board.configuration())
    assert (found.issuer, found.subject, found.superiors) == (BOARD, BOARD, (STATE,))
    assert found.is_configuration
    assert dict(found.keys) == {board.kid: board.key.public_key}
    assert found.window.start == Instant.from_seconds(MADE)
    later = read_statement(board.configuration(nbf=MADE + 60))
    assert later.window.start == Instant.from_seconds(MADE + 60)
    earlier = read_statement(board.configuration(nbf=MADE - 60))
    assert earlier.window.start == Instant.from_seconds(MADE)
    found.verify(found.keys)
    assert not read_statement(state.about(board)).is_configuration
    longest = f"{BOARD}/".ljust(2_048, "a")
    assert check_entity(longest) == longest
    with pytest.raises(MalformedValue):
        check_entity(f"{longest}a")


def test_a_kind_of_key_that_medid_has_not_is_left_out() -> None:
    strange = {"kty": "OKP", "crv": "Ed448", "x": "AA", "kid": "strange"}
    keys = {"keys": [strange, *board.jwks["keys"]]}
    found = read_statement(board.configuration(jwks=keys))
    assert list(found.keys) == [board.kid]


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ({"typ": "JWT"}, MalformedProof),
        ({"typ": None}, MalformedProof),
        ({"kid": None}, InvalidVerificationMethod),
        ({"trust_chain": ["a"]}, MalformedProof),
        ({"peer_trust_chain": ["a"]}, MalformedProof),
    ],
)
def test_a_header_that_fits_no_statement_is_refused(
    header: dict[str, Any], error: type[MedidError]
) -> None:
    claims = read_statement(board.configuration()).claims
    with pytest.raises(error):
        read_statement(board.sign(claims, **header))


def with_key(**changes: Any) -> dict[str, Any]:
    return {"keys": [{**board.jwks["keys"][0], **changes}]}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"iss": None}, "$.iss"),
        ({"sub": None}, "$.sub"),
        ({"iss": "http://board.example"}, "$.iss"),
        ({"sub": "https://user@board.example"}, "$.sub"),
        ({"sub": "https://127.0.0.1"}, "$.sub"),
        ({"sub": "https://Board.example"}, "$.sub"),
        ({"sub": f"https://board.example/{'a' * 2048}"}, "$.sub"),
        ({"iat": None}, "$.iat"),
        ({"exp": None}, "$.exp"),
        ({"exp": "soon"}, "$.exp"),
        ({"exp": MADE}, "$.exp"),
        ({"nbf": "soon"}, "$.nbf"),
        ({"nbf": ENDS}, "$.exp"),
        ({"jwks": None}, "$.jwks"),
        ({"jwks": {"keys": []}}, "$.jwks.keys"),
        ({"jwks": {"keys": [{}] * (MAX_KEYS + 1)}}, "$.jwks.keys"),
        ({"jwks": with_key(kid=None)}, "$.jwks.keys[0].kid"),
        ({"jwks": {"keys": board.jwks["keys"] * 2}}, "$.jwks.keys[1]"),
        ({"authority_hints": []}, "$.authority_hints"),
        ({"authority_hints": [STATE] * (MAX_HINTS + 1)}, "$.authority_hints"),
        ({"authority_hints": ["state"]}, "$.authority_hints[0]"),
        ({"trust_anchor_hints": []}, "$.trust_anchor_hints"),
        ({"trust_anchor_hints": ANCHOR}, "$.trust_anchor_hints"),
        ({"trust_anchor_hints": [1]}, "$.trust_anchor_hints[0]"),
        ({"trust_anchor_hints": ["http://a.example"]}, "$.trust_anchor_hints[0]"),
        ({"trust_mark_issuers": [STATE]}, "$.trust_mark_issuers"),
        ({"trust_mark_issuers": {"a": STATE}}, "$.trust_mark_issuers.a"),
        ({"trust_mark_issuers": {"a": [STATE, "b"]}}, "$.trust_mark_issuers.a[1]"),
        ({"trust_mark_owners": {"a": []}}, "$.trust_mark_owners.a"),
        ({"trust_mark_owners": {"a": {"jwks": {}}}}, "$.trust_mark_owners.a.sub"),
        (
            {"trust_mark_owners": {"a": {"sub": "a", "jwks": {"keys": []}}}},
            "$.trust_mark_owners.a.sub",
        ),
        ({"trust_mark_owners": {"a": {"sub": STATE}}}, "$.trust_mark_owners.a.jwks"),
        (
            {"trust_mark_owners": {"a": {"sub": STATE, "jwks": {}}}},
            "$.trust_mark_owners.a.jwks.keys",
        ),
        ({"metadata": {"a": 1}}, "$.metadata.a"),
        ({"metadata": {"a": {"b": None}}}, "$.metadata.a.b"),
        ({"metadata_policy": {}}, "$.metadata_policy"),
        ({"constraints": {}}, "$.constraints"),
        ({"source_endpoint": "https://a.example"}, "$.source_endpoint"),
        ({"crit": ["jti"]}, "$.crit"),
        ({"aud": BOARD}, "$.aud"),
        ({"trust_anchor": ANCHOR}, "$.trust_anchor"),
    ],
)
def test_a_statement_that_is_not_of_its_form_is_refused(
    changes: dict[str, Any], path: str
) -> None:
    with pytest.raises(MalformedValue) as refused:
        read_statement(board.configuration(**changes))
    assert refused.value.path == path


@pytest.mark.parametrize(
    "name",
    [
        "authority_hints",
        "trust_anchor_hints",
        "trust_marks",
        "trust_mark_issuers",
        "trust_mark_owners",
    ],
)
def test_what_an_entity_says_of_itself_nobody_says_about_another(name: str) -> None:
    with pytest.raises(MalformedValue, match="does not belong"):
        read_statement(state.about(board, **{name: [STATE]}))


def test_claims_that_nothing_reads_still_have_a_form() -> None:
    hinted = board.configuration(trust_anchor_hints=[ANCHOR, "https://Other.example"])
    assert read_statement(hinted).superiors == (STATE,)
    fetched = read_statement(state.about(board, source_endpoint=state.fetch))
    assert fetched.subject == BOARD
    for endpoint in (1, "", "http://state.example/fetch", f"{state.fetch}#a"):
        with pytest.raises(MalformedValue) as refused:
            read_statement(state.about(board, source_endpoint=endpoint))
        assert refused.value.path == "$.source_endpoint"


def test_a_critical_operator_of_a_policy_is_not_passed_over() -> None:
    with pytest.raises(MalformedValue, match="critical"):
        read_statement(state.about(board, metadata_policy_crit=["regexp"]))


def test_a_published_private_key_is_reported() -> None:
    with pytest.raises(InvalidKey, match="private key"):
        read_statement(board.configuration(jwks=with_key(d="AA")))


def test_a_statement_is_bounded() -> None:
    with pytest.raises(TooLarge):
        read_statement(board.configuration(metadata={"a": {"b": "x" * MAX_STATEMENT}}))


def test_the_places_of_statements() -> None:
    assert configuration_url(f"{BOARD}/") == f"{BOARD}/.well-known/openid-federation"
    assert configuration_url(STATE) == f"{STATE}/.well-known/openid-federation"
    read_one = read_statement(state.configuration())
    assert (
        fetch_url(read_one, BOARD) == f"{STATE}/fetch?sub=https%3A%2F%2Fboard.example"
    )

    def with_endpoint(endpoint: Any) -> Any:
        metadata = {"federation_entity": {"federation_fetch_endpoint": endpoint}}
        return read_statement(state.configuration(metadata=metadata))

    found = fetch_url(with_endpoint("https://a.example/f?x=1"), "https://b.example/c")
    assert found == "https://a.example/f?x=1&sub=https%3A%2F%2Fb.example%2Fc"
    assert fetch_url(read_statement(state.configuration(metadata=None)), BOARD) is None
    for endpoint in ("http://a.example/f", "https://a.example/#f"):
        with pytest.raises(MalformedValue):
            fetch_url(with_endpoint(endpoint), BOARD)


# Chains.


def test_a_chain_leads_from_the_entity_to_the_anchor() -> None:
    found = valid(*chain_of())
    assert found.subject == BOARD
    assert found.entities == (BOARD, STATE, ANCHOR)
    assert dict(found.keys) == {board.kid: board.key.public_key}
    assert found.window.end == Instant.from_seconds(ENDS)
    assert found.configuration.subject == BOARD
    assert found.anchor.subject == ANCHOR
    direct = valid(other.configuration(), anchor.about(other), anchor.configuration())
    assert direct.entities == (OTHER, ANCHOR)
    alone = valid(anchor.configuration())
    assert alone.entities == (ANCHOR,)
    assert dict(alone.keys) == {anchor.kid: anchor.key.public_key}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        # Somebody else's statement in one of the places.
        ({"board": other.configuration()}, IssuerNotTrusted),
        ({"state": anchor.about(board)}, IssuerNotTrusted),
        ({"state": state.about(other)}, IssuerNotTrusted),
        ({"anchor": anchor.about(other)}, IssuerNotTrusted),
        ({"anchor": state.about(state)}, IssuerNotTrusted),
        ({"top": other.configuration()}, IssuerNotTrusted),
        ({"top": anchor.about(state)}, IssuerNotTrusted),
        ({"board": state.about(board)}, IssuerNotTrusted),
        # The subject names another superior.
        ({"board": board.configuration(authority_hints=[OTHER])}, IssuerNotTrusted),
        ({"board": board.configuration(authority_hints=None)}, IssuerNotTrusted),
        # Not in force.
        ({"board": board.configuration(exp=NOW.seconds)}, IssuerNotTrusted),
        ({"state": state.about(board, iat=NOW.seconds + 1)}, IssuerNotTrusted),
        ({"anchor": anchor.about(state, exp=NOW.seconds - 1)}, IssuerNotTrusted),
        ({"top": anchor.configuration(exp=NOW.seconds)}, IssuerNotTrusted),
        # Keys that nobody above states.
        ({"state": state.about(board, jwks=other.jwks)}, InvalidVerificationMethod),
        ({"anchor": anchor.about(state, jwks=board.jwks)}, InvalidVerificationMethod),
        ({"top": anchor.configuration(jwks=other.jwks)}, InvalidVerificationMethod),
        ({"board": board.configuration(jwks=other.jwks)}, InvalidVerificationMethod),
    ],
)
def test_a_chain_with_a_wrong_link_is_worth_nothing(
    changes: dict[str, str], error: type[MedidError]
) -> None:
    with pytest.raises(error):
        valid(*chain_of(**changes))


def forged(token: str) -> str:
    head, body, signature = token.split(".")
    turned = ("B" if signature[0] == "A" else "A") + signature[1:]
    return f"{head}.{body}.{turned}"


@pytest.mark.parametrize("name", ["board", "state", "anchor", "top"])
def test_every_signature_of_a_chain_is_checked(name: str) -> None:
    parts = dict(zip(("board", "state", "anchor", "top"), chain_of(), strict=True))
    with pytest.raises(InvalidSignature) as refused:
        valid(*chain_of(**{name: forged(parts[name])}))
    assert refused.value.path.startswith("$.trustChain[")


def test_the_anchor_is_known_by_the_keys_that_were_received_out_of_band() -> None:
    stranger = entity(ANCHOR)
    tokens = chain_of(anchor=stranger.about(state), top=stranger.configuration())
    with pytest.raises(InvalidSignature):
        valid(*tokens)
    renamed = entity(ANCHOR)
    renamed.key = PrivateKey.generate(KeyKind.P256)
    with pytest.raises(WeakCryptography):
        valid(renamed.configuration())
    # A key that the anchor does not state any more ends it as well.
    gone = anchor.configuration(jwks=renamed.jwks)
    with pytest.raises(MedidError):
        valid(*chain_of(top=gone))


@pytest.mark.parametrize(
    ("believed", "stated", "place"),
    [
        (("old", "new"), ("old", "new"), None),
        # The anchor's own statement is signed with the old key, the other with the new.
        (("old", "new"), ("new",), "[3]"),
        (("old", "new"), ("old",), "[2]"),
        (("old",), ("old", "new"), "[2]"),
        (("new",), ("old", "new"), "[3]"),
    ],
)
def test_the_anchor_signs_with_keys_that_are_believed_and_that_it_states(
    believed: tuple[str, ...], stated: tuple[str, ...], place: str | None
) -> None:
    pair = {"old": anchor.key, "new": PrivateKey.generate(KeyKind.ED25519)}
    known = Anchor(
        entity=ANCHOR, keys={name: pair[name].public_key for name in believed}
    )
    listed = [{**pair[name].public_key.to_jwk(), "kid": name} for name in stated]
    own = {
        **read_statement(anchor.configuration()).claims,
        "jwks": {"keys": listed},
    }
    about = read_statement(anchor.about(state)).claims
    tokens = chain_of(
        anchor=Entity(name=ANCHOR, key=pair["new"]).sign(about, kid="new"),
        top=Entity(name=ANCHOR, key=pair["old"]).sign(own, kid="old"),
    )
    if place is None:
        assert validate(read(*tokens), known, at=NOW).subject == BOARD
        return
    with pytest.raises(InvalidVerificationMethod) as refused:
        validate(read(*tokens), known, at=NOW)
    assert refused.value.path.startswith(f"$.trustChain{place}")


def test_a_chain_to_another_anchor_with_the_same_keys_is_none() -> None:
    twin = Entity(name="https://twin.example", key=anchor.key)
    lower = entity(BOARD, twin.name)
    tokens = [
        lower.configuration(),
        twin.sign(read_statement(twin.about(lower)).claims, kid=anchor.kid),
        twin.sign(
            {**read_statement(twin.configuration()).claims, "jwks": anchor.jwks},
            kid=anchor.kid,
        ),
    ]
    with pytest.raises(IssuerNotTrusted, match="another anchor"):
        valid(*tokens)
    named = Anchor(entity=twin.name, keys=anchor.anchor().keys)
    assert validate(read(*tokens), named, at=NOW).subject == BOARD


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([anchor.about(board)], "begins and ends"),
        (
            [state.about(board), anchor.about(state), anchor.configuration()],
            "begins and ends",
        ),
        (chain_of(top=anchor.about(other)), "begins and ends"),
        (
            [
                other.configuration(),
                other.configuration(),
                anchor.about(other),
                anchor.configuration(),
            ],
            "somebody else",
        ),
    ],
    ids=["one", "first", "last", "itself"],
)
def test_between_both_ends_nobody_speaks_of_himself(
    tokens: list[str], message: str
) -> None:
    with pytest.raises(IssuerNotTrusted, match=message):
        valid(*tokens)


def test_the_keys_of_the_subject_are_those_that_its_superior_states() -> None:
    added = {**PrivateKey.generate(KeyKind.P256).public_key.to_jwk(), "kid": "added"}
    both = {"keys": [*board.jwks["keys"], added]}
    found = valid(*chain_of(board=board.configuration(jwks=both)))
    assert [*found.configuration.keys] == [board.kid, "added"]
    assert [*found.keys] == [board.kid]


def test_the_length_of_a_chain_is_bounded_and_no_entity_stands_twice() -> None:
    for tokens in ([], chain_of()[:2], [board.configuration(), anchor.configuration()]):
        with pytest.raises(IssuerNotTrusted):
            valid(*tokens)
    names = [f"https://e{index}.example" for index in range(MAX_CHAIN)]
    row = [
        entity(one, two) for one, two in zip(names, [*names[1:], ANCHOR], strict=True)
    ]

    def links(count: int) -> list[str]:
        part = [*row[-count:], anchor]
        about = [upper.about(lower) for lower, upper in pairwise(part)]
        return [part[0].configuration(), *about, anchor.configuration()]

    assert len(valid(*links(MAX_CHAIN - 2)).entities) == MAX_CHAIN - 1
    with pytest.raises(IssuerNotTrusted, match="3 to"):
        valid(*links(MAX_CHAIN - 1))
    one, two = entity(BOARD, STATE), entity(STATE, BOARD, ANCHOR)
    loop = [
        one.configuration(),
        two.about(one),
        one.about(two),
        two.about(one),
        anchor.about(two),
        anchor.configuration(),
    ]
    with pytest.raises(IssuerNotTrusted, match="twice"):
        valid(*loop)


def test_metadata_is_what_every_superior_lets_stand() -> None:
    own = {
        "openid_credential_issuer": {"name": "Board", "formats": ["a", "b"], "x": 1},
        "oauth_client": {"name": "Board"},
        "federation_entity": {"federation_fetch_endpoint": board.fetch},
    }
    found = valid(
        board.configuration(metadata=own),
        state.about(
            board,
            metadata={
                "openid_credential_issuer": {"name": "Board of Ohio"},
                "openid_provider": {"name": "none"},
            },
            metadata_policy={
                "openid_credential_issuer": {"formats": {"subset_of": ["a"]}}
            },
        ),
        anchor.about(
            state,
            metadata_policy={
                "openid_credential_issuer": {
                    "x": {"value": None},
                    "formats": {"subset_of": ["a", "b"], "essential": True},
                }
            },
            constraints={"allowed_entity_types": ["openid_credential_issuer"]},
        ),
        anchor.configuration(),
    )
    assert found.metadata == {
        "openid_credential_issuer": {"name": "Board of Ohio", "formats": ["a"]},
        "federation_entity": {"federation_fetch_endpoint": board.fetch},
    }
    policy = {"federation_entity": {"federation_fetch_endpoint": {"value": "a"}}}
    other_policy = {"federation_entity": {"federation_fetch_endpoint": {"value": "b"}}}
    with pytest.raises(IssuerNotTrusted, match="disagree"):
        valid(
            *chain_of(
                state=state.about(board, metadata_policy=policy),
                anchor=anchor.about(state, metadata_policy=other_policy),
            )
        )


@pytest.mark.parametrize(
    ("who", "constraints", "holds"),
    [
        ("anchor", {"max_path_length": 1}, True),
        ("anchor", {"max_path_length": 0}, False),
        ("state", {"max_path_length": 0}, True),
        ("anchor", {"naming_constraints": {"permitted": [".example"]}}, True),
        ("anchor", {"naming_constraints": {"permitted": ["board.example"]}}, False),
        (
            "anchor",
            {"naming_constraints": {"permitted": ["board.example", "STATE.example"]}},
            True,
        ),
        ("state", {"naming_constraints": {"permitted": ["board.example"]}}, True),
        ("state", {"naming_constraints": {"permitted": [".board.example"]}}, False),
        ("state", {"naming_constraints": {"permitted": ["oard.example"]}}, False),
        ("state", {"naming_constraints": {"excluded": ["oard.example"]}}, True),
        ("state", {"naming_constraints": {"permitted": []}}, False),
        ("state", {"naming_constraints": {"excluded": []}}, True),
        ("anchor", {"naming_constraints": {"excluded": ["board.example"]}}, False),
        ("anchor", {"naming_constraints": {"excluded": [".EXAMPLE"]}}, False),
        (
            "state",
            {
                "naming_constraints": {
                    "permitted": [".example"],
                    "excluded": [".example"],
                }
            },
            False,
        ),
        ("anchor", {"allowed_entity_types": []}, True),
        ("anchor", {"unknown": 1}, True),
    ],
)
def test_constraints_are_held_against_everyone_below(
    who: str, constraints: dict[str, Any], holds: bool
) -> None:
    made = {
        "state": lambda: state.about(board, constraints=constraints),
        "anchor": lambda: anchor.about(state, constraints=constraints),
    }
    tokens = chain_of(**{who: made[who]()})
    if holds:
        assert valid(*tokens).subject == BOARD
        return
    with pytest.raises(IssuerNotTrusted) as refused:
        valid(*tokens)
    assert ".constraints." in refused.value.path


@pytest.mark.parametrize(
    "constraints",
    [
        {"max_path_length": -1},
        {"max_path_length": True},
        {"max_path_length": "1"},
        {"naming_constraints": []},
        {"naming_constraints": {"permitted": "a"}},
        {"naming_constraints": {"excluded": [1]}},
        # None of these would ever match, so the board would not be excluded.
        *(
            {"naming_constraints": {which: [name]}}
            for which in ("excluded", "permitted")
            for name in (
                "https://board.example",
                "board.example:443",
                "board.example/",
                "board.example.",
                "*.example",
                " board.example",
                "..example",
                ".",
                "b\u00f6ard.example",
            )
        ),
        {"allowed_entity_types": "a"},
        {"allowed_entity_types": [""]},
        {"allowed_entity_types": None},
        {"allowed_entity_types": ["federation_entity"]},
        [],
    ],
)
def test_constraints_that_are_none_end_the_chain(constraints: Any) -> None:
    with pytest.raises(MalformedValue) as refused:
        valid(*chain_of(state=state.about(board, constraints=constraints)))
    assert refused.value.path.startswith("$.trustChain[1].constraints")
