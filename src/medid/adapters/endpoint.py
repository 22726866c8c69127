"""A service of the site's own that is asked by POST, and answers in JSON.

Its address is the site's own choice and nobody else's, so any address is spoken to,
within a closed network too. Everything else is as for the guarded fetcher: https with a
certificate that is valid for the name, no redirect, bounds in time and size.

Spec: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.3
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from medid.adapters import urls
from medid.adapters.exchange import Deadline, Request, dial, exchange
from medid.adapters.https import MAX_ADDRESSES
from medid.core import json as strict_json
from medid.errors import ConfigurationError, FetchBlocked, MalformedValue

if TYPE_CHECKING:
    import ssl

    from medid.adapters.addresses import Address
    from medid.adapters.https import Resolver
    from medid.core.json import JsonLimits, JsonObject

JSON: Final = "application/json"


class Endpoint:
    """One host of the site's own. Safe to share between threads.

    Args:
        url: Where it answers, https.
        tls: Which certificates are accepted, and as whom it is asked.
        limits: On each answer.
        token: A bearer token, where it asks for one.
        resolver: Looks its name up.

    Raises:
        ConfigurationError: ``url`` is not an https URL of a host by name.
    """

    __slots__ = ("_limits", "_place", "_resolver", "_tls", "_token")

    def __init__(
        self,
        url: str,
        *,
        tls: ssl.SSLContext,
        limits: JsonLimits,
        resolver: Resolver,
        token: str | None = None,
    ) -> None:
        try:
            self._place = urls.parse(url, allow_localhost=True)
        except FetchBlocked as error:
            raise ConfigurationError(error.message, path="$.url") from None
        self._tls = tls
        self._limits = limits
        self._resolver = resolver
        self._token = token

    @property
    def target(self) -> str:
        """The path and query of the URL."""
        return self._place.target

    def ask(
        self, question: JsonObject | None, *, seconds: float, target: str | None = None
    ) -> JsonObject:
        """What it answers to ``question``, or, where that is ``None``, to a GET.

        Args:
            question: What is posted.
            seconds: For all of it.
            target: A path on the host in place of the URL's own.

        Raises:
            MedidError: It does not answer, not in time, or with anything but an object.
            OSError: Its name cannot be looked up.
        """
        deadline = Deadline.after(seconds)
        place = self._place if target is None else replace(self._place, target=target)
        body = None if question is None else strict_json.dumps(question).encode()
        request = Request(
            place=place,
            accept=JSON,
            max_bytes=self._limits.max_bytes,
            body=body,
            token=self._token,
        )
        connection = dial(self._addresses(), place.port, deadline)
        answer = exchange(request, connection, self._tls, deadline)
        if answer.media_type != JSON:
            raise MalformedValue("the answer is not JSON")
        return strict_json.load_object(answer.content, limits=self._limits)

    def _addresses(self) -> list[Address]:
        found = self._resolver(self._place.host, self._place.port)
        return [ip_address(text) for text in found][:MAX_ADDRESSES]
