"""Every attack and every valid document, by HTTP: the library's outcome and codes."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.core import base64
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.health import contexts
from medid.server import Reasons, Settings
from medid.server.calls import Call
from medid.server.service import Service
from medid.trust import TrustRegistry
from medid.verifying.judging import Expectations, StatusPolicy
from medid.verifying.verifier import Verifier
from tests.attacks.case import FILE
from tests.attacks.corpus import cases
from tests.server.support import BASE, Pages, client, settings
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from medid.core.fetch import FetchRequest
    from medid.errors import MedidError
    from medid.verifying.checks import Verification
    from tests.attacks.case import Case

pytestmark = pytest.mark.campaign


# How the flags of the command line are called in a request.
_TEXTS: Final = {
    "--challenge": "challenge",
    "--nonce": "challenge",
    "--domain": "domain",
    "--audience": "domain",
    "--vct": "vct",
}
_FLAGS: Final = {
    "--require-holder-binding": "requireHolderBinding",
    "--require-key-binding": "requireKeyBinding",
}
_NAMES: Final = {
    "requireHolderBinding": "holder_binding",
    "requireKeyBinding": "key_binding",
}
# What only the server's own settings say.
_SWITCHES: Final = {
    "--allow-ml-dsa": "ml_dsa_tokens",
    "--require-hybrid-proofs": "hybrid_proofs",
}


@dataclass(frozen=True)
class Asked:
    """One command line, as the settings of a server and the options of a request."""

    at: Instant
    options: dict[str, Any]
    pages: dict[str, bytes]
    expect: Expectations
    trust: TrustRegistry | None


def asked(case: Case, folder: Path) -> Asked:  # noqa: C901 - one branch for each flag
    """What ``case`` asks for; a flag that is not known here is an error."""
    options: dict[str, Any] = {}
    pages: dict[str, bytes] = {}
    policy: dict[str, Any] = {}
    at, trust = Instant(0), None
    rest = iter(case.argv[2:])
    for flag in rest:
        if flag in {"--json", "--offline"}:
            continue
        if flag in _FLAGS:
            options[_FLAGS[flag]] = True
        elif flag in _TEXTS:
            options[_TEXTS[flag]] = next(rest)
        elif flag == "--now":
            at = Instant.parse(next(rest))
        elif flag == "--document":
            url, _, name = next(rest).rpartition("=")
            pages[url] = case.files[name]
        elif flag == "--status":
            policy["status"] = StatusPolicy(next(rest))
        elif flag in _SWITCHES:
            policy[_SWITCHES[flag]] = True
        elif flag == "--skew":
            policy["skew"] = float(next(rest))
        elif flag == "--trust":
            name = next(rest)
            (folder / name).write_bytes(case.files[name])
            trust = TrustRegistry.from_file(folder / name)
        else:
            raise LookupError(flag)
    return Asked(at, options, pages, Expectations(**policy), trust)


def verified(case: Case, told: Asked) -> Verification:
    """What the library answers."""
    expect = {_NAMES.get(name, name): value for name, value in told.options.items()}
    verifier = Verifier(
        contexts=contexts(),
        trust=told.trust,
        expect=replace(told.expect, **expect),
    )
    found = [
        (url, Fetched.of(url, page, fetched_at=told.at))
        for url, page in told.pages.items()
    ]
    evidence = Evidence().with_answers(found)
    return verifier.verify(case.files[FILE], at=told.at, evidence=evidence)


COSE: Final = b"\xd2\x84"  # the tag and the array that a message begins with
BINARY: Final = tuple(bytes([byte]) for byte in range(0x80, 0xEF))


def body(content: bytes, member: str, options: dict[str, Any]) -> bytes:
    """A request with ``content`` exactly as it is, if it looks like JSON at all.

    A COSE message travels in base64, in JSON as in any other text.
    """
    if content.startswith(COSE):
        document = json.dumps(base64.encode(content)).encode()
    elif content.lstrip(b" \t\r\n")[:1] in (b"{", b"[", b"\xef"):
        document = content
    else:
        text = content.strip(b" \t\r\n").decode("utf-8", "replace")
        document = json.dumps(text).encode()
    told = json.dumps(options).encode()
    return b'{"options":' + told + b',"' + member.encode() + b'":' + document + b"}"


@cache
def comparable() -> tuple[Case, ...]:
    """Every case of ``medid verify``; the command line alone reads two other things."""
    return tuple(case for case in cases() if case.argv[0] == "verify")


def test_nearly_the_whole_corpus_is_compared() -> None:
    assert len(comparable()) > 0.85 * len(cases())


class World:
    """One server, and what its clock and its hosts say at present."""

    def __init__(self, told: Asked) -> None:
        self.told = told
        self.client = client(
            Settings(
                base_url=BASE,
                trust=told.trust,
                expect=told.expect,
                reasons=Reasons.EVERYONE,
                fetch=self,
                clock=lambda: self.told.at,
            )
        )

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        pages = Pages(self.told.pages, self.told.at)
        return pages.fetch_all(requests, seconds=seconds)


@pytest.fixture(scope="module")
def worlds() -> Iterator[Callable[[Asked], World]]:
    """The server for what is asked; most cases share one."""
    with ExitStack() as opened:
        made: dict[str, World] = {}

        def world(told: Asked) -> World:
            trust = told.trust.settings if told.trust else None
            name = f"{told.expect} {trust}"
            if name not in made:
                made[name] = World(told)
                opened.enter_context(made[name].client)
            made[name].told = told
            return made[name]

        yield world


def codes(errors: Any) -> set[str]:
    return {error["code"] for error in errors}


def difference(case: Case, told: Asked, world: World) -> str | None:
    """How the answer by HTTP differs from the library's; ``None``: not at all."""
    by_library = verified(case, told)
    shown = by_library.kind == "presentation"
    path = "/presentations/verify" if shown else "/credentials/verify"
    member = "verifiablePresentation" if shown else "verifiableCredential"
    by_http = world.client.post(
        path,
        content=body(case.files[FILE], member, told.options),
        headers={"content-type": "application/json"},
    )
    answer = by_http.json()
    if any(canary in by_http.text for canary in case.canaries):
        return "a claim's value was shown"
    if by_library.kind == "did-document":
        # Nothing that this endpoint verifies.
        right = (by_http.status_code, answer["verified"]) == (400, False)
        return None if right else "a DID document was taken for a credential"
    found = (
        by_http.status_code,
        answer["verified"],
        answer.get("outcome", "refused"),
        sorted({error["code"] for error in answer["errors"]}),
    )
    expected = (
        200 if by_library.verified else 413 if found[0] == 413 else 400,
        by_library.verified,
        by_library.outcome.value,
        sorted({error.code for error in by_library.errors}),
    )
    if case.files[FILE].startswith(BINARY) and not case.files[FILE].startswith(COSE):
        # Bytes that are no COSE message cannot be sent as text; they are refused too.
        return None if found[:3] == expected[:3] else f"{found}, not {expected}"
    return None if found == expected else f"{found}, not {expected}"


