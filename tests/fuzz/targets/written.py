"""Evidence bundles and offline packs, as whoever hands them over wrote them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from medid.access import bundle as bundles
from medid.access import pack as packs
from medid.access.replay import replay
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant, Window
from medid.core.json import dumps
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey
from medid.verifying.packing import Wanted
from tests.fuzz.forms import json_text
from tests.fuzz.target import Target

_AT: Final = Instant.parse("2026-06-15T12:00:00Z")
_GOLDEN: Final = Path(__file__).parents[2] / "vectors/evidence-bundle/permit.json"
_KEY: Final = PrivateKey.generate(KeyKind.ED25519, entropy=bytes)
_SIGNER: Final = Controller.did_key(_KEY)

_DUTY: Final = {"system": "https://hospital.example/duties", "code": "LOG"}


def _bundle(data: bytes) -> None:
    replay(bundles.read(data))


def _bundles() -> list[bytes]:
    golden = json.loads(_GOLDEN.read_bytes())
    said = {"denied": False, "reasons": ["r"], "obligations": [_DUTY]}
    policy = {"digest": "ab" * 32, "question": "cd" * 32, "answer": said}
    content = {"cedar": "permit(principal, action, resource);", "schema": None}
    passport = {
        "source": {"ga4gh_passport_v1": ["eyJh.eyJh.AAAA"]},
        "presenter": "did:example:a",
        "identities": [["https://broker.example", "user-7"]],
    }
    site = {
        **golden,
        "signedAt": "2026-06-15T12:02:00Z",
        "policy": {**policy, "content": content},
        "passport": passport,
    }
    return [json.dumps(one).encode() for one in (golden, site)]


def _pack(data: bytes) -> None:
    found = packs.read(data)
    assert found.window.end is not None
    known = found.open(_KEY.public_key, at=found.packed_at)
    assert all(
        isinstance(one, Fetched) and one.fetched_at <= found.packed_at
        for one in known.answers.values()
    )


def _packs() -> list[bytes]:
    url = "https://board.example/did.json"
    answer = Fetched.of(url, b"{}", fetched_at=_AT, media_type="application/did")
    written = packs.write(
        Wanted(issuers=("did:web:board.example",)),
        Evidence().with_answers([(url, answer)]),
        window=Window(_AT, _AT.plus(86_400)),
        controller=_SIGNER,
    )
    return [dumps(written).encode()]


TARGETS: Final = (
    Target(name="evidence-bundle", read=_bundle, seeds=_bundles, change=json_text),
    Target(name="evidence-pack", read=_pack, seeds=_packs, change=json_text),
)
