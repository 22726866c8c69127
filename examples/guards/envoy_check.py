"""The check that Envoy's ext_authz asks over HTTP before it passes a request on.

``python examples/guards/envoy_check.py`` serves on the loopback interface, and with
``--once`` asks itself and stops. ``envoy -c examples/guards/envoy.yaml`` starts Envoy
on port 8080, before an application on port 8001.
"""

from hospital import BLOOD, NOTE, guard
from serving import ask, serve_asgi

from medid.adapters.guards.envoy import ExtAuthz


def check_two(port: int) -> None:
    """As Envoy asks; the headers of a 200 go upstream."""
    for target, expected in ((BLOOD, 200), (NOTE, 403)):
        status, headers, _ = ask(port, f"/check{target}")
        told = {name: value for name, value in headers.items() if "x-" in name}
        print(target, status, told)
        assert status == expected


if __name__ == "__main__":
    serve_asgi(ExtAuthz(guard, prefix="/check"), check_two)
