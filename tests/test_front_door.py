"""Whoever calls the front door wrongly is told so in medid's own words."""

from __future__ import annotations

import datetime as dt
import inspect
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import medid
from medid.errors import MedidError
from tests.support import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AT = medid.Instant.parse("2026-06-15T12:00:00Z")
KEY = medid.PrivateKey.generate(medid.KeyKind.ED25519)
CONTROLLER = medid.Controller.did_key(KEY)
DRAFT: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": CONTROLLER.did,
    "credentialSubject": {"id": "did:example:subject"},
}
SIGNED: Any = medid.issue(DRAFT, CONTROLLER, at=AT)
SD_JWT = medid.issue_sd_jwt(
    {"vct": "https://board.example/license", "name": "A"},
    CONTROLLER,
    disclosable=["/name"],
    at=AT,
)
LIST = medid.new_list("https://board.example/1", "revocation", CONTROLLER, at=AT)
STORE = medid.MemoryChallenges()

# Each with arguments that are right.
CALLS: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
    "ContextStore.register_context": (
        medid.ContextStore.bundled().register_context,
        ("https://board.example/v1", {"@context": {}}),
        {},
    ),
    "Controller": (
        medid.Controller,
        (),
        {"verification_method": CONTROLLER.verification_method, "signer": KEY},
    ),
    "Evidence.with_answers": (medid.Evidence().with_answers, ({},), {}),
    "Expectations": (medid.Expectations, (), {"challenge": None, "skew": 0}),
    "Instant.from_date": (medid.Instant.from_date, ("2026-06-15",), {}),
    "Instant.from_seconds": (medid.Instant.from_seconds, (0.5,), {}),
    "Instant.parse": (medid.Instant.parse, ("2026-06-15T12:00:00Z",), {}),
    "Instant.plus": (AT.plus, (0.5,), {}),
    "Instant.since": (AT.since, (AT,), {}),
    "MemoryChallenges.issue": (STORE.issue, (), {"lifetime_seconds": 60, "at": AT}),
    "PrivateKey.generate": (medid.PrivateKey.generate, (medid.KeyKind.P256,), {}),
    "PrivateKey.from_pem": (medid.PrivateKey.from_pem, (KEY.to_pem(None),), {}),
    "PublicKey.verify": (KEY.public_key.verify, (KEY.sign(b"a"), b"a"), {}),
    "Verifier": (medid.Verifier, (), {"contexts": medid.ContextStore.bundled()}),
    "add_proof": (
        medid.add_proof,
        (SIGNED, CONTROLLER),
        {"securing": "eddsa-jcs-2022", "at": AT, "contexts": None},
    ),
    "dereference": (
        medid.dereference,
        (CONTROLLER.verification_method,),
        {"fetch": None, "evidence": None, "at": None},
    ),
    "derive": (medid.derive, (SD_JWT, ["/name"]), {"evidence": None}),
    "issue": (
        medid.issue,
        (DRAFT, CONTROLLER),
        {"securing": "vc+jwt", "at": AT, "contexts": None, "allow_ml_dsa": False},
    ),
    "issue_sd_jwt": (
        medid.issue_sd_jwt,
        ({"vct": "https://board.example/license"}, CONTROLLER),
        {"disclosable": [], "holder_key": None, "at": AT},
    ),
    "new_list": (
        medid.new_list,
        ("https://board.example/1", "revocation", CONTROLLER),
        {"at": AT, "securing": "eddsa-rdfc-2022"},
    ),
    "present": (
        medid.present,
        ([SIGNED], CONTROLLER),
        {"challenge": None, "domain": None, "at": AT, "contexts": None},
    ),
    "present_sd_jwt": (
        medid.present_sd_jwt,
        (SD_JWT, None),
        {"disclose": ["/name"], "nonce": None, "audience": None, "at": AT},
    ),
    "renew_list": (medid.renew_list, (LIST, CONTROLLER), {"at": AT}),
    "resolve": (medid.resolve, (CONTROLLER.did,), {"fetch": None, "evidence": None}),
    "set_status": (medid.set_status, (LIST, 7, CONTROLLER), {"value": True, "at": AT}),
    "verify": (
        medid.verify,
        (SIGNED,),
        {"at": AT, "trust": None, "evidence": None, "fetch": None, "expect": None},
    ),
}
WRONG = (
    *(
        object(),
        object,
        Path("file"),
        dt.datetime(2026, 6, 15, tzinfo=dt.UTC),
    ),
    *(float("nan"), bytearray(b"a"), [object()], {1: 2}, {3.5}, iter(())),
)


def test_a_wrong_argument_raises_nothing_but_medids_errors() -> None:
    def check(case: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]) -> None:
        function, args, kwargs = case
        function(*args, **kwargs)
        for wrong_args, wrong_kwargs in _wrong(args, kwargs):
            with suppress(MedidError):
                function(*wrong_args, **wrong_kwargs)

    each(CALLS, check)


