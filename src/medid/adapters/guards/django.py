"""A guard for Django: middleware, or a decorator of views. Needs ``medid[django]``.

The middleware is named in ``MIDDLEWARE`` as
``medid.adapters.guards.django.GuardMiddleware``, before all that reads what a request
is for. ``MEDID_GUARD`` is the guard, or the dotted path to it. Sync and async alike.
The permit is ``request.medid_decision``.

Spec: https://docs.djangoproject.com/en/stable/topics/http/middleware/
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from medid.adapters.guards.answer import NO_STORE, Stopped
from medid.adapters.guards.asgi import STATE, check_endpoint
from medid.adapters.guards.guard import Guard
from medid.adapters.guards.request import Incoming
from medid.errors import ConfigurationError, MissingExtra

try:
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
    from django import conf  # its settings read themselves when they are looked at
    from django.http import HttpResponse
    from django.utils.cache import patch_vary_headers
    from django.utils.module_loading import import_string
except ModuleNotFoundError as error:
    needed = "the guard for Django needs: pip install 'medid[django]'"
    raise MissingExtra(needed) from error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from medid.adapters.guards.answer import Answer
    from medid.adapters.guards.granted import Granted


class GuardMiddleware:
    """Guards every request of a project."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        """Take the guard of the project's settings.

        Raises:
            ConfigurationError: There is no guard under ``MEDID_GUARD``.
        """
        found = getattr(conf.settings, "MEDID_GUARD", None)
        found = import_string(found) if isinstance(found, str) else found
        if not isinstance(found, Guard):
            message = "the project's settings name no guard"
            raise ConfigurationError(
                message, path="$.MEDID_GUARD", fix="set MEDID_GUARD to a Guard"
            )
        self._guarded = guarded(found)(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        """The response, or the coroutine of it."""
        return self._guarded(request)


def guarded(guard: Guard) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Guards the view below it, ``async`` or not.

    A class is refused with ``ConfigurationError``: guard what its ``as_view()`` gives.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        check_endpoint(view)

        @functools.wraps(view)
        def sync_view(request: Any, *args: Any, **named: Any) -> Any:
            try:
                granted = guard.admit(incoming(request))
            except Stopped as stopped:
                return _response(stopped.answer)
            setattr(request, STATE, granted)
            return unkept(view(request, *args, **named), granted)

        @functools.wraps(view)
        async def async_view(request: Any, *args: Any, **named: Any) -> Any:
            try:
                granted = await guard.aadmit(incoming(request), run=_in_thread)
            except Stopped as stopped:
                return _response(stopped.answer)
            setattr(request, STATE, granted)
            return unkept(await view(request, *args, **named), granted)

        def unkept(response: Any, granted: Granted | None) -> Any:
            if granted is not None:
                response.headers.setdefault(*NO_STORE)
                patch_vary_headers(response, (guard.source.header,))
            return response

        return async_view if iscoroutinefunction(view) else sync_view

    return decorate


def _in_thread(function: Callable[..., Any], *args: Any) -> Awaitable[Any]:
    """In the thread where Django keeps its database connections."""
    awaited: Awaitable[Any] = sync_to_async(function)(*args)
    return awaited


def _response(answer: Answer) -> Any:
    response = HttpResponse(
        answer.body, status=answer.status, headers=dict(answer.headers)
    )
    # Django would log the path of what was refused, and a path can name a patient.
    response._has_been_logged = True  # noqa: SLF001
    return response


def incoming(request: Any) -> Incoming:
    """The request of Django as a guard reads it."""
    meta = request.META
    raw = meta.get("RAW_URI") or meta.get("REQUEST_URI")
    scope = getattr(request, "scope", None)
    if scope is not None and scope.get("raw_path"):
        raw = scope["raw_path"].decode("latin-1")
    return Incoming(
        method=request.method,
        path=request.path,
        query=meta.get("QUERY_STRING", ""),
        headers=tuple((name.lower(), value) for name, value in request.headers.items()),
        raw_path=raw.partition("?")[0] if raw else None,
    )
