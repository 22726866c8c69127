"""The OpenAPI document is true: what it allows, refuses and promises is what happens.

schemathesis makes requests from the document, sound ones and others, and holds each
answer to what the document says of it. That a sound request is also accepted is not
asked: no schema says what makes a credential one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from medid.access.catalogue import Actions, MemoryCatalogue
from medid.errors import codes
from medid.server import Limits, Settings, app, conformance
from medid.server.operations import PREFIXES, SERVED, offered
from medid.server.problems import HTTP_CODES
from tests.server.support import BASE, bearer, client, settings
from tests.support import examples
from tests.verifying.world import BOARD, NOW, registry

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIONS: Final = Actions(
    (
        {
            "name": "access",
            "properties": {"purposeOfUse": [{"system": "urn:x", "code": "TREAT"}]},
        },
    )
)
PROFILES: Final[dict[str, Callable[[], Settings]]] = {
    "default": settings,
    "conformance": lambda: conformance(base_url=BASE, seed=b"seed", clock=lambda: NOW),
    "deciding": lambda: settings(
        trust=registry(BOARD),
        catalogue=MemoryCatalogue(),
        actions=ACTIONS,
        limits=Limits(search_step=0.001),
    ),
    "answering": lambda: settings(
        trust=registry(BOARD), trqp_authority="did:web:hospital.example"
    ),
}
# With a registry, what is not for it is what it is without.
OWN: Final = {"deciding": "decides", "answering": "setting"}
CHECKS: Final = (
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
    checks.allow_header_conformance,
)
TOO_LARGE: Final = 413
# What an answer of the server's own may be, by its specification: the resolver's, and
# that of who keeps no history of a status list.
SERVERS_OWN: Final = {"resolve": {500, 501}, "statusList": {501}}


@cache
def described(profile: str) -> Any:
    """The server of a profile, as its own document describes it."""
    return schemathesis.openapi.from_asgi("/openapi.json", app(PROFILES[profile]()))


def tried() -> list[tuple[str, str, str, GenerationMode]]:
    """Each operation with each kind of request; below a mechanism in a soak only."""
    depths = ("", *PREFIXES) if examples(1) > 1 else ("",)
    return [
        (profile, prefix + served.path, served.name, mode)
        for profile, of in PROFILES.items()
        for served in offered(of())
        if profile not in OWN or getattr(served, OWN[profile])
        for prefix in (depths if served.prefixed else ("",))
        for mode in GenerationMode
        if served.method == "POST" or mode is GenerationMode.POSITIVE
    ]


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("profile", "path", "name", "mode"),
    tried(),
    ids=lambda value: getattr(value, "value", value),
)
def test_every_answer_is_one_that_is_described(
    profile: str, path: str, name: str, mode: GenerationMode
) -> None:
    (method,) = [served.method for served in SERVED if served.name == name]
    operation = described(profile)[path][method]

    @given(case=operation.as_strategy(mode))
    @hypothesis_settings(
        max_examples=examples(3 if profile in OWN else 8),
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def run(case: Any) -> None:
        answer = case.call(headers=bearer())
        own = SERVERS_OWN.get(name, set())
        assert answer.status_code < 500 or answer.status_code in own, answer.text
        asked = set(CHECKS)
        if answer.status_code == TOO_LARGE:
            # A refusal, which this check does not have among those that it expects.
            asked.remove(checks.negative_data_rejection)
        case.validate_response(answer, checks=[*asked])

    run()


@pytest.mark.campaign
@pytest.mark.parametrize("served", SERVED, ids=lambda served: served.name)
def test_without_a_token_nothing_is_signed_or_changed(served: Any) -> None:
    if served.needs is None:
        return
    if served.decides:
        return  # tests/server/test_deciding.py asks with every kind of token
    operation = described("default")[served.path][served.method]

    @given(case=operation.as_strategy())
    @hypothesis_settings(
        max_examples=examples(5), suppress_health_check=list(HealthCheck), database=None
    )
    def run(case: Any) -> None:
        case.headers.pop("Authorization", None)
        answer = case.call(headers={"Authorization": ""})
        assert answer.status_code in {401, 415}

    run()


@pytest.mark.parametrize("profile", PROFILES)
def test_the_document_describes_every_route(profile: str) -> None:
    document = client(PROFILES[profile]()).get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    found = offered(PROFILES[profile]())
    served = {prefix + one.path for one in found if one.prefixed for prefix in PREFIXES}
    served |= {one.path for one in found}
    assert set(document["paths"]) == served | {"/health", "/metrics", "/openapi.json"}
    named = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(named) == len(set(named))


def test_the_codes_of_http_are_not_those_of_medid() -> None:
    assert not set(HTTP_CODES) & set(codes())