def tried(group: str) -> list[Case]:
    """The cases of ``group``: of a large one some, and all in a soak."""
    found = [case for case in comparable() if case.group == group]
    return found if examples(1) > 1 else found[:: 1 + len(found) // ENOUGH]


ENOUGH: Final = 20  # of one group, where the library has judged them all
GROUPS: Final = sorted({case.group for case in comparable()})


@pytest.mark.campaign
@pytest.mark.parametrize("group", GROUPS)
def test_the_answer_is_the_librarys(
    group: str, tmp_path: Path, worlds: Callable[[Asked], World]
) -> None:
    differing = {}
    for case in tried(group):
        told = asked(case, tmp_path)
        differing[case.id] = difference(case, told, worlds(told))
    assert {name: why for name, why in differing.items() if why} == {}
    assert differing


def resolutions() -> list[Case]:
    return [case for case in cases() if case.argv[:3] == ("did", "resolve", "-")]


@pytest.mark.parametrize("case", resolutions(), ids=lambda case: case.id)
def test_what_is_no_did_is_not_resolved(case: Case) -> None:
    text = case.files["stdin"].decode("utf-8", "replace").removesuffix("\n")
    pages = {
        "https://board.example/.well-known/did.json": case.files.get("did.json", b"")
    }
    service = Service(settings(fetch=Pages(pages)))
    answer = service.resolve(Call(name=text))
    result = json.loads(answer.content)
    if case.expect == "verified":
        assert answer.status == 200
        return
    assert answer.status in {400, 404, 500, 501}
    assert result["didDocument"] is None
    assert result["didResolutionMetadata"]["error"]["type"]
