"""What an issuer's document on the web says of its keys is kept to, in each proof.

The names of attacks, such as N-web-controller, are those of the list of attacks that
this library is held against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.cache import CachedFetch
from medid.adapters.cache_policy import KEYS_SECONDS
from medid.errors import FetchFailed
from medid.issuing import issue
from medid.verifying.verifier import Verifier
from tests.verifying import world
from tests.verifying.world import NOW, WEB, WEB_URL, Web, codes, plain, token, verified

if TYPE_CHECKING:
    from medid.core.instant import Instant

SECURED = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt")
ALL = ("authentication", "keyAgreement", "capabilityInvocation", "assertionMethod")


def made(securing: str) -> Any:
    """A credential of the board on the web, with the key that its document lists."""
    if securing == "vc+jwt":
        return token(plain(WEB), WEB)
    return issue(plain(WEB), WEB, securing=securing, at=world.MADE)


def stated(**members: Any) -> dict[str, Any]:
    """The board's document, in which its one key says ``members`` as well."""
    document = world.web_document(WEB)
    document["verificationMethod"][0] |= members
    return document


def refusals(document: Any, says: Any, at: Instant = NOW) -> list[str]:
    """The codes with which a credential is refused where the host says ``says``."""
    answer = verified(document, known={WEB_URL: says}, at=at, seen=at)
    assert not answer
    return [code for _, code, _ in codes(answer)]


@pytest.mark.parametrize("securing", SECURED)
def test_n_web_controller_the_key_is_another_dids(securing: str) -> None:
    document = made(securing)
    assert verified(document, known={WEB_URL: stated()})
    for controller in ("did:web:evil.example", f"{WEB.did}.", f"{WEB.did}:a"):
        found = refusals(document, stated(controller=controller))
        assert found in (["INVALID_VERIFICATION_METHOD"], ["INVALID_DID_DOCUMENT"])


@pytest.mark.parametrize("securing", SECURED)
def test_n_web_vm_not_in_purpose_the_key_is_for_something_else(securing: str) -> None:
    document, key = made(securing), WEB.verification_method
    listed = world.web_document(WEB)
    del listed["assertionMethod"]
    for others in ([], *([name] for name in ALL[:-1])):
        says = listed | {name: [key] for name in others}
        assert refusals(document, says) == ["INVALID_RELATIONSHIP"], others
    assert verified(document, known={WEB_URL: listed | {"assertionMethod": [key]}})


@pytest.mark.parametrize("member", ["revoked", "expires"])
@pytest.mark.parametrize("securing", SECURED)
def test_n_web_vm_revoked_however_early_the_proof_says_it_was_made(
    securing: str, member: str
) -> None:
    # Whoever has the key writes any date: that a proof is older than the revocation,
    # the proof itself does not show.
    document = made(securing)
    for before in (1, world.DAY, 3 * world.DAY):
        says = stated(**{member: str(NOW.plus(-before))})
        assert refusals(document, says) == ["INVALID_VERIFICATION_METHOD"]
    ahead = stated(**{member: str(NOW.plus(1))})
    assert verified(document, known={WEB_URL: ahead})
    assert refusals(document, ahead, at=NOW.plus(1)) == ["INVALID_VERIFICATION_METHOD"]


@pytest.mark.parametrize("gone", ["the key", "the document", "the host"])
def test_n_web_stale_a_key_that_was_taken_back_is_used_for_a_bounded_time(
    gone: str,
) -> None:
    now = [NOW]
    web = Web(pages={WEB_URL: stated()})
    cache = CachedFetch(web, clock=lambda: now[0])
    verifier = Verifier(fetch=cache, clock=lambda: now[0])
    document = made("vc+jwt")
    assert verifier.verify(document)
    other = world.web_controller("board.example.gov", "key-2")
    says: dict[str, dict[str, Any]] = {
        "the key": {WEB_URL: world.web_document(other)},
        "the document": {},
        "the host": {WEB_URL: FetchFailed("the host is down")},
    }
    web.pages = says[gone]
    assert KEYS_SECONDS <= 300
    now[0] = web.at = NOW.plus(KEYS_SECONDS)
    assert not verifier.verify(document)
    # Whoever wants the present asks for it.
    assert not Verifier(fetch=cache.anew, clock=lambda: NOW.plus(1)).verify(document)
