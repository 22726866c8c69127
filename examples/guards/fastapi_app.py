"""A guard before every route of FastAPI, shown in its OpenAPI.

``python examples/guards/fastapi_app.py`` serves on the loopback interface, and with
``--once`` asks itself and stops.
"""

from fastapi import Depends, FastAPI, Request
from hospital import guard
from serving import serve_asgi

from medid.adapters.guards.fastapi import GuardDependency

require = GuardDependency(guard)
# The pages of the documentation are no routes of its own, and would not be guarded.
app = FastAPI(dependencies=[Depends(require)], openapi_url=None)
require.install(app)


@app.get("/Patient/{patient}/Observation/{name}")
def observation(patient: str, name: str, request: Request) -> dict[str, str]:
    """One observation: whoever comes here may see it."""
    granted = request.state.medid_decision
    return {"patient": patient, "shown": name, "decision": granted.decision.id}


@app.get("/health")
def health() -> dict[str, str]:
    """Left open, by the guard's settings and by its mapper."""
    return {"status": "ok"}


if __name__ == "__main__":
    serve_asgi(app)
