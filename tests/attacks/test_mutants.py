"""Any single change of a signed document costs it its verification."""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from medid.cli.main import run
from tests.attacks.case import NOW, Doc
from tests.attacks.documents import (
    BOARD,
    BOARD_256,
    DOCTOR,
    NONCE,
    PATIENT,
    consent_draft,
    example,
    legacy,
    license_draft,
    plain,
    presentation,
    presented,
)
from tests.attacks.groups.hybrid import both
from tests.attacks.honest import proof_chain, proof_set, signed, signed_rdfc
from tests.attacks.lists import status_list
from tests.attacks.mutate import (
    Path as Way,
)
from tests.attacks.mutate import (
    added,
    at,
    leaves,
    members,
    objects,
    removed,
    renamed,
    replaced,
)
from tests.attacks.quantum import ASKED, WEB, WEB_URL, board_document
from tests.attacks.tokens import (
    AUDIENCE,
    bound,
    disclosures,
    sd_claims,
    sd_jwt,
    vc_jwt,
    vp_jwt,
)
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.campaign

ARGS: Final = ("--challenge", NONCE, "--domain", "hospital.example")
NAMES: Final = (
    "extra",
    "description",
    "name",
    "@id",
    "@type",
    "@graph",
    "@nest",
    "@included",
    "https://schema.org/name",
    "validUntil",
    "validFrom",
    "credentialStatus",
    "proof",
    "holder",
    "evidence",
    "adverseAction",
    "condition",
    "",
)


@functools.cache
def documents() -> tuple[Doc, ...]:
    """Valid documents of every kind that a Data Integrity proof secures."""
    credential = signed(plain(), BOARD)
    claims = {"dose": 7, "flag": True, "ward": {"floor": [1, 2]}}
    return (
        credential,
        signed_rdfc(plain(name="License"), BOARD),
        signed_rdfc(license_draft(), BOARD),
        signed(license_draft(), BOARD),
        signed_rdfc(consent_draft(), PATIENT),
        signed(consent_draft(), PATIENT),
        signed_rdfc(example(claims=claims), BOARD),
        signed_rdfc(legacy(), BOARD),
        proof_set(plain(), BOARD, DOCTOR),
        proof_set(plain(), BOARD, DOCTOR, cryptosuite="eddsa-rdfc-2022"),
        proof_chain(plain(), BOARD, DOCTOR, suite="eddsa-rdfc-2022"),
        status_list(3),
        presented(credential),
        presented(signed_rdfc(license_draft(), BOARD), credential),
        both(),
        both(license_draft(WEB)),
    )


def args_of(document: Doc) -> tuple[str, ...]:
    """What is expected of ``document`` when it is presented, or of its two proofs."""
    if "VerifiablePresentation" in document["type"]:
        return ARGS
    return ASKED if document["issuer"] == WEB else ()


def exit_code(text: str, *args: str) -> int:
    """What ``medid verify`` answers for a file with this text."""
    with TemporaryDirectory() as folder:
        file, board = Path(folder) / "document.json", Path(folder) / "did.json"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        board.write_text(json.dumps(board_document()))
        argv = ["verify", str(file), "--json", "--offline", "--now", NOW, *args]
        argv += ["--document", f"{WEB_URL}={board}"]
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            code = run(argv)
    assert "Traceback" not in shown.getvalue()
    return code


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: 7 is 7.0, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


scalars: Final = (
    st.none()
    | st.booleans()
    | st.integers(-10, 10)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        (NOW, "2020-01-01T00:00:00Z", BOARD.did, PATIENT.did, DOCTOR.method)
    )
)
values: Final = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)
    ),
    max_leaves=4,
)


def ways(found: Any) -> list[Way]:
    """The ways among ``found`` that do not enter a context."""
    return [way for way in found if "@context" not in way]


