"""Whatever is disclosed verifies, and whatever is changed does not."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from medid.errors import InvalidSignature, MalformedProof, MedidError
from medid.keys import bbs
from medid.keys.bbs import blind, octets, pseudonym
from tests.keys.bbs.material import (
    HEADER,
    MESSAGES,
    PH,
    PUBLIC,
    SECRET,
    R,
    proof,
    seeded,
)
from tests.support import examples

SUITES = st.sampled_from([bbs.SHA_256, bbs.SHAKE_256])
LISTS = st.lists(st.binary(max_size=40), max_size=7)
OCTETS = st.binary(max_size=100)
PROOF = proof([1, 2, 5])
SCALARS = st.integers(1, R - 1).map(lambda number: number.to_bytes(32, "big"))


@st.composite
def messages_and_indexes(draw: st.DrawFn) -> tuple[list[bytes], list[int]]:
    messages = draw(LISTS)
    places = st.integers(0, len(messages) - 1) if messages else st.nothing()
    return messages, sorted(draw(st.sets(places)))


@settings(max_examples=examples(20))
@given(messages_and_indexes(), OCTETS, OCTETS, SUITES, st.binary(max_size=8))
def test_any_disclosure_verifies(
    drawn: tuple[list[bytes], list[int]],
    header: bytes,
    presentation_header: bytes,
    suite: bbs.Suite,
    seed: bytes,
) -> None:
    messages, indexes = drawn
    before = [list(messages), list(indexes)]
    signature = bbs.sign(secret=SECRET, header=header, messages=messages, suite=suite)
    common: dict[str, Any] = {
        "public": PUBLIC,
        "header": header,
        "presentation_header": presentation_header,
        "disclosed_indexes": indexes,
        "suite": suite,
    }
    made = bbs.proof_gen(
        **common, signature=signature, messages=messages, entropy=seeded(seed)
    )
    shown = [messages[index] for index in indexes]
    bbs.proof_verify(**common, proof=made, disclosed_messages=shown)
    assert [messages, indexes] == before
    assert octets.write_proof(octets.read_proof(made)) == made


@settings(max_examples=examples(15))
@given(
    messages_and_indexes(),
    messages_and_indexes(),
    st.integers(1, 3),
    st.sampled_from(list(pseudonym.Revision)),
    OCTETS,
    SUITES,
)
def test_any_disclosure_of_both_with_a_pseudonym_verifies(
    drawn: tuple[list[bytes], list[int]],
    held: tuple[list[bytes], list[int]],
    count: int,
    revision: pseudonym.Revision,
    context_id: bytes,
    suite: bbs.Suite,
) -> None:
    messages, indexes = drawn
    committed, committed_indexes = held
    count = 1 if revision is pseudonym.Revision.DRAFT_01 else count
    entropy = seeded(b"property")
    common: dict[str, Any] = {"suite": suite, "revision": revision}
    nyms = [pseudonym.new_nym(entropy) for _ in range(count)]
    left = pseudonym.commit(
        prover_nyms=nyms, committed_messages=committed, entropy=entropy, **common
    )
    added = pseudonym.new_nym(entropy)
    signature = pseudonym.sign(
        secret=SECRET,
        header=HEADER,
        messages=messages,
        commitment_with_proof=left.commitment_with_proof,
        signer_nym_entropy=added,
        length_nym_vector=count,
        **common,
    )
    mine: dict[str, Any] = {
        "public": PUBLIC,
        "signature": signature,
        "header": HEADER,
        "messages": messages,
        "committed_messages": committed,
        "secret_prover_blind": left.secret_prover_blind,
        **common,
    }
    secrets = pseudonym.finalize(**mine, prover_nyms=nyms, signer_nym_entropy=added)
    made, name = pseudonym.proof_gen(
        **mine,
        nym_secrets=secrets,
        context_id=context_id,
        presentation_header=PH,
        disclosed_indexes=indexes,
        disclosed_committed_indexes=committed_indexes,
        entropy=entropy,
    )
    pseudonym.proof_verify(
        public=PUBLIC,
        proof=made,
        header=HEADER,
        presentation_header=PH,
        pseudonym=name,
        context_id=context_id,
        length_nym_vector=count,
        signer_messages=len(messages),
        disclosed_messages=[messages[index] for index in indexes],
        disclosed_indexes=indexes,
        disclosed_committed_messages=[committed[i] for i in committed_indexes],
        disclosed_committed_indexes=committed_indexes,
        **common,
    )


def refused(data: bytes, **changes: Any) -> None:
    """The proof is refused, with an error of the right kind."""
    given = {
        "public": PUBLIC,
        "header": HEADER,
        "presentation_header": PH,
        "disclosed_messages": [MESSAGES[1], MESSAGES[2], MESSAGES[5]],
        "disclosed_indexes": [1, 2, 5],
        **changes,
    }
    error: MedidError | None = None
    try:
        bbs.proof_verify(proof=data, **given)
    except MedidError as caught:
        error = caught
    assert error is not None


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """The proof with a piece replaced, removed or added."""
    start = draw(st.integers(0, len(PROOF)))
    size = draw(st.sampled_from([0, 1, 16, 32, 48, 64]))
    piece = draw(st.binary(max_size=64) | SCALARS | st.just(PROOF[start - 32 : start]))
    return PROOF[:start] + piece + PROOF[start + size :]


@settings(max_examples=examples(60))
@given(mutations())
def test_any_mutation_of_a_proof_is_refused(data: bytes) -> None:
    if data != PROOF:
        refused(data)


@settings(max_examples=examples(30))
@given(st.lists(SCALARS, min_size=7, max_size=7))
def test_other_scalars_of_the_right_form_are_refused(scalars: list[bytes]) -> None:
    """Past every check of form, where only the challenge is left to differ."""
    data = PROOF[:144] + b"".join(scalars)
    octets.read_proof(data)
    error: MedidError | None = None
    try:
        refused(data)
        bbs.proof_verify(
            public=PUBLIC,
            proof=data,
            header=HEADER,
            presentation_header=PH,
            disclosed_messages=[MESSAGES[1], MESSAGES[2], MESSAGES[5]],
            disclosed_indexes=[1, 2, 5],
        )
    except MedidError as caught:
        error = caught
    assert type(error) is InvalidSignature


JUNK = st.lists(st.integers() | st.booleans() | st.none(), max_size=4)


@settings(max_examples=examples(60))
@given(JUNK, LISTS, st.binary(max_size=96), st.integers(), OCTETS)
def test_only_medid_errors_escape(
    indexes: list[Any], messages: list[bytes], raw: bytes, count: int, data: bytes
) -> None:
    refused(PROOF, disclosed_indexes=indexes, disclosed_messages=messages)
    refused(PROOF, public=raw)
    refused(data)
    common: dict[str, Any] = {
        "public": PUBLIC,
        "header": HEADER,
        "presentation_header": PH,
        "proof": PROOF,
        "signer_messages": count,
        "disclosed_messages": messages,
        "disclosed_indexes": indexes,
    }
    attempts: list[Any] = [
        lambda: blind.proof_verify(**common),
        lambda: pseudonym.proof_verify(**common, pseudonym=raw, context_id=data),
        lambda: blind.sign(
            secret=SECRET, header=b"", messages=[], commitment_with_proof=data
        ),
    ]
    for attempt in attempts:
        error: MedidError | None = None
        try:
            attempt()
        except MedidError as caught:
            error = caught
        assert isinstance(error, MalformedProof)
