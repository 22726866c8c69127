"""A guard before everything that Flask answers.

``python examples/guards/flask_app.py`` serves on the loopback interface, and with
``--once`` asks itself and stops.
"""

from flask import Flask, g
from hospital import guard
from serving import serve_wsgi

from medid.adapters.guards.flask import protect

app = Flask("hospital")
protect(app, guard)


@app.get("/Patient/<patient>/Observation/<name>")
def observation(patient: str, name: str) -> dict[str, str]:
    """One observation: whoever comes here may see it."""
    return {"patient": patient, "shown": name, "decision": g.medid_decision.decision.id}


@app.get("/health")
def health() -> dict[str, str]:
    """Left open, by the guard's settings and by its mapper."""
    return {"status": "ok"}


if __name__ == "__main__":
    serve_wsgi(app)
