"""Every operation that is served: where, by which method, and for whom.

The routes and the OpenAPI document are both made from this one table, so that what is
described is what is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.access.authzen import (
    EVALUATION,
    EVALUATIONS,
    METADATA,
    PATHS,
    SEARCH_ACTION,
    SEARCH_RESOURCE,
)
from medid.server import deciding, trust_queries
from medid.server.service import Service
from medid.server.tokens import Operation
from medid.trust.trqp import Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.server.calls import Answer, Call
    from medid.server.settings import Settings

    Answering: TypeAlias = Callable[[Service, Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One operation.

    Attributes:
        name: Its ``operationId``.
        path: Its path; a part in braces is a parameter.
        method: The HTTP method.
        answer: The method of the service that answers.
        needs: What a token must allow; ``None`` asks for no token.
        verdict: Its answers say whether something verified.
        prefixed: It is also served below a mechanism, and a kind of key.
        waits: It is work of the network: hosts that are slow must not hold the threads
            that everything else needs.
        decides: It is served only where access is decided.
        setting: It is served only where this one is given.
        evened: Its time would tell something, and is rounded up.
        content: It takes a request body, and has to.
    """

    name: str
    path: str
    method: str
    answer: Answering
    needs: Operation | None = None
    verdict: bool = False
    prefixed: bool = False
    waits: bool = False
    decides: bool = False
    setting: str | None = None
    evened: bool = False
    content: bool = True


SERVED: Final = (
    Served(
        name="issueCredential",
        path="/credentials/issue",
        method="POST",
        answer=Service.issue,
        needs=Operation.ISSUE,
        prefixed=True,
    ),
    Served(
        name="deriveCredential",
        path="/credentials/derive",
        method="POST",
        answer=Service.derive,
        needs=Operation.DERIVE,
        prefixed=True,
    ),
    Served(
        name="verifyCredential",
        path="/credentials/verify",
        method="POST",
        answer=Service.verify_credential,
        verdict=True,
        prefixed=True,
    ),
    Served(
        name="updateStatus",
        path="/credentials/status",
        method="POST",
        answer=Service.update_status,
        needs=Operation.STATUS,
    ),
    Served(
        name="createPresentation",
        path="/presentations",
        method="POST",
        answer=Service.present,
        needs=Operation.PRESENT,
        prefixed=True,
    ),
    Served(
        name="verifyPresentation",
        path="/presentations/verify",
        method="POST",
        answer=Service.verify_presentation,
        verdict=True,
        prefixed=True,
    ),
    Served(
        name="resolve",
        path="/1.0/identifiers/{did}",
        method="GET",
        answer=Service.resolve,
        waits=True,
    ),
    Served(
        name="statusList",
        path="/status/{name}",
        method="GET",
        answer=Service.status_list,
    ),
    Served(
        name="createChallenge",
        path="/challenges",
        method="POST",
        answer=deciding.challenge,
        needs=Operation.DECIDE,
        decides=True,
        content=False,
    ),
    Served(
        name="accessEvaluation",
        path=EVALUATION,
        method="POST",
        answer=deciding.evaluation,
        needs=Operation.DECIDE,
        decides=True,
    ),
    Served(
        name="accessEvaluations",
        path=EVALUATIONS,
        method="POST",
        answer=deciding.evaluations,
        needs=Operation.DECIDE,
        decides=True,
    ),
    Served(
        name="resourceSearch",
        path=SEARCH_RESOURCE,
        method="POST",
        answer=deciding.resource_search,
        needs=Operation.DECIDE,
        decides=True,
        setting="catalogue",
        evened=True,
    ),
    Served(
        name="actionSearch",
        path=SEARCH_ACTION,
        method="POST",
        answer=deciding.action_search,
        needs=Operation.DECIDE,
        decides=True,
        setting="actions",
        evened=True,
    ),
    Served(
        name="decisionPointMetadata",
        path=METADATA,
        method="GET",
        answer=deciding.metadata,
        decides=True,
    ),
    Served(
        name="trqpAuthorization",
        path=trust_queries.PATHS[Question.AUTHORIZATION],
        method="POST",
        answer=trust_queries.authorization,
        setting="trqp_authority",
    ),
    Served(
        name="trqpRecognition",
        path=trust_queries.PATHS[Question.RECOGNITION],
        method="POST",
        answer=trust_queries.recognition,
        setting="trqp_authority",
    ),
)
# Whose requests may carry X-Request-ID, which is told back.
TRACED: Final = frozenset((*PATHS, *trust_queries.PATHS.values()))

# Before the path of an operation that is ``prefixed``.
PREFIXES: Final = ("/{securing}", "/{securing}/{kind}")


def offered(settings: Settings) -> tuple[Served, ...]:
    """The operations that a server under ``settings`` has."""
    return tuple(
        one
        for one in SERVED
        if (settings.deciding or not one.decides)
        and (one.setting is None or getattr(settings, one.setting) is not None)
    )
