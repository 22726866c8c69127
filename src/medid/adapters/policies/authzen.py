"""A site policy behind an AuthZEN endpoint: OPA, Topaz, Cerbos, or another of its kind.

The question goes out as an access evaluation request, with the verified facts in its
context. Only ``{"decision": true}`` leaves a permit; obligations that come with it have
to be of the form that medid writes itself, and what is not understood denies.

The endpoint is the site's own, so any address is spoken to, over TLS with a valid
certificate. What it decides by cannot be seen from here: the site names its version,
and the digest is of that and of the URL.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-access-evaluation-api
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import TYPE_CHECKING, Final

from medid.access.consent_types import Obligation
from medid.access.decision import CUSTOM
from medid.access.site_policy import Narrowing
from medid.adapters.endpoint import Endpoint
from medid.adapters.https import system_resolver, tls_context
from medid.core import jcs
from medid.core.fields import as_object, required, required_str
from medid.core.json import JsonLimits
from medid.errors import ConfigurationError, MalformedValue

if TYPE_CHECKING:
    from pathlib import Path

    from medid.adapters.https import Resolver
    from medid.core.json import JsonObject, JsonValue

MAX_ANSWER_BYTES: Final = 65_536  # 64 KiB; an answer has some hundred
SECONDS: Final = 2.0  # for one answer, connection and all
MAX_SECONDS: Final = 30.0
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]{1,4096}=*")


class AuthzenPolicy:
    """A policy decision point of the site. Safe to share between threads.

    Args:
        url: Of its access evaluation endpoint, https.
        version: Names the policy that it decides by now.
        token: A bearer token, where it asks for one.
        ca_file: Trust the certificates in this PEM file instead of the system's.
        seconds: For one answer.
        resolver: Looks its name up.

    Raises:
        ConfigurationError: One of them is not of its form, or cannot be read.
    """

    pure: Final = False

    def __init__(
        self,
        url: str,
        *,
        version: str,
        token: str | None = None,
        ca_file: str | Path | None = None,
        seconds: float = SECONDS,
        resolver: Resolver = system_resolver,
    ) -> None:
        if not version:
            message = "a policy without a version cannot be told from its next one"
            raise ConfigurationError(message, path="$.version")
        if not 0 < seconds <= MAX_SECONDS:
            message = f"an answer is waited for up to {MAX_SECONDS:.0f} seconds"
            raise ConfigurationError(message, path="$.seconds")
        if token is not None and not _TOKEN.fullmatch(token):
            raise ConfigurationError("not a bearer token", path="$.token")
        self._endpoint: Final = Endpoint(
            url,
            tls=tls_context(ca_file),
            limits=JsonLimits(max_bytes=MAX_ANSWER_BYTES),
            token=token,
            resolver=resolver,
        )
        self._seconds: Final = seconds
        named: JsonObject = {"authzen": url, "version": version}
        self.digest: Final = hashlib.sha256(jcs.canonicalize(named)).hexdigest()

    def narrow(self, question: JsonObject) -> Narrowing:
        """What the endpoint answers.

        Raises:
            MedidError: It does not, not in time, or with anything but an answer.
            OSError: Its name cannot be looked up.
        """
        return read_answer(self._endpoint.ask(question, seconds=self._seconds))

    async def anarrow(self, question: JsonObject) -> Narrowing:
        """As ``narrow``, in a thread of the event loop's pool."""
        return await asyncio.to_thread(self.narrow, question)


def read_answer(answer: JsonObject) -> Narrowing:
    """What an access evaluation response makes of a permit.

    Raises:
        MalformedValue: There is no decision, or an obligation is not of the form that
            medid understands.
    """
    if not required(answer, "decision", bool, "$"):
        return Narrowing(denied=True)
    stated: JsonValue = answer.get("context", {})
    obligations = as_object(stated, "$.context").get("obligations", [])
    if not isinstance(obligations, list):
        raise MalformedValue("obligations are an array", path="$.context.obligations")
    return Narrowing(obligations=tuple(map(_obligation, obligations)))


def _obligation(stated: JsonValue) -> Obligation:
    path = "$.context.obligations[?]"
    whole = as_object(stated, path)
    if whole.get("type") != CUSTOM:
        raise MalformedValue("an obligation of another type", path=path)
    properties = required(whole, "properties", dict, path)
    if properties.keys() != {"system", "code"}:
        raise MalformedValue("an obligation that says more than its code", path=path)
    code = required_str(properties, "code", path)
    return Obligation(code, required_str(properties, "system", path))