@st.composite
def mutants(draw: st.DrawFn) -> tuple[Doc, Doc]:
    """A valid document, and a copy with one change of any kind."""
    document = draw(st.sampled_from(documents()))
    kind = draw(st.sampled_from(("leaf", "member", "remove", "rename", "add", "edit")))
    if kind == "leaf":
        way = draw(st.sampled_from(ways(way for way, _ in leaves(document))))
        return document, replaced(document, way, draw(values))
    if kind == "edit":
        texts = [way for way, leaf in leaves(document) if isinstance(leaf, str)]
        way = draw(st.sampled_from(ways(texts)))
        return document, replaced(document, way, draw(edits(at(document, way))))
    if kind == "add":
        way = draw(st.sampled_from(ways(objects(document))))
        name = draw(st.sampled_from(NAMES) | st.text(max_size=6))
        assume(name not in at(document, way))
        return document, added(document, way, name, draw(values))
    way = draw(st.sampled_from(ways(members(document))))
    if kind == "remove":
        return document, removed(document, way)
    if kind == "member":
        return document, replaced(document, way, draw(values))
    name = draw(st.sampled_from(NAMES) | st.text(max_size=6))
    assume(name not in at(document, way[:-1]))
    return document, renamed(document, way, name)


@st.composite
def edits(draw: st.DrawFn, text: str) -> str:
    """``text`` with one character changed, put in or taken out."""
    place = draw(st.integers(0, len(text)))
    letter = draw(st.characters(codec="utf-8") | st.sampled_from(" \t\n\x00\u200b%:#"))
    kind = draw(st.sampled_from(("put", "change", "cut")))
    if kind == "put":
        return text[:place] + letter + text[place:]
    return text[:place] + ("" if kind == "cut" else letter) + text[place + 1 :]


@given(mutants())
@settings(max_examples=examples(200), deadline=None)
def test_no_single_change_is_verified(pair: tuple[Doc, Doc]) -> None:
    document, mutant = pair
    assume(not same(document, mutant))
    # One subject, credential or proof is the same as an array of it.
    assume(not same(unwrapped(document), unwrapped(mutant)))
    assert exit_code(json.dumps(mutant), *args_of(document)) in {1, 3}


def unwrapped(value: Any) -> Any:
    """``value`` with arrays of one as their element, and without empty ones.

    RDF knows neither; medid tells of an empty array that no signature covers.
    """
    if isinstance(value, list):
        content = [unwrapped(element) for element in value]
        return content[0] if len(content) == 1 else content
    if isinstance(value, dict):
        return {name: unwrapped(one) for name, one in value.items() if one != []}
    return value


@given(st.data())
@settings(max_examples=examples(30), deadline=None)
def test_another_text_of_the_same_value_is_verified(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(documents()))
    text = json.dumps(
        shuffled(copy.deepcopy(original), data.draw),
        ensure_ascii=data.draw(st.booleans()),
        indent=data.draw(st.sampled_from((None, 0, 1, 7, "\t"))),
        separators=data.draw(st.sampled_from((None, (",", ":"), (" , ", " :\n")))),
    )
    assert exit_code(text, *args_of(original)) == 0


def shuffled(value: Any, draw: Callable[[Any], Any]) -> Any:
    """``value`` with the members of every object in another order."""
    if isinstance(value, dict):
        names = draw(st.permutations(list(value)))
        return {name: shuffled(value[name], draw) for name in names}
    if isinstance(value, list):
        return [shuffled(element, draw) for element in value]
    return value


@functools.cache
def tokens() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Valid JWTs and SD-JWTs, with what is expected of them."""
    demands = ("--nonce", NONCE, "--audience", AUDIENCE, "--require-key-binding")
    text = sd_jwt(sd_claims(*disclosures()), *disclosures())
    claims = {**presentation(signed(plain(), BOARD)), "nonce": NONCE, "aud": AUDIENCE}
    return (
        (vc_jwt(plain()), ()),
        (vc_jwt(plain(BOARD_256.did), BOARD_256), ()),
        (vp_jwt(claims), demands[:4]),
        (text, ()),
        (bound(text), demands),
    )


@given(st.data())
@settings(max_examples=examples(100), deadline=None)
def test_no_changed_letter_of_a_token_is_verified(data: st.DataObject) -> None:
    token, args = data.draw(st.sampled_from(tokens()))
    mutant = data.draw(edits(token))
    assume(mutant.strip(" \t\r\n") != token)
    # A signature and a disclosure may be left out, where that is no forgery.
    assume(not token.startswith(mutant.rstrip("~") + "~"))
    assert exit_code(mutant, *args) in {1, 3}


@given(st.data())
@settings(max_examples=examples(100), deadline=None)
def test_no_changed_letter_of_a_document_is_verified(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(documents()))
    text = data.draw(edits(json.dumps(document)))
    with contextlib.suppress(ValueError):
        assume(not same(json.loads(text), document))
    assert exit_code(text, *args_of(document)) in {1, 3}
