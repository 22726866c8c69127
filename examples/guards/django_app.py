"""A guard before every view of Django, in one file.

``python examples/guards/django_app.py`` serves on the loopback interface, and with
``--once`` asks itself and stops.
"""

from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import JsonResponse
from django.urls import path
from hospital import guard
from serving import serve_wsgi


def observation(request: Any, patient: str, name: str) -> Any:
    """One observation: whoever comes here may see it."""
    decision = request.medid_decision.decision
    return JsonResponse({"patient": patient, "shown": name, "decision": decision.id})


def health(_request: Any) -> Any:
    """Left open, by the guard's settings and by its mapper."""
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("Patient/<str:patient>/Observation/<str:name>", observation),
    path("health", health),
]

if __name__ == "__main__":
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        MEDID_GUARD=guard,
        MIDDLEWARE=["medid.adapters.guards.django.GuardMiddleware"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
    )
    django.setup()
    serve_wsgi(WSGIHandler())
