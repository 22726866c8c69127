"""Every fixture of draft-irtf-cfrg-bbs-signatures, under both ciphersuites."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import InvalidSignature, MalformedProof
from medid.keys import bbs
from medid.keys.bbs import core, curve, interface
from medid.keys.bbs.keypair import load_public
from medid.keys.bbs.octets import read_proof, serialize
from tests.keys.bbs.material import SUITES, R, ietf, mocked, octets
from tests.support import agreed

if TYPE_CHECKING:
    from pathlib import Path

SIGNATURES = [f"{number:03}" for number in range(1, 11)]
PROOFS = [f"{number:03}" for number in range(1, 16)]
MISCELLANEOUS = [
    "MapMessageToScalarAsHash.json",
    "generators.json",
    "h2s.json",
    "keypair.json",
    "mockedRng.json",
]

every_suite = pytest.mark.parametrize("suite", SUITES)


def read(path: Path) -> Any:
    agreed("ietf-bbs-fixtures", path.relative_to(ietf(".")))
    return json.loads(path.read_text("utf-8"))


def unhex(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def compressed(*points: Any) -> list[str]:
    return [point.to_compressed_bytes().hex() for point in points]


@every_suite
def test_no_fixture_is_left_out(suite: str) -> None:
    folder = ietf(suite)
    found = {str(path.relative_to(folder)) for path in folder.rglob("*.json")}
    assert found == {
        *MISCELLANEOUS,
        *(f"signature/signature{number}.json" for number in SIGNATURES),
        *(f"proof/proof{number}.json" for number in PROOFS),
    }
    assert len(found) * len(SUITES) == 60


@every_suite
@pytest.mark.parametrize("number", SIGNATURES)
def test_signature(suite: str, number: str) -> None:
    case = read(ietf(suite) / f"signature/signature{number}.json")
    keys = case["signerKeyPair"]
    public, header = bytes.fromhex(keys["publicKey"]), bytes.fromhex(case["header"])
    messages = unhex(case["messages"])
    given = bytes.fromhex(case["signature"])
    chosen = SUITES[suite]

    def verify() -> None:
        bbs.verify(
            public=public,
            signature=given,
            header=header,
            messages=messages,
            suite=chosen,
        )

    if not case["result"]["valid"]:
        with pytest.raises(InvalidSignature):
            verify()
        return
    verify()
    secret = bytes.fromhex(keys["secretKey"])
    made = bbs.sign(secret=secret, header=header, messages=messages, suite=chosen)
    assert made == given
    api = interface.core_interface(chosen)
    about = interface.statement(api, public, header, messages=len(messages))
    assert about.domain.to_be_bytes().hex() == case["trace"]["domain"]
    b = curve.combined(*about.terms(api.scalars(messages), curve.number(1)))
    assert compressed(b) == [case["trace"]["B"]]


@every_suite
def test_there_are_three_valid_signatures(suite: str) -> None:
    cases = [read(path) for path in (ietf(suite) / "signature").iterdir()]
    assert sum(case["result"]["valid"] for case in cases) == 3


def judge(suite: str, case: Any) -> None:
    messages, indexes = unhex(case["messages"]), case["disclosedIndexes"]
    bbs.proof_verify(
        public=bytes.fromhex(case["signerPublicKey"]),
        proof=bytes.fromhex(case["proof"]),
        header=bytes.fromhex(case["header"]),
        presentation_header=bytes.fromhex(case["presentationHeader"]),
        disclosed_messages=[messages[index] for index in indexes],
        disclosed_indexes=indexes,
        suite=SUITES[suite],
    )


def random_scalars(suite: str, count: int) -> Any:
    rng = read(ietf(suite) / "mockedRng.json")
    seed, dst = bytes.fromhex(rng["seed"]), bytes.fromhex(rng["dst"])
    return mocked(SUITES[suite], seed, dst, count)


@every_suite
@pytest.mark.parametrize("number", PROOFS)
def test_proof(suite: str, number: str) -> None:
    case = read(ietf(suite) / f"proof/proof{number}.json")
    if not case["result"]["valid"]:
        with pytest.raises(MalformedProof):
            judge(suite, case)
        return
    judge(suite, case)
    messages, indexes = unhex(case["messages"]), case["disclosedIndexes"]
    made = bbs.proof_gen(
        public=bytes.fromhex(case["signerPublicKey"]),
        signature=bytes.fromhex(case["signature"]),
        header=bytes.fromhex(case["header"]),
        presentation_header=bytes.fromhex(case["presentationHeader"]),
        messages=messages,
        disclosed_indexes=indexes,
        suite=SUITES[suite],
        entropy=random_scalars(suite, 5 + len(messages) - len(indexes)),
    )
    assert made.hex() == case["proof"]


@every_suite
def test_there_are_five_valid_proofs(suite: str) -> None:
    cases = [read(path) for path in (ietf(suite) / "proof").iterdir()]
    assert sum(case["result"]["valid"] for case in cases) == 5


@every_suite
@pytest.mark.parametrize("number", ["001", "002", "003", "014", "015"])
def test_trace_of_a_proof(suite: str, number: str) -> None:
    case = read(ietf(suite) / f"proof/proof{number}.json")
    trace, indexes = case["trace"], case["disclosedIndexes"]
    messages = unhex(case["messages"])
    header = bytes.fromhex(case["header"])
    api = interface.core_interface(SUITES[suite])
    public = bytes.fromhex(case["signerPublicKey"])
    about = interface.statement(api, public, header, messages=len(messages))
    scalars = api.scalars([messages[index] for index in indexes])
    shown = core.Shown(indexes, scalars, bytes.fromhex(case["presentationHeader"]))
    proof = read_proof(bytes.fromhex(case["proof"]))
    initial = core.proof_verify_init(about, proof, shown)
    names = ("A_bar", "B_bar", "D", "T1", "T2")
    assert compressed(*initial) == [trace[name] for name in names]
    assert about.domain.to_be_bytes().hex() == trace["domain"]
    c = core.challenge(about, initial, shown)
    assert c.to_be_bytes().hex() == trace["challenge"]
    core.conclude(proof, load_public(public), c)


@every_suite
def test_messages_to_scalars(suite: str) -> None:
    case = read(ietf(suite) / "MapMessageToScalarAsHash.json")
    api = interface.core_interface(SUITES[suite])
    assert case["dst"] == (api.api_id + b"MAP_MSG_TO_SCALAR_AS_HASH_").hex()
    messages = unhex([one["message"] for one in case["cases"]])
    assert len(messages) == 10
    found = [scalar.to_be_bytes().hex() for scalar in api.scalars(messages)]
    assert found == [one["scalar"] for one in case["cases"]]


@every_suite
def test_hash_to_scalar(suite: str) -> None:
    case = read(ietf(suite) / "h2s.json")
    octets_in, dst = bytes.fromhex(case["message"]), bytes.fromhex(case["dst"])
    found = SUITES[suite].hash_to_scalar(octets_in, dst)
    assert found.to_be_bytes().hex() == case["scalar"]


@every_suite
def test_generators(suite: str) -> None:
    case = read(ietf(suite) / "generators.json")
    api = interface.core_interface(SUITES[suite])
    expected = [case["Q1"], *case["MsgGenerators"]]
    assert len(expected) == 11
    assert compressed(api.p1) == [case["P1"]]
    for count in range(12):
        found = api.generators(count)
        assert compressed(*found.points) == expected[:count]
        assert found.octets == b"".join(unhex(expected[:count]))


@every_suite
def test_key_pair(suite: str) -> None:
    case = read(ietf(suite) / "keypair.json")
    chosen = SUITES[suite]
    secret = bbs.key_gen(
        key_material=bytes.fromhex(case["keyMaterial"]),
        key_info=bytes.fromhex(case["keyInfo"]),
        key_dst=bytes.fromhex(case["keyDst"]),
        suite=chosen,
    )
    assert secret.hex() == case["keyPair"]["secretKey"]
    assert bbs.public_of(secret).hex() == case["keyPair"]["publicKey"]


@every_suite
def test_mocked_random_scalars(suite: str) -> None:
    case = read(ietf(suite) / "mockedRng.json")
    count = case["count"]
    assert count == len(case["mockedScalars"]) == 10
    draw = random_scalars(suite, count)
    scalars = [curve.reduced(draw(48)) for _ in range(count)]
    written = serialize([], scalars)
    assert written == b"".join(octets(text) for text in case["mockedScalars"])
    assert all(0 < int(scalar) < R for scalar in scalars)
