"""Decisions on licenses of boards for whom a root of certificates speaks."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from medid.access.decision import Outcome
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.dids.methods.x509 import create
from medid.securing.jose import sign_compact
from medid.trust import TrustRegistry
from tests.access.world import AT, World
from tests.keys.authorities import Holder, authority, revocations, signer, x5c

ROOT: Final = authority("root")
LEAF: Final = signer("board", ROOT, dns=["board.example"])
CRL: Final = "https://ca.example/root.crl"


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def signed(document: Any, by: Holder = LEAF, root: Holder = ROOT) -> str:
    """``document`` as the board signs it with its certificate."""
    kept = {name: value for name, value in document.items() if name != "proof"}
    did = str(create(root.der, ("san", "dns", "board.example")))
    kept["issuer"] = did
    header: Any = {"typ": "vc+jwt", "kid": f"{did}#0", "x5c": x5c(by, root)}
    return sign_compact(strict_json.dumps(kept).encode(), by.key, header)


def trusting(
    world: World, *, base: TrustRegistry | None = None, **members: Any
) -> TrustRegistry:
    source = world.trust() if base is None else base.document
    stated: dict[str, Any] = json.loads(json.dumps(source))
    (board,) = [
        one for one in stated.pop("acceptedBoards") if one["did"] == world.board.did
    ]
    root: dict[str, Any] = {
        "certificate": ROOT.pem,
        "subjects": [{"san": {"dns": "board.example"}}],
        "jurisdictions": board["jurisdictions"],
        "professions": board["professions"],
        **members,
    }
    return TrustRegistry.from_json({**stated, "x509Roots": [root]})


def answer(world: World, *, by: Holder = LEAF, crl: Any = None, **members: Any) -> Any:
    pages = {url: signed(page) for url, page in world.web.documents.items()}
    license_: Any = world.license
    urls = [one["statusListCredential"] for one in license_["credentialStatus"]]
    answers: list[Any] = [(url, pages[url].encode()) for url in urls]
    if crl is not None:
        answers.append((CRL, crl))
    known = Evidence().with_answers(
        [(url, Fetched.of(url, content, fetched_at=AT)) for url, content in answers]
    )
    shown = world.shown(signed(license_, by), world.consent)
    verifier = world.verifier(trust=trusting(world, **members))
    return verifier.decide(shown, world.asks(), evidence=known)


def test_a_license_under_a_root_permits(world: World) -> None:
    found = answer(world)
    assert found.outcome is Outcome.PERMIT, found.codes


def test_the_permit_ends_with_the_entry(world: World) -> None:
    found = answer(world, validUntil=str(AT.plus(10)))
    assert found
    assert found.expires == AT.plus(10)
    assert not answer(world, validUntil=str(AT))


def test_a_subject_that_is_not_listed_denies(world: World) -> None:
    found = answer(world, subjects=[{"san": {"dns": "other.example"}}])
    assert found.outcome is Outcome.DENY
    assert "ISSUER_NOT_TRUSTED" in found.codes


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ({"jurisdictions": ["DE"]}, "ISSUER_NOT_AUTHORIZED_FOR_JURISDICTION"),
        ({"professions": ["163W00000X"]}, "ISSUER_NOT_AUTHORIZED_FOR_PROFESSION"),
        ({"requireRegistration": "limited"}, "NO_LICENSE_TO_PRACTISE"),
    ],
)
def test_no_more_than_the_entry_says(
    world: World, scope: dict[str, Any], code: str
) -> None:
    found = answer(world, **scope)
    assert found.outcome is Outcome.DENY
    assert code in found.codes


def test_a_revoked_certificate_denies_and_an_unknown_one_is_no_denial(
    world: World,
) -> None:
    """Checked and false, and could not be checked: neither permits."""
    clear = revocations(ROOT)
    assert answer(world, crl=clear, crls=[CRL])
    revoked = answer(world, crl=revocations(ROOT, LEAF), crls=[CRL])
    assert revoked.outcome is Outcome.DENY
    assert "PROOF_INVALID" in revoked.codes
    unknown = answer(world, crls=[CRL])
    assert unknown.outcome is Outcome.INDETERMINATE, unknown.codes


def test_the_permit_ends_with_the_list_of_the_revoked(world: World) -> None:
    from datetime import timedelta

    from tests.keys.authorities import NOW

    soon = revocations(ROOT, end=NOW + timedelta(seconds=70))
    found = answer(world, crl=soon, crls=[CRL])
    assert found
    assert found.expires == AT.plus(10)
