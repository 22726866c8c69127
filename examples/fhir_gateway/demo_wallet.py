"""Dr. Chen's wallet, the board that licensed her and the patient: all of them a demo.

Their keys are new at each start and live in this process, where no wallet's should. The
wallet asks the gateway over HTTP, as anybody would.
"""

import http.client
import json
import re

import medid
from medid.access.consent_types import Obligation
from medid.access.site_policy import Narrowing, RulePolicy
from medid.cli.demo_world import AUDIENCE, REVOCATIONS, World
from medid.core import base64url
from medid.core import json as strict_json
from medid.credentials import parse_credential
from medid.issuing import set_status

SEARCH = "/Observation?patient=p-9"
NOTE = "/Observation/psychotherapy-note"
# The wish of a button -> the purpose, and what is asked for.
WISHES = {
    "treatment": ("TREAT", SEARCH),
    "research": ("HRESCH", SEARCH),
    "payment": ("HPAYMT", SEARCH),
    "note": ("TREAT", NOTE),
    "withdraw": ("TREAT", SEARCH),
    "revoke": ("TREAT", SEARCH),
}


def verifier_of(world: World) -> medid.AccessVerifier:
    """What the hospital sets up, with a rule of its own: every access is audited."""
    return medid.AccessVerifier(
        trust=medid.TrustRegistry.from_json(world.trust()),
        audience=AUDIENCE,
        challenges=medid.MemoryChallenges(),  # SqliteChallenges for several processes
        fetch=world.web,  # HttpsFetch() where the hosts are real
        audit=medid.MemoryAuditLog(),  # FileAuditLog, to keep it
        policy=RulePolicy(
            lambda _: Narrowing(obligations=(Obligation("AUDIT"),)), version="1"
        ),
    )


def revoke(world: World) -> None:
    """The board revokes the license: one bit of one published list."""
    listed = world.web.documents[REVOCATIONS]
    index = next(
        entry.index
        for entry in parse_credential(world.license).status
        if entry.list_url == REVOCATIONS and entry.index is not None
    )
    changed = set_status(listed, index, world.board, at=medid.system_clock())
    assert isinstance(changed, dict)
    world.web.documents[REVOCATIONS] = changed


def presentation(world: World, challenge: str) -> str:
    """What the wallet shows for a challenge: the license and the consent."""
    shown = world.present(challenge, medid.system_clock())
    return base64url.encode(strict_json.dumps(shown).encode())


class Wallet:
    """Asks a gateway, and changes its mind about the consent."""

    def __init__(self, world: World, gateway: tuple[str, int]) -> None:
        self._world, self._gateway = world, gateway

    def wish(self, wish: str) -> str:
        """Do what a button says, and tell what came back."""
        if wish not in WISHES:
            return "No such button."
        if wish == "withdraw":
            self._world.withdraw(medid.system_clock())
        if wish == "revoke":
            revoke(self._world)
        purpose, target = WISHES[wish]
        status, body = self.ask(target, purpose)
        count = len(json.loads(body).get("entry", ())) if status == 200 else 0
        return f"Dr. Chen ({purpose}) received {status}, {count} resources"

    def ask(self, target: str, purpose: str) -> tuple[int, bytes]:
        """One request; the challenge that comes back is answered in a second one."""
        headers = {"Purpose-Of-Use": purpose}
        while True:
            connection = http.client.HTTPConnection(*self._gateway, timeout=10)
            connection.request("GET", target, headers=headers)
            reply = connection.getresponse()
            status, body = reply.status, reply.read()
            connection.close()
            if status != 401 or "Authorization" in headers:
                return status, body
            stated = reply.headers["WWW-Authenticate"]
            challenge = re.search('challenge="([^"]+)"', stated)
            assert challenge, "a 401 has a challenge"
            shown = presentation(self._world, challenge[1])
            headers["Authorization"] = f"Presentation {shown}"