def _wrong(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    for wrong in WRONG:
        for place in range(len(args)):
            yield (*args[:place], wrong, *args[place + 1 :]), kwargs
        for name in kwargs:
            yield args, {**kwargs, name: wrong}


def test_every_function_of_the_front_door_is_asked() -> None:
    functions = {
        name for name in medid.__all__ if inspect.isfunction(getattr(medid, name))
    }

    # ``withdraw`` needs a consent; its signature is held to like the others.
    assert functions - {"system_clock"} == {*CALLS, "withdraw"} & functions
    for name in functions - {"system_clock"}:
        assert hasattr(getattr(medid, name), "__wrapped__"), name


def test_a_single_credential_is_not_taken_for_a_list_of_them() -> None:
    with pytest.raises(medid.MedidError) as caught:
        medid.present(SIGNED, CONTROLLER, challenge=None, domain=None)

    assert caught.value.code == "CONFIGURATION_ERROR"
    assert caught.value.path == "$.credentials"


def test_a_wrong_setting_is_told_when_a_verifier_is_made() -> None:
    for name in ("contexts", "trust", "fetch", "expect", "clock", "memory"):
        with pytest.raises(medid.MedidError) as caught:
            medid.Verifier(**{name: 7})  # type: ignore[arg-type]
        assert caught.value.path == f"$.{name}"


def _told(call: Callable[[], object]) -> medid.MedidError:
    with pytest.raises(medid.MedidError) as caught:
        call()
    return caught.value


def test_what_to_do_is_said_to_who_made_the_mistake() -> None:
    """Each fix is one for that mistake, and not for another with the same code."""
    shown: dict[str, Any] = {"challenge": None, "domain": None, "at": AT}
    bound: dict[str, Any] = {"disclose": [], "nonce": "n", "audience": "a", "at": AT}
    subject = {"id": "did:example:subject"}

    def issued(**members: Any) -> Callable[[], object]:
        return lambda: medid.issue({**DRAFT, **members}, CONTROLLER, at=AT)

    def presented(*credentials: Any, **given: Any) -> Callable[[], object]:
        return lambda: medid.present(credentials, CONTROLLER, **{**shown, **given})

    told = {
        "a date": (issued(validFrom=dt.date(2026, 6, 15)), "written as text"),
        "another issuer": (issued(issuer="did:example:other"), "controller's own did"),
        "a draft with a proof": (issued(**SIGNED), "add_proof"),
        "a term of nobody": (
            issued(credentialSubject={**subject, "licence": "1"}),
            "define the term in a context, or leave the member out",
        ),
        "a long number": (
            issued(credentialSubject={**subject, "name": 1.7976931348623157e308}),
            "write",
        ),
        "a credential as text": (presented(medid_text()), "json.loads"),
        "no challenge": (presented(SIGNED, challenge=""), "None to answer nothing"),
        "the text to derive from": (
            lambda: medid.derive(medid_text(), []),
            "json.loads",
        ),
        "no key to bind with": (
            lambda: medid.present_sd_jwt(SD_JWT, None, **bound),
            "pass the holder's key",
        ),
        "a name for a pointer": (
            lambda: medid.derive(SD_JWT, ["name"]),
            "write a slash",
        ),
        "an index": (lambda: medid.set_status(LIST, -1, CONTROLLER), "pass an index"),
        "a DID that is published": (
            lambda: medid.resolve("did:web:board.example"),
            "pass fetch=HttpsFetch()",
        ),
        "a file's name for JSON": (
            lambda: medid.TrustRegistry.from_json("trust.json"),
            "from_file",
        ),
    }

    def check(case: tuple[Callable[[], object], str]) -> None:
        call, fix = case
        assert fix in _told(call).fix

    each(told, check)


def medid_text() -> str:
    return json.dumps(SIGNED)


def test_where_a_document_is_is_no_document() -> None:
    for place in (Path("license.json"), "license.json", "licenses/one.json", ""):
        (error,) = medid.verify(place, at=AT).errors  # type: ignore[arg-type]
        assert error.code == "PARSING_ERROR"
        assert error.fix.startswith("pass the document itself")


def test_what_the_callers_parts_give_is_held_to_what_they_are() -> None:
    """A clock, a source of randomness, a fetcher and evidence of the caller's own."""
    jws: Any = medid.issue(DRAFT, CONTROLLER, at=AT, securing="vc+jwt")
    claims = {"vct": "https://board.example/license", "name": "A"}

    class Broken:
        def __init__(self, answers: Any) -> None:
            self._answers = answers

        def fetch_all(self, requests: Any, *, seconds: float) -> Any:
            return self._answers

    def salted(entropy: Any) -> Callable[[], object]:
        given: dict[str, Any] = {"disclosable": ["/name"], "at": AT}
        return lambda: medid.issue_sd_jwt(claims, CONTROLLER, entropy=entropy, **given)

    wrong: dict[str, tuple[Callable[[], object], str]] = {
        "a clock of floats": (
            lambda: medid.Verifier(clock=lambda: 0.5).verify(jws),  # type: ignore[arg-type,return-value]
            "CONFIGURATION_ERROR",
        ),
        "bytes for evidence": (
            lambda: medid.Evidence({"https://board.example/": b"{}"}),  # type: ignore[dict-item]
            "CONFIGURATION_ERROR",
        ),
        "bytes from a fetcher": (
            lambda: medid.resolve("did:web:board.example", fetch=Broken([b"{}"])),
            "CONFIGURATION_ERROR",
        ),
        "nothing from a fetcher": (
            lambda: medid.resolve("did:web:board.example", fetch=Broken(None)),
            "FETCH_FAILED",
        ),
        "a short salt": (salted(lambda _: b"a"), "SIGNER_ERROR"),
        "a salt of text": (salted(lambda size: "a" * size), "SIGNER_ERROR"),
        "no salt": (salted(lambda _: None), "SIGNER_ERROR"),
        "a short challenge": (
            lambda: medid.MemoryChallenges(entropy=lambda _: b"a").issue(at=AT),
            "SIGNER_ERROR",
        ),
    }

    def check(case: tuple[Callable[[], object], str]) -> None:
        call, code = case
        assert _told(call).code == code

    each(wrong, check)
