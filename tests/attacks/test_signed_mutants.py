"""Whatever a party signs, and whatever a host serves, gets an answer, not a crash.

The changes are made before signing: they reach every check behind the signature.
"""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.cli.main import run
from tests.attacks.case import NOW, Doc, as_bytes
from tests.attacks.documents import (
    BOARD,
    DOCTOR,
    NONCE,
    consent_draft,
    did_document,
    example,
    legacy,
    license_draft,
    plain,
    presentation,
)
from tests.attacks.honest import make_proof, signed
from tests.attacks.lists import LIST, draft_list, entry, status_list, with_status
from tests.attacks.mutate import leaves, members, objects, removed, renamed, replaced
from tests.attacks.tokens import (
    AUDIENCE,
    VCT,
    disclosures,
    header,
    jws,
    key_binding,
    sd_claims,
)
from tests.support import examples

if TYPE_CHECKING:
    from tests.attacks.mutate import Path as Way

pytestmark = pytest.mark.campaign

WEB: Final = "did:web:board.example"
WEB_URL: Final = "https://board.example/.well-known/did.json"
PRESENTED: Final = ("--nonce", NONCE, "--audience", AUDIENCE, "--vct", VCT)
NAMES: Final = (
    *("id", "type", "@context", "issuer", "credentialSubject", "credentialStatus"),
    *("credentialSchema", "relatedResource", "evidence", "proof", "name", "@value"),
    *("validFrom", "validUntil", "statusPurpose", "statusListIndex", "statusSize"),
    *("iss", "sub", "exp", "nbf", "iat", "cnf", "vct", "aud", "nonce", "_sd", "..."),
    *("jwk", "kid", "crit", "typ", "status", "digestSRI", "statusMessage", "x"),
)
scalars: Final = st.sampled_from(
    (
        *(None, True, False, 0, -1, 7, 10**30, 0.5, 1e308, "", " ", "x", "\ud800"),
        *("did:", "did:key:z", "did:web:a", "https://", "https://[", "urn:x:1"),
        *("2026-06-15T12:00:00Z", "2026-13-01T00:00:00Z", "\u0669", "-1", "1" * 400),
        *(BOARD.did, BOARD.method, LIST, WEB, "sha384-", "sha256-AAAA", "u", "z"),
        *("BitstringStatusListEntry", "JsonSchema", "revocation", "@json", "@type"),
    )
)
values: Final = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def changed(draw: st.DrawFn, document: Doc) -> Doc:
    """``document`` after one to three changes of any kind, valid or not."""
    for _ in range(draw(st.integers(1, 3))):
        ways = [*members(document), *(way for way, _ in leaves(document))]
        way: Way = draw(st.sampled_from([way for way in ways if way]))
        kind = draw(st.sampled_from(("replace", "remove", "rename", "add", "wrap")))
        document = _change(draw, document, way, kind)
        if not document:
            break
    return document


def _change(draw: st.DrawFn, document: Doc, way: Way, kind: str) -> Doc:
    if kind == "add":
        place = draw(st.sampled_from(list(objects(document))))
        name = draw(st.sampled_from(NAMES))
        return replaced(document, (*place, name), draw(values))
    if kind == "remove":
        return removed(document, way)
    if kind == "rename" and isinstance(way[-1], str):
        return renamed(document, way, draw(st.sampled_from(NAMES)))
    value: Any = document
    for step in way:
        value = value[step]
    if kind == "wrap":
        shapes = ([value], {"x": value}, [value, value], {"@value": value}, [[value]])
        return replaced(document, way, draw(st.sampled_from(shapes)))
    return replaced(document, way, draw(values))


