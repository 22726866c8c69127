"""The check of Envoy's ``ext_authz`` over HTTP, as an ASGI application.

Envoy asks with the method, path and headers of the request that it holds back, and
lets it through for 200 and for nothing else. A status of 5xx it may take for a failure
of the check, and be set up to let through (``failure_mode_allow``): could-not-check is
403 here.

What is told upstream stands in ``X-Medid-*`` headers. Those that a client sent itself
are not shown to the mapper, and each of ours is set anew or named for removal, as is
a presentation that was permitted.

Spec: https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/ext_authz/v3/ext_authz.proto
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.adapters.guards.answer import FORBIDDEN, UNAUTHENTICATED, Answer, Stopped
from medid.adapters.guards.asgi import incoming, lifespan, refuse
from medid.adapters.guards.granted import called
from medid.core.records import replace
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from medid.adapters.guards.asgi import Receive, Scope, Send
    from medid.adapters.guards.granted import Granted
    from medid.adapters.guards.guard import Guard
    from medid.adapters.guards.request import Incoming

OWN: Final = "x-medid-"  # how the names of our headers begin
DECISION: Final = "x-medid-decision"  # permit, or unguarded
DECISION_ID: Final = "x-medid-decision-id"
EXPIRES: Final = "x-medid-expires"
# Called as in ``fulfils``, with commas between them.
OBLIGATIONS: Final = "x-medid-obligations"

_NAMES: Final = (DECISION, DECISION_ID, EXPIRES, OBLIGATIONS)
_REMOVE: Final = "x-envoy-auth-headers-to-remove"


class ExtAuthz:
    """Answers Envoy's checks."""

    def __init__(self, guard: Guard, *, prefix: str = "") -> None:
        """Answer under ``prefix``, which is Envoy's ``path_prefix``.

        Raises:
            ConfigurationError: The prefix is no path, or ends with a slash.
        """
        if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
            message = "a prefix begins with a slash, and ends without one"
            raise ConfigurationError(message, path="$.prefix")
        self._guard = guard
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one check.

        Raises:
            ConfigurationError: Another kind of connection than Envoy makes.
        """
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        if scope["type"] != "http":
            message = "Envoy checks over HTTP"
            raise ConfigurationError(message, path="$.type")
        try:
            granted = await self._guard.aadmit(self._held_back(scope))
        except Stopped as stopped:
            await refuse(self._closed(stopped.answer), scope, receive, send)
            return
        await refuse(self._passed(granted), scope, receive, send)

    def _held_back(self, scope: Scope) -> Incoming:
        """The request that Envoy holds back, without headers that claim to be ours.

        Raises:
            Stopped: The check is not under the prefix.
        """
        asked = incoming(scope)
        raw = asked.raw_path
        if not asked.path.startswith(f"{self._prefix}/") or (
            raw is not None and not raw.startswith(f"{self._prefix}/")
        ):
            raise Stopped(self._guard.refusal(FORBIDDEN))
        return replace(
            asked,
            path=asked.path.removeprefix(self._prefix),
            raw_path=None if raw is None else raw.removeprefix(self._prefix),
            headers=tuple(one for one in asked.headers if not one[0].startswith(OWN)),
        )

    def _closed(self, answer: Answer) -> Answer:
        """A refusal that Envoy cannot take for a failure of the check."""
        if answer.status == UNAUTHENTICATED:
            return answer
        return self._guard.refusal(FORBIDDEN)

    def _passed(self, granted: Granted | None) -> Answer:
        """200, with what is told upstream."""
        told = {DECISION: "unguarded"} if granted is None else _told(granted)
        # Envoy removes after it has set: a header that is set is not named here.
        removed = [one for one in _NAMES if one not in told]
        if granted is not None:
            removed.insert(0, self._guard.source.name)
        return Answer(
            status=200,
            body=b"",
            headers=(*told.items(), (_REMOVE, ",".join(removed))),
        )


def _told(granted: Granted) -> dict[str, str]:
    decision = granted.decision
    told = {
        DECISION: decision.outcome.value,
        DECISION_ID: str(decision.id),
        EXPIRES: str(granted.compiled.expires),
    }
    if decision.obligations:
        # A comma may stand in the name of a system, which is a URI.
        names = [called(one).replace(",", "%2C") for one in decision.obligations]
        told[OBLIGATIONS] = ",".join(names)
    return told
