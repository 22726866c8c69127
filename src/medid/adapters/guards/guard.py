"""The guard: from a framework's request to a decision, and to yes or no.

::

    1  check the request's form              a path with two spellings is refused
    2  let through what is not guarded       only if set up so, and the mapper agrees
    3  read the presentation                 without one: 401, and a challenge
    4  ask the mapper what is asked for      no request for it: forbidden
    5  verify and decide                     access.verifier
    6  compare the obligations               one that nobody fulfils: forbidden
    7  record                                what cannot be recorded does not happen;
                                             in the verifier's audit log, if it has one

Whatever goes wrong on the way stops the request. The log has outcomes, codes and the
decision's id; nothing that somebody sent is in it, and no text of an exception.

Spec: https://openid.net/specs/authorization-api-1_0.html
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from medid.access.request import read_document
from medid.access.verifier import AccessVerifier
from medid.adapters.guards.answer import (
    FORBIDDEN,
    UNAUTHENTICATED,
    UNAVAILABLE,
    Answer,
    Form,
    Stopped,
    refusal,
)
from medid.adapters.guards.granted import Granted, carried_out, is_called, is_open
from medid.adapters.guards.request import (
    Headers,
    Incoming,
    Query,
    Source,
    carried,
)
from medid.core.entropy import uuid_urn
from medid.core.fields import as_object
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    MalformedValue,
    MedidError,
    Misuse,
    Refused,
    Unchecked,
)
from medid.verifying.opening import Kind, open_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.compiled import CompiledDecision
    from medid.access.decision import Decision
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

LOG: Final = logging.getLogger("medid.guard")
WEBSOCKET: Final = "WEBSOCKET"  # the method that a mapper sees of a websocket

_QUOTABLE: Final = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")  # as it stands

# Says what a request asks for, as an AuthZEN request; None where it asks for nothing.
Mapper: TypeAlias = Callable[
    [str, str, Query, Headers], "Mapping[str, JsonValue] | None"
]
# Keeps a decision, with the request that it answers, before anybody sees its effect.
Record: TypeAlias = "Callable[[Decision, JsonObject], None]"
# Runs a function where it may block.
Run: TypeAlias = Callable[..., Awaitable[Any]]


def no_route(_method: str, _path: str, _query: Query, _headers: Headers) -> None:
    """The mapper of an application that was given none: everything is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Stands before handlers; safe to share between threads and requests.

    Attributes:
        verifier: What decides. It must ask for an audience and for challenges.
        mapper: Takes the method, path, query and headers (without the presentation's)
            and says what is asked for. It may leave out ``subject.id``, which then is
            who presents. Where it raises, the request is refused; by default,
            everything is.
        fulfils: The codes of the obligations that the application carries out; those
            of a site's or an overlay's own system as ``system|CODE``.
        unguarded: Method and path, exactly, of what everybody may have. The mapper
            has to say None to it as well.
        source: Where the presentation stands.
        form: In which words is refused.
        record: Called with each decision before it has an effect; if it raises,
            nothing is permitted. Without a presentation that can be read there may be
            no decision to record.
    """

    verifier: AccessVerifier
    mapper: Mapper = no_route
    fulfils: frozenset[str] = frozenset()
    unguarded: frozenset[tuple[str, str]] = frozenset()
    source: Source = field(default_factory=Source)
    form: Form = Form.FHIR
    record: Record | None = None

    def __post_init__(self) -> None:
        """Refuse a guard that would let through what it cannot judge.

        Raises:
            ConfigurationError: A setting is not one to work with.
        """
        _check_verifier(self.verifier)
        check_function(self.mapper, "$.mapper")
        if self.record is not None:
            check_function(self.record, "$.record")
        _check_sets(self.fulfils, self.unguarded)
        source: object = self.source
        if not isinstance(source, Source):
            raise ConfigurationError("not a Source", path="$.source")
        form: object = self.form
        if not isinstance(form, Form):
            raise ConfigurationError("not a Form", path="$.form")

    def admit(self, incoming: Incoming) -> Granted | None:
        """What the request may have; ``None`` where it is set up as not guarded.

        Raises:
            Stopped: It may have nothing; with the answer to send.
        """
        with self._closing():
            asked = self._asked(incoming)
            if asked is None:
                return None
            compiled: CompiledDecision | MedidError
            try:
                compiled = self.verifier.compile(
                    asked.presentation, asked.request, at=asked.at
                )
            except MedidError as error:
                compiled = error
            return self._concluded(asked, compiled)

    async def aadmit(
        self, incoming: Incoming, *, run: Run = asyncio.to_thread
    ) -> Granted | None:
        """As ``admit``, without blocking an event loop.

        Mapper, verification and record run in a thread; only a fetch adapter that
        serves nobody but asynchronous callers is waited for here.

        Args:
            incoming: The request.
            run: Runs a function in a thread.

        Raises:
            Stopped: It may have nothing; with the answer to send.
        """
        if hasattr(self.verifier.fetch, "fetch_all"):
            found: Granted | None = await run(self.admit, incoming)
            return found
        with self._closing():
            asked = await run(self._asked, incoming)
            if asked is None:
                return None
            compiled: CompiledDecision | MedidError
            try:
                compiled = await self.verifier.acompile(
                    asked.presentation, asked.request, at=asked.at
                )
            except MedidError as error:
                compiled = error
            concluded: Granted = await run(self._concluded, asked, compiled)
            return concluded

    def refusal(self, status: int) -> Answer:
        """The answer of ``status``, in this guard's words."""
        return refusal(status, self.form)

    def _asked(self, incoming: Incoming) -> _Asked | None:
        """Steps 1 to 4; ``None`` where the request is not guarded."""
        with self._closing():
            # 1. The form.
            incoming.check()
            # 2. Not guarded, by the word of both.
            mapped = None
            if (incoming.method, incoming.path) in self.unguarded:
                mapped = self._mapped(incoming)
                if mapped is None:
                    return None
            # 3. The presentation.
            text = self.source.read(incoming)
            if text is None:
                raise Stopped(self._challenge())
            # 4. What is asked for.
            mapped = self._mapped(incoming) if mapped is None else mapped
            if mapped is None:
                message = "the mapper names no request for this route"
                raise Refused(message, fix="let the mapper return a request for it")
            presentation = carried(text)
            return _Asked(
                presentation=presentation,
                request=self._by_presenter(read_document(mapped), presentation),
                at=self.verifier.clock(),
            )

    def _mapped(self, incoming: Incoming) -> Mapping[str, JsonValue] | None:
        return self.mapper(
            incoming.method,
            incoming.path,
            incoming.parameters(),
            incoming.shown(without=self.source.name),
        )

    def _by_presenter(
        self, request: JsonObject, presentation: bytes | str
    ) -> JsonObject:
        """The request; where it names no subject, by whoever says to present.

        The verifier compares it with who is proven to present.
        """
        subject = request.get("subject")
        if not isinstance(subject, dict) or "id" in subject:
            return request
        opened = open_document(presentation, memory=self.verifier.memory)
        if opened.kind is not Kind.PRESENTATION or opened.owner is None:
            message = "neither the mapper nor the presentation names the subject"
            raise MalformedValue(message, path="$.request.subject.id")
        return {**request, "subject": {**subject, "id": opened.owner}}

    def _concluded(
        self, asked: _Asked, compiled: CompiledDecision | MedidError
    ) -> Granted:
        """Steps 5 to 7, once everything is gathered."""
        with self._closing():
            # 5. The decision.
            resource: JsonObject = {}
            if isinstance(compiled, MedidError):
                decision = self.verifier.unread(
                    compiled, asked.presentation, asked.request, at=asked.at
                )
            else:
                resource = as_object(asked.request["resource"], "$.request.resource")
                decision = compiled.check(resource)
            status = UNAVAILABLE if is_open(decision) else FORBIDDEN
            # 6. The obligations.
            decision = carried_out(decision, self.fulfils)
            # 7. The record.
            if not isinstance(compiled, MedidError):
                decision = replace(
                    decision, id=self._logged(compiled, resource, decision)
                )
            if self.record is not None:
                kept: object = self.record(decision, asked.request)
                if inspect.isawaitable(kept):
                    message = "the record waits to be awaited: nothing was recorded"
                    raise ConfigurationError(message, path="$.record")
            codes = ",".join(decision.codes)
            LOG.info("outcome=%s codes=%s id=%s", decision.outcome, codes, decision.id)
            if not decision or isinstance(compiled, MedidError):
                raise Stopped(self.refusal(status))
            if self.verifier.clock() >= compiled.expires:
                raise EvidenceUnavailable("the permit ended while it was made")
            return Granted(
                decision=decision,
                request=asked.request,
                compiled=compiled,
                fulfils=self.fulfils,
                clock=self.verifier.clock,
            )

    def _logged(
        self, compiled: CompiledDecision, resource: JsonObject, decision: Decision
    ) -> str:
        """The id of ``decision``, which is on record if there is an audit log."""
        if self.verifier.audit is None:
            return uuid_urn(self.verifier.entropy)
        if decision:
            return compiled.record([resource])
        return compiled.record_denial([resource], decision) or ""

    def _challenge(self) -> Answer:
        """401, with what a wallet needs to present."""
        source = self.source
        parts = [
            'realm="medid"',
            f'challenge="{self.verifier.challenge()}"',
            f'domain="{self.verifier.audience}"',
        ]
        if source.scheme is None:
            parts.append(f'header="{source.header}"')
        value = f"{source.scheme or 'Presentation'} {', '.join(parts)}"
        header = ("www-authenticate", value)
        return refusal(UNAUTHENTICATED, self.form, header)

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """Whatever is raised inside stops the request, without its text."""
        try:
            yield
        except Stopped:
            raise
        except MedidError as error:
            LOG.warning("outcome=stopped codes=%s", error.code)
            unknown = isinstance(error, Unchecked | Misuse)
            status = UNAVAILABLE if unknown else FORBIDDEN
            raise Stopped(self.refusal(status)) from None
        except Exception as error:  # noqa: BLE001 - no exception is a permit
            # Its text and its traceback may hold what the caller sent; its type cannot.
            LOG.error("outcome=failed type=%s", type(error).__name__)  # noqa: TRY400
            raise Stopped(self.refusal(FORBIDDEN)) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be decided."""

    presentation: bytes | str
    request: JsonObject
    at: Instant


def check_function(given: object, path: str) -> None:
    """Return if ``given`` can be called, and answers when it is.

    Raises:
        ConfigurationError: It is no function, or one that has to be awaited.
    """
    if not callable(given) or inspect.iscoroutinefunction(given):
        message = "not a function, or one that has to be awaited"
        fix = "pass a plain function: it runs in a thread, where it may wait"
        raise ConfigurationError(message, path=path, fix=fix)


def _check_verifier(verifier: object) -> None:
    if not isinstance(verifier, AccessVerifier):
        message = "a guard needs a verifier"
        raise ConfigurationError(
            message, path="$.verifier", fix="pass verifier=AccessVerifier(...)"
        )
    if verifier.challenges is None:
        message = "a guard without challenges would accept a replay"
        raise ConfigurationError(
            message,
            path="$.verifier.challenges",
            fix="pass challenges=SqliteChallenges(path) to the verifier",
        )
    if verifier.audience is None or not _QUOTABLE.fullmatch(verifier.audience):
        message = "a guard needs an audience that can stand in a header"
        raise ConfigurationError(
            message,
            path="$.verifier.audience",
            fix="pass audience='https://...' to the verifier",
        )


def _check_sets(fulfils: object, unguarded: object) -> None:
    # A string would be a set of letters.
    if not isinstance(fulfils, frozenset) or not all(
        isinstance(name, str) and is_called(name) for name in fulfils
    ):
        message = "not a frozenset of the codes of obligations"
        raise ConfigurationError(message, path="$.fulfils")
    if not isinstance(unguarded, frozenset):
        message = "not a frozenset of methods with their paths"
        raise ConfigurationError(message, path="$.unguarded")
    for route in unguarded:
        try:
            method, path = route
            Incoming(method=method, path=path).check()
        except (TypeError, ValueError, MedidError):
            message = "not a method with the one spelling of its path"
            raise ConfigurationError(message, path="$.unguarded") from None
