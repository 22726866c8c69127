"""The routes of the Django project under test."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse
from django.urls import re_path

from tests.adapters.guards.support import Reached

reached = Reached()


def view(request: Any, **_named: Any) -> Any:
    return JsonResponse(reached(getattr(request, "medid_decision", None)))


async def aview(request: Any, **_named: Any) -> Any:
    return JsonResponse(reached(getattr(request, "medid_decision", None)))


# Everything is a route, so that whatever passes the guard reaches a handler.
urlpatterns = [re_path(r"^async/.*$", aview), re_path(r"^.*$", view)]
