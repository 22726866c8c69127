"""Whole verifications and decisions: any bytes, and signed anew after each change."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from medid.access import authzen
from medid.access.authzen_pages import Pages
from medid.access.authzen_search import action_search, resource_search
from medid.access.catalogue import Actions, MemoryCatalogue
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.errors import MedidError, Refused
from medid.verifying.checks import Outcome, Result
from medid.verifying.judging import Expectations
from medid.verifying.verifier import Verifier
from tests.access.world import World
from tests.attacks.case import NOW, as_bytes
from tests.attacks.documents import (
    BOARD,
    NONCE,
    PATIENT,
    consent_draft,
    did_document,
    enveloped,
    license_draft,
    plain,
    presented,
)
from tests.attacks.groups.token_status import URL, list_jwt, named
from tests.attacks.honest import signed, signed_rdfc
from tests.attacks.lists import LIST, entry, status_list, with_status
from tests.attacks.tokens import AUDIENCE, compact, vc_jwt
from tests.fuzz.forms import any_document, json_text
from tests.fuzz.target import Target, check_error, check_growth, check_secrecy
from tests.fuzz.targets.keys import WEB, WEB_URL
from tests.fuzz.targets.tokens import messages, older_tokens, sd_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.access.decision import Decision
    from medid.access.verifier import AccessVerifier
    from medid.verifying.checks import Verification

_AT: Final = Instant.parse(NOW)
_AGREED: Final = frozenset({Result.PASS, Result.NOT_ASKED})


def check_verification(found: Verification, data: bytes) -> None:
    """Verified is what had yes for every answer; the rest has a reason."""
    assert found.checks
    deciding = [check for check in found.checks if not check.advisory]
    yes = all(check.result in _AGREED for check in deciding)
    assert found.verified is (found.outcome is Outcome.VERIFIED)
    assert bool(found) is found.verified
    assert not found.verified or (yes and not found.errors)
    assert found.errors or yes
    for check in found.checks:
        if check.error is not None:
            check_error(check.error)
        assert (check.error is None) is (check.result in _AGREED)
    shown = strict_json.dumps(found.as_json())
    check_secrecy(shown)
    check_growth(shown, data, 64)


def _verifier(**expected: Any) -> Verifier:
    return Verifier(expect=Expectations(**expected))


@cache
def _served() -> Evidence:
    return evidence(
        {
            LIST: as_bytes(status_list(3)),
            URL: list_jwt().encode(),
            WEB_URL: as_bytes(did_document(WEB, BOARD)),
        }
    )


def evidence(served: dict[str, bytes]) -> Evidence:
    """What hosts answered, as of the time of the question."""
    return Evidence(
        {
            url: Fetched.of(url, content, fetched_at=_AT)
            for url, content in served.items()
        }
    )


def _verify(data: bytes) -> None:
    found = _verifier().verify(data, at=_AT, evidence=_served())
    check_verification(found, data)
    answered = _verifier(challenge=NONCE, domain=AUDIENCE, holder_binding=True)
    strict = answered.verify(data, at=_AT, evidence=_served())
    check_verification(strict, data)
    assert found.verified or not strict.verified, "more was asked, and more verified"
    found.raise_for_errors()


def _documents() -> list[bytes]:
    made: tuple[Any, ...] = (
        signed(plain(), BOARD),
        signed_rdfc(license_draft(), BOARD),
        signed_rdfc(consent_draft(), PATIENT),
        with_status(entry()),
        signed(plain(WEB), BOARD, verificationMethod=f"{WEB}#key-1"),
        presented(signed(plain(), BOARD), domain=AUDIENCE),
        presented(enveloped(vc_jwt(plain())), signed_rdfc(license_draft(), BOARD)),
        did_document(WEB, BOARD),
        named(),
        vc_jwt(plain()),
    )
    tokens = [*older_tokens(), *sd_tokens()[:2], sd_tokens()[3], *messages()]
    return [*map(as_bytes, made), *tokens]


def _status_list(data: bytes) -> None:
    found = _verifier().verify(
        with_status(entry()), at=_AT, evidence=evidence({LIST: data})
    )
    check_verification(found, data)
    found.raise_for_errors()


def _lists() -> list[bytes]:
    return [as_bytes(status_list(3)), vc_jwt(status_list_draft()).encode()]


def status_list_draft() -> Any:
    """A list that no proof secures yet."""
    return {name: one for name, one in status_list(3).items() if name != "proof"}


def _web(data: bytes) -> None:
    document = signed(plain(WEB), BOARD, verificationMethod=f"{WEB}#key-1")
    found = _verifier().verify(document, at=_AT, evidence=evidence({WEB_URL: data}))
    check_verification(found, data)
    found.raise_for_errors()


@cache
def _world() -> tuple[AccessVerifier, Any, World]:
    world = World()
    return world.verifier(), world.shown(), world


def check_decision(found: Decision, data: bytes) -> Decision:
    """A decision has reasons, and shows nothing to those who are not entitled."""
    assert found.codes
    for check in found.checks:
        if check.error is not None:
            check_error(check.error)
    check_growth(strict_json.dumps(found.as_json()), data, 64)
    check_secrecy(strict_json.dumps(found.as_public_json()))
    return found


def _decide(data: bytes) -> None:
    verifier, shown, world = _world()
    request: Any = _or_none(lambda: strict_json.loads(data))
    answer = check_decision(verifier.decide(shown, request), data)
    # The same bytes as what is presented: nobody signed them in this world.
    found = check_decision(verifier.decide(data, world.asks()), data)
    assert not found
    if not answer:
        raise Refused("not permitted")


def _authzen(data: bytes) -> None:
    verifier, _, _ = _world()
    request = strict_json.load_object(data)
    for call in (authzen.evaluation, authzen.evaluations):
        answer: Any = call(request, verifier)
        found = answer.get("evaluations", [answer])
        assert found
        for one in found:
            assert one["decision"] in {True, False}
            assert one["decision"] or [*one["context"]] == ["id"]
        check_secrecy(strict_json.dumps(answer))
        check_growth(strict_json.dumps(answer), data, 64)


def _batches() -> list[bytes]:
    _, shown, world = _world()
    request = world.asks()
    request["subject"]["properties"]["presentation"] = shown
    request["context"]["supported_obligations"] = ["custom"]
    options = {"evaluations_semantic": "execute_all", "reasons": True}
    several = [{}, {"action": world.asks("HRESCH")["action"]}]
    batch = {**request, "options": options, "evaluations": several}
    return [compact(request), compact(batch)]


_PAGES: Final = Pages(key=b"k" * 32, caller="gateway")
_KNOWN: Final = tuple(f"Observation/{number}" for number in range(3))


@cache
def _searched() -> tuple[MemoryCatalogue, Actions]:
    """Resources of which all are permitted to who asks as the seeds do."""
    _, _, world = _world()
    asked = world.asks()
    resources: list[Any] = [{**asked["resource"], "id": name} for name in _KNOWN]
    return MemoryCatalogue(resources), Actions((asked["action"],))


def _search(data: bytes) -> None:
    verifier, _, _ = _world()
    catalogue, actions = _searched()
    request = strict_json.load_object(data)
    if "action" in request:
        answer: Any = resource_search(
            request, verifier, catalogue=catalogue, pages=_PAGES
        )
        assert {one["id"] for one in answer["results"]} <= {*_KNOWN}
        assert (
            answer["results"] or not answer["page"]["next_token"] or _asks_none(request)
        )
    else:
        answer = action_search(request, verifier, actions=actions)
    assert answer["results"] or [*answer["context"]] == ["id"]
    text = strict_json.dumps(answer)
    check_secrecy(text)
    check_growth(text, data, 64)


def _asks_none(request: Any) -> bool:
    return request.get("page", {}).get("limit") == 0 or "token" in request["page"]


def _searches() -> list[bytes]:
    verifier, shown, world = _world()
    request = world.asks()
    patient = request["resource"]["properties"]["patient"]
    request["subject"]["properties"]["presentation"] = shown
    resource = {"type": "Observation", "properties": {"patient": patient}}
    whole = {**request, "resource": resource, "page": {"limit": 2}}
    catalogue, _ = _searched()
    first: Any = resource_search(whole, verifier, catalogue=catalogue, pages=_PAGES)
    token = first["page"]["next_token"]
    assert token
    going_on = {**whole, "page": {"limit": 2, "token": token}}
    action = {name: one for name, one in request.items() if name != "action"}
    return [compact(whole), compact(going_on), compact(action)]


def _or_none(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except MedidError as error:
        check_error(error)
        return None


def _requests() -> list[bytes]:
    _, _, world = _world()
    return [compact(world.asks())]


TARGETS: Final = (
    Target(name="verify", read=_verify, seeds=_documents, change=any_document),
    Target(name="status-list", read=_status_list, seeds=_lists, change=any_document),
    Target(
        name="did-web",
        read=_web,
        seeds=lambda: [as_bytes(did_document(WEB, BOARD))],
        change=json_text,
    ),
    Target(name="decide", read=_decide, seeds=_requests, change=json_text),
    Target(name="authzen", read=_authzen, seeds=_batches, change=json_text),
    Target(name="authzen-search", read=_search, seeds=_searches, change=json_text),
)
