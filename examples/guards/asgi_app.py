"""A guard around any ASGI application, here one without a framework.

``python examples/guards/asgi_app.py`` serves on the loopback interface, and with
``--once`` asks itself and stops.
"""

import json
from typing import Any

from hospital import guard
from serving import serve_asgi

from medid.adapters.guards.asgi import GuardMiddleware, lifespan


async def records(scope: Any, receive: Any, send: Any) -> None:
    """Answers whatever reaches it: the guard has decided."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    granted = scope["state"]["medid_decision"]
    shown = "healthy" if granted is None else granted.request["resource"]["id"]
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    body = json.dumps({"shown": shown}).encode()
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    serve_asgi(GuardMiddleware(records, guard))
