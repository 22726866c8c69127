"""A guard on one route of Starlette, and a search that it filters.

``python examples/guards/starlette_app.py`` serves on the loopback interface, and with
``--once`` asks itself and stops.
"""

from hospital import NOTE, asked_for, guard
from serving import serve_asgi
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from medid.adapters.guards.starlette import guarded


@guarded(guard)
async def observation(request: Request) -> JSONResponse:
    """One observation, with those others of the patient that the permit covers."""
    granted = request.state.medid_decision
    patient = f"Patient/{request.path_params['patient']}"
    others = [NOTE.removeprefix(f"/{patient}/"), "Observation/blood-pressure"]
    seen = [
        other
        for other in others
        if granted.check(asked_for(patient, other)["resource"])
    ]
    # No total: how many there are tells that something is withheld.
    return JSONResponse({"shown": granted.request["resource"]["id"], "related": seen})


app = Starlette(routes=[Route("/Patient/{patient}/Observation/{name}", observation)])

if __name__ == "__main__":
    serve_asgi(app)