def answered(
    content: Doc | bytes | str, *args: str, evidence: dict[str, Any] | None = None
) -> None:
    """Verify ``content``; the answer may be any, but there must be one."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "document.json"
        file.write_bytes(_bytes(content))
        argv = ["verify", str(file), "--json", "--offline", "--now", NOW, *args]
        for number, (url, document) in enumerate((evidence or {}).items()):
            served = Path(folder) / f"{number}.json"
            served.write_bytes(_bytes(document))
            argv += ["--document", f"{url}={served}"]
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            code = run(argv)
    assert code in {0, 1, 3}, shown.getvalue()
    answer = json.loads(shown.getvalue())
    assert answer["verified"] is (code == 0)
    assert bool(answer["errors"]) is (code != 0)


def _bytes(content: Doc | bytes | str) -> bytes:
    if isinstance(content, dict):
        return json.dumps(content).encode()
    return as_bytes(content)


def _signed(draft: Doc, **members: Any) -> Doc:
    """``draft`` with a proof; what cannot be signed carries a proof of another."""
    try:
        return {**draft, "proof": make_proof(draft, BOARD, **members)}
    except UnicodeEncodeError:
        return {**draft, "proof": signed(plain(), BOARD)["proof"]}


drafts: Final = st.sampled_from(
    (
        plain(credentialStatus=entry()),
        plain(
            credentialSchema={"id": "https://board.example/s", "type": "JsonSchema"},
            relatedResource={"id": "https://board.example/r", "digestSRI": "sha256-A"},
        ),
        license_draft(),
        consent_draft(),
        example(claims={"a": {"b": [1, "x"]}}),
        legacy(),
        draft_list(),
    )
)


@given(drafts.flatmap(changed))
@settings(max_examples=examples(75), deadline=None)
def test_any_signed_credential_gets_an_answer(draft: Doc) -> None:
    answered(_signed(draft), evidence={LIST: status_list()})


@given(changed({"proof": make_proof(plain(), BOARD)}))
@settings(max_examples=examples(50), deadline=None)
def test_any_proof_gets_an_answer(holder: Doc) -> None:
    answered({**plain(), **holder})


@given(changed(presentation(signed(plain(), BOARD), with_status(entry()))))
@settings(max_examples=examples(50), deadline=None)
def test_any_presentation_gets_an_answer(draft: Doc) -> None:
    document = _signed(draft, proofPurpose="authentication", challenge=NONCE)
    answered(document, "--challenge", NONCE, "--require-holder-binding")


@given(changed(draft_list()))
@settings(max_examples=examples(50), deadline=None)
def test_any_status_list_gets_an_answer(draft: Doc) -> None:
    answered(with_status(entry()), evidence={LIST: _signed(draft)})


@given(changed(did_document(WEB, BOARD)))
@settings(max_examples=examples(50), deadline=None)
def test_any_did_document_gets_an_answer(listed: Doc) -> None:
    document = signed(plain(WEB), BOARD, verificationMethod=f"{WEB}#key-1")
    answered(document, evidence={WEB_URL: listed})
    answered(listed)


@given(st.data())
@settings(max_examples=examples(50), deadline=None)
def test_any_token_gets_an_answer(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(("vc+jwt", "vp+jwt")))
    payload = plain() if kind == "vc+jwt" else presentation(signed(plain(), BOARD))
    head = header(typ=kind)
    if data.draw(st.booleans()):
        head = data.draw(changed(head))
    else:
        payload = data.draw(changed(payload))
    answered(jws(_bytes(head), _bytes(payload), BOARD))


@given(st.data())
@settings(max_examples=examples(50), deadline=None)
def test_any_sd_jwt_gets_an_answer(data: st.DataObject) -> None:
    one, two = disclosures()
    part = data.draw(st.sampled_from(("claims", "header", "binding")))
    claims, head = sd_claims(one, two), header(typ="dc+sd-jwt")
    if part == "claims":
        claims = data.draw(changed(claims))
    if part == "header":
        head = data.draw(changed(head))
    presented = "~".join([jws(_bytes(head), _bytes(claims), BOARD), one, ""])
    binding = key_binding(presented)
    if part == "binding":
        body = data.draw(changed({"iat": 1, "aud": AUDIENCE, "nonce": NONCE}))
        head = {"alg": "EdDSA", "typ": "kb+jwt"}
        binding = jws(_bytes(head), _bytes(body), DOCTOR)
    answered(presented + binding, *PRESENTED)
