"""What verifying the documents of some issuers takes is all collected, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.core.fetch import Fetched, FetchRequest
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    InvalidDidDocument,
    IssuerNotTrusted,
    MedidError,
    TooLarge,
)
from medid.health import contexts
from medid.trust import TrustRegistry
from medid.verifying import packing
from medid.verifying.judging import Judgement
from medid.verifying.packing import MAX_NAMED, Wanted, collect
from medid.verifying.verifier import Verifier
from tests.access import test_recognized_boards as recognized
from tests.access import test_x509_roots as roots
from tests.access.world import World
from tests.keys.authorities import revocations
from tests.trust import federations
from tests.verifying import test_believing_agrees as agrees
from tests.verifying import test_certifying as certifying
from tests.verifying import test_issuer_keys as issuers
from tests.verifying import test_token_status as tokens
from tests.verifying import world
from tests.verifying.world import NOW, WEB, WEB_URL, Web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Need

BOARD = WEB.did
LIST = tokens.URL


def asking(
    trust: TrustRegistry | None = None, known: dict[str, Any] | None = None
) -> Judgement:
    given = world.evidence(known)
    return Judgement(at=NOW, contexts=contexts(), evidence=given, trust=trust)


class Refusing:
    """Fails the test that asks anything of the outside."""

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        raise AssertionError("the network was touched")


def test_a_board_on_the_web_with_its_lists_and_a_schema_is_collected() -> None:
    schema = "https://board.example.gov/schema.json"
    lists = {
        world.REVOCATIONS: world.status_list(controller=WEB),
        world.SUSPENSIONS: world.status_list(
            url=world.SUSPENSIONS, purpose="suspension", controller=WEB
        ),
    }
    web = Web({WEB_URL: world.web_document(WEB), schema: "{}", **lists})
    told: list[tuple[str, bool]] = []

    def tell(need: Need, answer: Fetched | MedidError) -> None:
        told.append((need.url, isinstance(answer, Fetched)))

    wanted = Wanted(issuers=(BOARD,), lists=tuple(lists), documents=(schema,))
    found = collect(wanted, asking(), web, tell=tell)
    assert set(found.answers) == {WEB_URL, schema, *lists}
    assert sorted(told) == sorted((url, True) for url in found.answers)

    draft = world.license_draft(WEB)
    credential = world.signed(draft, WEB)
    again = Verifier(fetch=Refusing()).verify(credential, at=NOW, evidence=found)
    assert again, again.errors


def test_who_signed_a_list_is_collected_with_it_in_any_round() -> None:
    pages = {LIST: tokens.listed(controller=WEB), WEB_URL: world.web_document(WEB)}
    web = Web(pages)
    found = collect(Wanted(issuers=(world.BOARD.did,), lists=(LIST,)), asking(), web)
    assert set(found.answers) == set(pages)
    assert web.batches == [[LIST], [WEB_URL]]


def test_an_issuer_that_publishes_a_key_set_is_collected() -> None:
    stated = issuers.metadata(jwks=None, jwks_uri=issuers.KEYS_URL)
    keys = issuers.key_set(issuers.jwk())
    web = Web({issuers.URL: stated, issuers.KEYS_URL: keys})
    found = collect(Wanted(issuers=(issuers.ISSUER,)), asking(), web)
    assert set(found.answers) == {issuers.URL, issuers.KEYS_URL}


def test_a_list_that_names_nobody_needs_nobody_else() -> None:
    token = tokens.by_hand(kid="key-1")
    found = collect(
        Wanted(issuers=(BOARD,), lists=(LIST,)),
        asking(),
        Web({LIST: token, WEB_URL: world.web_document(WEB)}),
    )
    assert set(found.answers) == {LIST, WEB_URL}


def test_what_the_authorities_recognize_is_collected() -> None:
    of = World()
    url, schema = "https://state.example/list.json", recognized.SCHEMA
    stated = dict(recognized.trusting(of).document)
    stated["recognizedEntities"] = [url]
    trust = TrustRegistry.from_json(stated)
    pages = {url: recognized.recognition(of), schema: recognized.LICENSES}
    wanted = Wanted(issuers=(of.board.did,))
    web = Web({**of.web.documents, **pages})
    found = collect(wanted, asking(trust), web)
    assert set(pages) < set(found.answers)
    assert len(found.answers) == len(pages) + 1  # the board's own document


def test_the_lists_of_the_revoked_are_collected() -> None:
    of, urls = World(), ["https://ca.example/1.crl", "http://ca.example/2.crl"]
    trust = roots.trusting(of, crls=urls)
    web = Web({**of.web.documents, urls[0]: revocations(roots.ROOT)})
    found = collect(Wanted(issuers=(of.board.did,)), asking(trust), web)
    assert urls[0] in found.answers
    assert urls[1] not in found.answers


def test_whose_keys_an_issuer_publishes_is_found_as_a_verification_finds_it() -> None:
    """No federation accredits it; a list does, or only certificates could tell."""
    document, pages, _ = agrees.of_federations(
        "no", "no", ["US-OH"], first=True, known=True
    )
    wanted = Wanted(issuers=(federations.BOARD,))
    own = "https://board.example/.well-known/jwt-vc-issuer"
    found = collect(wanted, asking(TrustRegistry.from_json(document)), Web(pages))
    assert own in found.answers
    del document["authorities"], document["recognizedEntities"]
    stranger = TrustRegistry.from_json(document)
    with pytest.raises(IssuerNotTrusted):
        collect(wanted, asking(stranger), Web(pages))
    rooted = TrustRegistry.from_json({**document, "x509Roots": [certifying.entry()]})
    assert own not in collect(wanted, asking(rooted), Web(pages)).answers


def test_what_is_at_hand_keeps_its_time_and_what_is_not_needed_stays_out() -> None:
    other = "https://other.example/x"
    known: dict[str, Any] = {WEB_URL: world.web_document(WEB), other: "{}"}
    found = collect(Wanted(issuers=(BOARD,)), asking(known=known), Refusing())
    assert set(found.answers) == {WEB_URL}
    (only,) = found.answers.values()
    assert isinstance(only, Fetched)
    assert only.fetched_at == NOW


def test_what_is_incomplete_is_nothing() -> None:
    wanted = Wanted(issuers=(BOARD,), lists=(LIST,))
    with pytest.raises(EvidenceUnavailable, match=r"2 of 2 .*did.*status"):
        collect(wanted, asking(), Web())


def test_an_issuer_that_does_not_resolve_is_not_packed() -> None:
    with pytest.raises(InvalidDidDocument) as caught:
        collect(Wanted(issuers=(BOARD,)), asking(), Web({WEB_URL: "{}"}))
    assert caught.value.path.startswith("$.issuers[0]")


def test_nobody_is_never_everybody() -> None:
    with pytest.raises(ConfigurationError):
        Wanted(lists=(LIST,))
    with pytest.raises(ConfigurationError):
        Wanted(issuers=(BOARD,), documents=(LIST,) * MAX_NAMED)
    most = Wanted(issuers=(BOARD,), documents=(LIST,) * (MAX_NAMED - 1))
    assert len(most.documents) == MAX_NAMED - 1
    for odd in ("nobody", "https://user@board.example/", "http://board.example/"):
        with pytest.raises(MedidError) as caught:
            Wanted(issuers=(BOARD, odd))
        assert caught.value.path == "$.issuers[1]"


@pytest.mark.parametrize(
    ("bound", "value"),
    [("MAX_DOCUMENTS", 1), ("MAX_CONTENT", 10), ("MAX_ROUNDS", 1)],
)
def test_every_bound_ends_a_collection(
    monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    pages = {LIST: tokens.listed(controller=WEB), WEB_URL: world.web_document(WEB)}
    wanted = Wanted(issuers=(world.BOARD.did,), lists=(LIST,))
    monkeypatch.setattr(packing, bound, value)
    with pytest.raises(TooLarge):
        collect(wanted, asking(), Web(pages))
    monkeypatch.undo()
    assert len(collect(wanted, asking(), Web(pages)).answers) == 2


def test_documents_are_fetched_some_at_a_time() -> None:
    urls = tuple(f"https://board.example.gov/{one}" for one in range(20))
    web = Web({WEB_URL: world.web_document(WEB), **dict.fromkeys(urls, "{}")})
    collect(Wanted(issuers=(BOARD,), documents=urls), asking(), web)
    assert max(map(len, web.batches)) == packing.BATCH
