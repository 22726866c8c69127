"""Gathering: what is asked for, of whom, how often, and what happens to answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.evidence import Evidence, Need
from medid.core.fetch import Fetched
from medid.core.records import replace
from medid.credentials.digests import multihash
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    FetchFailed,
    InvalidDid,
    MedidError,
)
from medid.issuing import Controller, issue
from medid.verifying import gathering
from medid.verifying.admitting import needs
from medid.verifying.checks import Outcome
from medid.verifying.gathering import MAX_ROUNDS, MAX_SECONDS, Awaited, agather, gather
from medid.verifying.judging import Expectations, Judgement, StatusPolicy
from medid.verifying.needs import MAX_NEEDS, MAX_REFERENCES
from medid.verifying.opening import open_document
from medid.verifying.verifier import Verifier
from tests.verifying import world
from tests.verifying.world import (
    BOARD,
    MADE,
    NOW,
    REVOCATIONS,
    STRANGER,
    SUSPENSIONS,
    WEB,
    WEB_URL,
    Web,
    codes,
    entry,
    evidence,
    lists,
    plain,
    presented,
    registry,
    signed,
    token,
    verified,
    with_proof,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.fetch import FetchRequest


def need(url: str) -> Need:
    return Need(kind="schema", url=url, accept="*/*", max_bytes=9)


# The straight path.


def test_each_document_is_asked_for_once_in_as_few_batches_as_it_takes() -> None:
    entries = [entry(), entry(SUSPENSIONS, "suspension")]
    web = Web(
        {
            WEB_URL: world.web_document(WEB),
            REVOCATIONS: world.status_list(controller=WEB),
            SUSPENSIONS: world.status_list(
                url=SUSPENSIONS, purpose="suspension", controller=WEB
            ),
        }
    )
    shown = presented(
        *(
            signed(plain(WEB, id=name, credentialStatus=entries), WEB)
            for name in ("urn:uuid:1", "urn:uuid:2")
        )
    )
    assert Verifier(fetch=web).verify(shown, at=NOW)
    assert web.batches == [[WEB_URL, REVOCATIONS, SUSPENSIONS]]


def test_what_is_at_hand_is_not_fetched_again() -> None:
    web = Web(lists())
    verifier = Verifier(fetch=web)
    document = signed(world.license_draft())
    known = evidence({REVOCATIONS: world.status_list()})
    assert verifier.verify(document, at=NOW, evidence=known)
    assert web.asked == [SUSPENSIONS]


def test_nothing_is_fetched_for_a_document_of_an_unknown_issuer() -> None:
    web = Web()
    verifier = Verifier(fetch=web, trust=registry(BOARD))
    document = signed(plain(STRANGER, credentialStatus=entry()), STRANGER)
    answer = verifier.verify(document, at=NOW)
    assert answer.outcome is Outcome.REFUSED
    assert web.batches == []
    assert ("trust", "ISSUER_NOT_TRUSTED", "$.issuer") in codes(answer)
    shown = presented(signed(world.license_draft()), document)
    verifier.verify(shown, at=NOW)
    assert web.asked == [REVOCATIONS, SUSPENSIONS]


EVIL: Final = "https://evil.example"
NAMED: Final = [f"{EVIL}/{one}" for one in ("resource", "schema", "status")]


def naming_strangers() -> dict[str, Any]:
    """A draft that refers to another host in every way there is."""
    digest = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    return plain(
        WEB,
        credentialStatus=entry(f"{EVIL}/status"),
        credentialSchema={"id": f"{EVIL}/schema", "type": "JsonSchema"},
        relatedResource={"id": f"{EVIL}/resource", "digestSRI": digest},
    )


def test_what_a_forged_document_names_is_not_fetched() -> None:
    """Anybody can write the name of a board that is trusted."""
    page = {WEB_URL: world.web_document(WEB)}
    trust = registry(WEB, credentialTypes=["VerifiableCredential"])
    true = signed(naming_strangers(), WEB)
    other = Controller(
        verification_method=WEB.verification_method, signer=STRANGER.signer
    )
    draft = naming_strangers()
    forged: list[Any] = [
        {**true, "name": "changed"},
        signed(draft, other),
        issue(draft, other, securing="vc+jwt", at=MADE),
        with_proof(draft, STRANGER),
        with_proof(draft, world.web_controller("evil.example", "key-1")),
        token(draft, world.web_controller("evil.example", "key-1")),
        with_proof({**true, "name": "changed"}, STRANGER),
        {**true, "proof": {**true["proof"], "cryptosuite": "none-2026"}},
    ]
    for document in forged:
        for shown in (document, presented(_in(document))):
            web = Web(page)
            answer = Verifier(fetch=web, trust=trust).verify(shown, at=NOW)
            assert answer.outcome is Outcome.REFUSED
            assert set(web.asked) <= {WEB_URL}
    web = Web(page)
    Verifier(fetch=web, trust=trust).verify(true, at=NOW)
    assert web.batches[0] == [WEB_URL]
    assert sorted(web.batches[1]) == NAMED


def _in(document: Any) -> Any:
    return document if isinstance(document, dict) else world.enveloped(document)


def test_who_signs_beside_an_issuer_is_asked_for_once_the_issuer_signed() -> None:
    beside = world.web_controller("witness.example", "key-1")
    url = "https://witness.example/.well-known/did.json"
    pages = {WEB_URL: world.web_document(WEB), url: world.web_document(beside)}
    both = with_proof(signed(plain(WEB), WEB), beside)
    trust = registry(WEB, credentialTypes=["VerifiableCredential"])
    web = Web(pages)
    assert Verifier(fetch=web, trust=trust).verify(both, at=NOW)
    assert web.batches == [[WEB_URL], [url]]
    # Whichever stands first.
    turned = {**both, "proof": both["proof"][::-1]}
    web = Web(pages)
    assert Verifier(fetch=web, trust=trust).verify(turned, at=NOW)
    assert web.batches == [[WEB_URL], [url]]
    for forged in ({**both, "name": "changed"}, {**turned, "name": "changed"}):
        web = Web(pages)
        answer = Verifier(fetch=web, trust=trust).verify(forged, at=NOW)
        assert answer.outcome is Outcome.REFUSED
        assert web.asked == [WEB_URL]


def test_who_signed_inside_of_an_envelope_is_asked_for_once_that_holds() -> None:
    beside = world.web_controller("witness.example", "key-1")
    url = "https://witness.example/.well-known/did.json"
    pages = {WEB_URL: world.web_document(WEB), url: world.web_document(beside)}
    inner = with_proof(plain(WEB), beside)
    trust = registry(WEB, credentialTypes=["VerifiableCredential"])
    stolen = Controller(
        verification_method=WEB.verification_method, signer=STRANGER.signer
    )
    for signer, asked in ((WEB, [[WEB_URL], [url]]), (stolen, [[WEB_URL]])):
        web = Web(pages)
        answer = Verifier(fetch=web, trust=trust).verify(token(inner, signer), at=NOW)
        assert answer.verified is (signer is WEB)
        assert web.batches == asked


def test_where_nobody_asks_that_the_issuer_signed_whoever_did_is_asked_for() -> None:
    """An issuer at a web address has no key of its own in a Data Integrity proof."""
    issuer = "https://board.example.gov"
    document = with_proof({**plain(), "issuer": issuer}, WEB)
    types = {"credentialTypes": ["VerifiableCredential"]}
    trust = world.registry_of({"issuer": issuer, **types})
    for signs, asked in ((False, [WEB_URL]), (True, [])):
        web = Web({WEB_URL: world.web_document(WEB)})
        expect = Expectations(issuer_signs=signs)
        verifier = Verifier(fetch=web, trust=trust, expect=expect)
        answer = verifier.verify(document, at=NOW)
        assert web.asked == asked
        if signs:
            assert answer.outcome is Outcome.REFUSED
            assert codes(answer) == [("proof", "INVALID_RELATIONSHIP", "$.issuer")]
        else:
            assert world.results(answer, "proof") == ["pass"]


def test_a_key_that_cannot_be_had_is_no_refusal_where_any_key_counts() -> None:
    """Whether any key counts that signed can only be told once it is at hand."""
    document = with_proof({**plain(), "issuer": "https://board.example.gov"}, WEB)
    for signs, outcome in ((False, Outcome.UNDECIDED), (True, Outcome.REFUSED)):
        answer = verified(document, issuer_signs=signs)
        assert answer.outcome is outcome
        proof = {code for check, code, _ in codes(answer) if check == "proof"}
        assert proof == {"INVALID_RELATIONSHIP" if signs else "EVIDENCE_UNAVAILABLE"}
    # A presentation that names no holder may be by anybody.
    shown = {
        "@context": world.V2,
        "type": "VerifiablePresentation",
        "verifiableCredential": [signed(plain())],
    }
    bound: dict[str, Any] = {"challenge": world.CHALLENGE, "domain": world.DOMAIN}
    answer = verified(with_proof(shown, WEB, proofPurpose="authentication", **bound))
    assert answer.outcome is Outcome.UNDECIDED
    assert codes(answer)[0][:2] == ("proof", "EVIDENCE_UNAVAILABLE")


def test_no_status_is_fetched_that_nobody_asks_for() -> None:
    web = Web(lists())
    verifier = Verifier(fetch=web, expect=Expectations(status=StatusPolicy.OFF))
    assert verifier.verify(signed(world.license_draft()), at=NOW)
    assert web.batches == []
    known = {REVOCATIONS: world.status_list(controller=WEB)}
    document = signed(plain(WEB, credentialStatus=entry()), WEB)
    verifier.verify(document, at=NOW, evidence=evidence(known))
    assert web.asked == [WEB_URL]


def test_the_signer_of_a_list_that_nobody_asks_for_is_not_looked_up() -> None:
    types = ["VerifiableCredential"]
    trust = registry(BOARD, credentialTypes=types, statusListIssuers=[WEB.did])
    known = evidence({REVOCATIONS: world.status_list(controller=WEB)})
    document = signed(plain(credentialStatus=entry()))
    for status, asked in ((StatusPolicy.OFF, []), (StatusPolicy.REQUIRED, [WEB_URL])):
        web = Web()
        verifier = Verifier(fetch=web, trust=trust, expect=Expectations(status=status))
        verifier.verify(document, at=NOW, evidence=known)
        assert web.asked == asked


def test_with_a_registry_the_holder_is_looked_up_as_well() -> None:
    web = Web()
    shown = presented(signed(plain()), controller=WEB)
    Verifier(fetch=web, trust=registry(BOARD)).verify(shown, at=NOW)
    assert web.asked == [WEB_URL]


def test_the_signer_of_a_foreign_list_is_not_looked_up() -> None:
    web = Web({REVOCATIONS: world.status_list(controller=WEB)})
    answer = Verifier(fetch=web).verify(signed(plain(credentialStatus=entry())), at=NOW)
    assert not answer
    assert web.asked == [REVOCATIONS]


def test_a_list_that_cannot_be_read_needs_nothing_more() -> None:
    web = Web({REVOCATIONS: b"<html>"})
    document = signed(plain(credentialStatus=entry()))
    assert not Verifier(fetch=web).verify(document, at=NOW)
    assert web.asked == [REVOCATIONS]


HTTPS = "https://board.example.gov"
HTTPS_KEYS = "https://board.example.gov/.well-known/jwt-vc-issuer"


@pytest.mark.parametrize(
    ("document", "asked"),
    [
        (token(plain(WEB), WEB), [WEB_URL]),
        (token(plain(WEB), WEB, kid="#key-1"), [WEB_URL]),
        (token(plain(WEB), WEB, kid=None), [WEB_URL]),
        (token({"vct": "x", "iss": WEB.did}, WEB, typ="dc+sd-jwt") + "~", [WEB_URL]),
        (token(plain(), kid="did:web:127.0.0.1#k"), []),
        # Under its own name: a fetcher of documents on the web has none for it.
        (token(plain(), kid="did:unknown:1#k"), ["did:unknown:1"]),
        (signed(plain()), []),
        (plain(), []),
        # A proof names its key: what its issuer may publish elsewhere is nobody's.
        (with_proof({**plain(), "issuer": HTTPS}, WEB), [WEB_URL]),
        ({**plain(), "issuer": HTTPS}, []),
        (token({**plain(), "issuer": HTTPS}, kid=None), [HTTPS_KEYS]),
    ],
)
def test_whose_document_is_asked_for(document: Any, asked: list[str]) -> None:
    web = Web()
    Verifier(fetch=web).verify(document, at=NOW)
    assert web.asked == asked


@pytest.mark.parametrize("kid", [None, WEB.verification_method])
def test_the_holder_of_a_jwt_is_asked_for(kid: str | None) -> None:
    document = {k: v for k, v in presented().items() if k != "proof"}
    for named in ({"holder": WEB.did}, {"iss": WEB.did}):
        body = {k: v for k, v in document.items() if k != "holder"} | named
        web = Web({WEB_URL: world.web_document(WEB, relationships=("authentication",))})
        text = token(body, WEB, kid=kid, typ="vp+jwt")
        assert Verifier(fetch=web).verify(text, at=NOW)
        assert web.asked == [WEB_URL]


def test_a_jwt_that_names_nobody_asks_for_nobody() -> None:
    document = presented()
    body = {k: v for k, v in document.items() if k not in {"proof", "holder"}}
    web = Web()
    assert not Verifier(fetch=web).verify(
        token(body, world.DOCTOR, kid=None, typ="vp+jwt"), at=NOW
    )
    assert web.asked == []


def test_proofs_that_cannot_be_read_name_nobody() -> None:
    document = signed(plain(WEB), WEB)
    document["proof"] = [document["proof"], {}]
    web = Web()
    assert not Verifier(fetch=web).verify(document, at=NOW)
    assert web.asked == []


def test_a_resource_among_the_contexts_is_not_fetched() -> None:
    content = world.contexts().content(world.V2)
    related = {"id": world.V2, "digestMultibase": multihash(content)}
    web = Web()
    answer = Verifier(fetch=web).verify(signed(plain(relatedResource=related)), at=NOW)
    assert answer
    assert world.results(answer, "schema") == ["pass"]
    assert web.asked == []


# Bounds.


def many_schemas(count: int) -> dict[str, Any]:
    named = [
        {"id": f"https://example.org/{number}", "type": "JsonSchema"}
        for number in range(count)
    ]
    return signed(plain(credentialSchema=named))


def test_too_many_references_are_an_answer_and_no_exception() -> None:
    web = Web()
    verifier = Verifier(fetch=web)
    assert verifier.verify(many_schemas(MAX_NEEDS), at=NOW)
    assert len(web.asked) == MAX_NEEDS
    answer = verifier.verify(many_schemas(MAX_NEEDS + 1), at=NOW)
    assert codes(answer) == [("parse", "TOO_LARGE", "$")]
    assert answer.kind == "credential"
    assert answer.outcome is Outcome.REFUSED
    assert len(web.asked) == MAX_NEEDS
    waited = asyncio.run(_averify(verifier, many_schemas(MAX_NEEDS + 1)))
    assert waited.as_json() == answer.as_json()


def test_referring_to_the_same_document_many_times_is_an_answer_too() -> None:
    url = "https://example.org/1"
    schema = {"$id": url, "$schema": "https://json-schema.org/draft/2020-12/schema"}

    def naming(count: int) -> str:
        named = [{"id": url, "type": "JsonSchema"} for _ in range(count)]
        return world.token(plain(credentialSchema=named))

    known = {url: schema}
    assert world.verified(naming(MAX_REFERENCES), known=known)
    answer = world.verified(naming(MAX_REFERENCES + 1), known=known)
    assert codes(answer) == [("parse", "TOO_LARGE", "$")]
    half = world.enveloped(naming(MAX_REFERENCES // 2 + 1))
    answer = world.verified(presented(half, half), known=known)
    assert codes(answer) == [("parse", "TOO_LARGE", "$")]


async def _averify(verifier: Verifier, document: Any) -> Any:
    return await verifier.averify(document, at=NOW)


def test_the_references_of_a_whole_presentation_are_counted() -> None:
    half = many_schemas(MAX_NEEDS)
    other = signed(plain(credentialStatus=entry()))
    web = Web()
    answer = Verifier(fetch=web).verify(presented(half, other), at=NOW)
    assert codes(answer) == [("parse", "TOO_LARGE", "$")]
    assert web.batches == []
    opened = open_document(presented(half, other))
    with pytest.raises(MedidError):
        needs(opened, Judgement(at=NOW, contexts=world.contexts()))


def test_at_most_four_rounds_are_fetched() -> None:
    web = Web()

    def endless(known: Evidence) -> list[Need]:
        return [need(f"https://example.org/{len(known.answers)}")]

    found = gather(Evidence(), endless, web)
    assert len(web.batches) == MAX_ROUNDS == 4
    assert len(found.answers) == 4


def test_what_came_as_something_else_is_asked_for_again() -> None:
    # As a mere resource, whoever keeps it may give it for longer than the keys in it.
    url = "https://issuer.example/keys"
    answers = [world.fetched(url, b"old"), world.fetched(url, b"new")]
    asked: list[str] = []

    class Keeping:
        def fetch_all(
            self, requests: Sequence[FetchRequest], *, seconds: float
        ) -> list[Fetched | MedidError]:
            asked.extend(one.kind for one in requests)
            return [answers[len(asked) - 1]]

    def needed(known: Evidence) -> list[Need]:
        first = replace(need(url), kind="related-resource")
        return [first, replace(need(url), kind="key-set")] if url in known else [first]

    found = gather(Evidence(), needed, Keeping())
    assert asked == ["related-resource", "key-set"]
    assert found.get(url).content == b"new"


def test_what_was_handed_in_is_not_asked_for_whatever_it_is() -> None:
    url = "https://issuer.example/keys"
    known = Evidence().with_answers([(url, world.fetched(url, b"given"))])
    web = Web()
    found = gather(known, lambda _: [replace(need(url), kind="status-list")], web)
    assert web.batches == []
    assert found is known or found.get(url).content == b"given"


def test_the_time_is_for_all_rounds_together(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([100.0, 101.0, 104.5, 107.0, 108.0])
    monkeypatch.setattr(gathering, "stopwatch", lambda: next(ticks))
    web = Web()
    gather(Evidence(), lambda known: [need(f"https://e.org/{len(known.answers)}")], web)
    assert web.seconds == [MAX_SECONDS - 1, MAX_SECONDS - 4.5, 0.0, 0.0]


# Adapters.


@dataclass
class Losing:
    """An adapter that gives so many answers, whatever was asked."""

    answers: list[Any] = field(default_factory=list)

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> list[Fetched | MedidError]:
        return self.answers


@pytest.mark.parametrize("count", [0, 1, 3])
def test_answers_of_an_adapter_that_loses_some_are_given_to_nobody(count: int) -> None:
    wanted = [need("https://a.example"), need("https://b.example")]
    answers = [world.fetched("https://b.example", b"b")] * count
    found = gather(Evidence(), lambda _: wanted, Losing(answers))
    for one in wanted:
        assert isinstance(found.answers[one.url], FetchFailed)


class SyncOnly:
    def fetch_all(self, requests: Any, *, seconds: float) -> list[Any]:
        return [FetchFailed("x") for _ in requests]


class AsyncOnly:
    async def afetch_all(self, requests: Any, *, seconds: float) -> list[Any]:
        return [FetchFailed("x") for _ in requests]


def test_an_adapter_for_another_kind_of_caller_is_misuse() -> None:
    document = signed(plain(WEB), WEB)
    with pytest.raises(ConfigurationError) as caught:
        Verifier(fetch=AsyncOnly()).verify(document, at=NOW)
    assert caught.value.path == "$.fetch"
    with pytest.raises(ConfigurationError) as caught:
        asyncio.run(_averify(Verifier(fetch=SyncOnly()), document))
    assert caught.value.path == "$.fetch"
    assert not Verifier(fetch=SyncOnly()).verify(document, at=NOW)
    assert not asyncio.run(_averify(Verifier(fetch=AsyncOnly()), document))


# Sync and async.


DOCUMENTS: dict[str, Any] = {
    "license": signed(world.license_draft()),
    "web": signed(plain(WEB), WEB),
    "presentation": presented(signed(plain(WEB, credentialStatus=entry()), WEB)),
    "token": token(plain(WEB), WEB),
    "garbage": b"{",
}
PAGES = {
    **lists(),
    WEB_URL: world.web_document(WEB),
    "failed": FetchFailed("x"),
    "invalid": InvalidDid("x"),
    "other": b"<html>",
}


@given(
    st.sampled_from(sorted(DOCUMENTS)),
    st.dictionaries(
        st.sampled_from([WEB_URL, REVOCATIONS, SUSPENSIONS]),
        st.sampled_from(sorted(PAGES)),
    ),
    st.booleans(),
)
def test_an_async_caller_gets_the_same_answer(
    name: str, table: dict[str, str], trusting: bool
) -> None:
    pages = {url: PAGES[page] for url, page in table.items()}
    one, other = Web(pages), Web(pages)
    trust = registry(BOARD, WEB) if trusting else None
    document = DOCUMENTS[name]
    sync = Verifier(fetch=one, trust=trust).verify(document, at=NOW)
    waited = asyncio.run(_averify(Verifier(fetch=other, trust=trust), document))
    assert sync.as_json() == waited.as_json()
    assert one.batches == other.batches


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=3), max_size=5))
def test_both_drivers_gather_the_same(rounds: list[list[str]]) -> None:
    pages = {f"https://e.org/{letter}": letter for letter in "abcd"}

    def wanted_by(steps: list[list[str]]) -> Any:
        left = iter(steps)
        return lambda _: [need(f"https://e.org/{one}") for one in next(left, [])]

    one, other = Web(pages), Web(pages)
    sync = gather(Evidence(), wanted_by(rounds), one)
    waited = asyncio.run(agather(Evidence(), wanted_by(rounds), other))
    assert sync.as_json() == waited.as_json()
    assert one.batches == other.batches


def test_an_answer_that_was_not_awaited_is_not_truthy() -> None:
    verifier = Verifier()
    with pytest.raises(ConfigurationError):
        bool(verifier.averify(signed(plain()), at=NOW))


def test_an_answer_under_way_is_a_coroutine_like_any_other() -> None:
    verifier = Verifier()

    async def both() -> Any:
        first = verifier.averify(signed(plain()), at=NOW)
        second = verifier.averify(signed(plain()), at=NOW)
        return await asyncio.gather(asyncio.create_task(first), second)

    assert all(asyncio.run(both()))
    closed = verifier.averify(b"{", at=NOW)
    closed.close()

    async def waits() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "cancelled"
        return "slept"

    async def cancels() -> str:
        task = asyncio.create_task(Awaited(waits()))
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert asyncio.run(cancels()) == "cancelled"


def test_a_document_that_cannot_be_read_is_answered_without_waiting() -> None:
    web = Web()
    answer = asyncio.run(_averify(Verifier(fetch=web), b"\xff"))
    assert codes(answer) == [("parse", "PARSING_ERROR", "$")]
    assert answer.as_json() == verified(b"\xff").as_json()
    assert web.batches == []


class NotThere(FetchFailed):
    status = 404


@pytest.mark.parametrize(
    ("failure", "code", "outcome"),
    [
        (NotThere, "DID_NOT_FOUND", "refused"),
        (FetchFailed, "FETCH_FAILED", "undecided"),
    ],
)
def test_a_host_that_has_no_document_has_answered_also_in_a_replay(
    failure: type[FetchFailed], code: str, outcome: str
) -> None:
    class Host:
        def fetch_all(
            self, requests: Sequence[FetchRequest], *, seconds: float
        ) -> Sequence[Fetched | MedidError]:
            del seconds
            return [failure("no") for _ in requests]

    needed = Need(kind="did-document", url=WEB_URL, accept="*/*", max_bytes=9)
    gathered = gather(Evidence(), lambda _known: [needed], Host())
    document = signed(plain(WEB), WEB)
    for known in (gathered, Evidence.from_json(gathered.as_json())):
        answer = Verifier().verify(document, at=NOW, evidence=known)
        assert (answer.errors[0].code, answer.outcome) == (code, outcome)


def test_a_missing_list_is_not_a_missing_did() -> None:
    class Host:
        def fetch_all(
            self, requests: Sequence[FetchRequest], *, seconds: float
        ) -> Sequence[Fetched | MedidError]:
            del seconds
            return [NotThere("no") for _ in requests]

    needed = Need(kind="status-list", url=REVOCATIONS, accept="*/*", max_bytes=9)
    gathered = gather(Evidence(), lambda _known: [needed], Host())
    with pytest.raises(FetchFailed):
        gathered.get(REVOCATIONS)


def test_many_long_documents_are_not_held_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each proof of a presentation may name another DID with a log of 16 MiB."""
    monkeypatch.setattr(gathering, "MAX_GATHERED", 10)
    urls = [f"https://{name}.example/did.jsonl" for name in "abcd"]
    pages = dict(zip(urls, [b"1234", b"1234567", b"123456", b"1"], strict=True))
    known = gather(Evidence(), lambda _: [need(url) for url in urls], Web(pages))
    kept = [isinstance(known.answers[url], Fetched) for url in urls]
    assert kept == [True, False, True, False]
    with pytest.raises(EvidenceUnavailable, match="for one verification"):
        known.get(urls[1])
    rounds = gather(
        Evidence(),
        lambda found: [need(urls[2 if urls[0] in found else 0])],
        Web({**pages, urls[2]: b"1234567"}),
    )
    assert [isinstance(one, Fetched) for one in rounds.answers.values()].count(
        True
    ) == 1
