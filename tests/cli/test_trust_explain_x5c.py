"""``medid trust explain --x5c``: the chain itself is judged, from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from medid.cli import files
from medid.core.evidence import Evidence
from medid.core.json import dumps
from medid.trust import LICENSE_TYPE
from tests.dids.test_x509 import LEAF, MIDDLE, ROOT
from tests.keys.authorities import revocations
from tests.verifying import test_certifying as certifying
from tests.verifying import test_issuer_keys as web
from tests.verifying.test_chained import BELOW
from tests.verifying.test_x509 import CHAIN, DID
from tests.verifying.world import BOARD, NOW, VCT, fetched

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Command, Told
    from tests.keys.authorities import Holder

pytestmark = pytest.mark.usefixtures("no_network")


@pytest.fixture
def ask(medid: Command, tmp_path: Path) -> Callable[..., Told]:
    """Asks about an issuer, below a root, with the certificates that it signs with."""

    def asked(
        issuer: str,
        chain: tuple[Holder, ...],
        *options: object,
        entry: Any = None,
        kind: str = LICENSE_TYPE,
        lists: Any = (),
    ) -> Told:
        trust, pem = tmp_path / "trust.json", tmp_path / "chain.pem"
        trust.write_text(dumps({"x509Roots": [entry or certifying.entry()]}))
        pem.write_text("".join(one.pem for one in chain))
        given: list[object] = []
        for number, (url, content) in enumerate(dict(lists).items()):
            page = tmp_path / f"{number}.crl"
            page.write_bytes(content)
            given += ["--document", f"{url}={page}"]
        return medid(
            *("trust", "explain", "--trust", trust, "--issuer", issuer),
            *("--type", kind, "--jurisdiction", "NL", "--at", NOW, "--offline"),
            *("--x5c", pem, *given, *options),
        )

    return asked


def test_an_authority_below_the_root_is_placed_by_the_chain(ask: Any) -> None:
    told = ask(BELOW, CHAIN)
    assert (told.code, told.err) == (0, "")
    lines = told.out.splitlines()
    assert lines[1].startswith("  $.x509Roots[0]: The root ")
    assert lines[2].startswith(f"  {BELOW} is believed on the word of ni:///sha-256;")
    assert f"recognizes {BELOW} from 2026-05-16T12:00:00Z" in told.out
    assert told.out.endswith(
        "  not judged: whether its certificates were revoked: no root names a list\n"
    )
    found = ask(BELOW, CHAIN, "--json").json()
    assert (found["believed"], len(found["chains"][0]["links"])) == (True, 2)


def test_a_chain_that_leads_elsewhere_is_a_no(ask: Any) -> None:
    told = ask(DID, (LEAF, ROOT))
    assert told.code == 1
    assert "missing: certificates: the certificates do not count: " in told.out
    assert "(INVALID_VERIFICATION_METHOD)" in told.out
    assert (
        "missing: certificate at $.x509Roots[0]: the certificates do not lead to"
        in (told.out)
    )


def test_who_was_revoked_is_refused_and_without_a_list_it_is_open(ask: Any) -> None:
    entry = certifying.entry(**certifying.BOTH)
    assert ask(DID, CHAIN, entry=entry, lists=certifying.CLEAR).code == 0
    revoked = {
        **certifying.CLEAR,
        certifying.MIDDLE_CRL: revocations(MIDDLE, LEAF),
    }
    told = ask(DID, CHAIN, entry=entry, lists=revoked)
    assert told.code == 1
    told = ask(DID, CHAIN, entry=entry)
    assert told.code == 3
    assert "whether a certificate was revoked cannot be told" in told.out
    assert "fix: supply the lists that the trust file names" in told.out


def test_a_list_counts_no_longer_than_the_trust_file_says(
    medid: Command, tmp_path: Path
) -> None:
    """It was fetched half an hour before."""
    entry = certifying.entry(**certifying.BOTH)
    known = Evidence().with_answers(
        (url, fetched(url, content, NOW.plus(-1_800)))
        for url, content in certifying.CLEAR.items()
    )
    (tmp_path / "known.json").write_text(dumps(known.as_json()))
    (tmp_path / "chain.pem").write_text("".join(one.pem for one in CHAIN))
    trust = tmp_path / "trust.json"
    for seconds, code in ((1_801, 0), (1_800, 3)):
        document: Any = {"x509Roots": [entry], "statusMaxAgeSeconds": seconds}
        trust.write_text(dumps(document))
        told = medid(
            *("trust", "explain", "--trust", trust, "--issuer", DID, "--offline"),
            *("--type", LICENSE_TYPE, "--jurisdiction", "NL", "--at", NOW),
            *("--x5c", tmp_path / "chain.pem", "--evidence", tmp_path / "known.json"),
        )
        assert told.code == code


def test_a_web_issuer_is_judged_by_its_certificate(ask: Any) -> None:
    leaf = web.certified_leaf(by=MIDDLE)
    entry = certifying.entry(**certifying.WEB)
    told = ask(web.ISSUER, (leaf, MIDDLE), entry=entry, kind=VCT)
    assert told.code == 0
    assert f"{web.ISSUER} is believed on the word of" in told.out
    told = ask(f"{web.ISSUER}0", (leaf, MIDDLE), entry=entry, kind=VCT)
    assert told.code == 1


def test_certificates_beside_another_name_are_a_wrong_call(ask: Any) -> None:
    told = ask(BOARD.did, CHAIN)
    assert (told.code, told.out) == (2, "")
    assert "certificates say nothing about an issuer of this name" in told.err


def test_what_is_no_chain_is_a_wrong_call(ask: Any, tmp_path: Path) -> None:
    for content in (b"", b"x", b"\xff" * 9, CHAIN[0].pem.encode() * 9):
        place = tmp_path / "odd.pem"
        place.write_bytes(content)
        told = ask(DID, CHAIN, "--x5c", place)
        assert (told.code, told.out) == (2, "")
    assert ask(DID, CHAIN, "--x5c", tmp_path / "none.pem").code == 2


def test_a_long_list_of_the_revoked_is_read_whole(ask: Any) -> None:
    """It is as long as one that is fetched may be, and longer than a document."""
    entry = certifying.entry(**certifying.BOTH)
    filler = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(3 << 20))
    long = revocations(MIDDLE, extensions=[(filler, False)])
    assert len(long) > files.MAX_FILE
    lists = {**certifying.CLEAR, certifying.MIDDLE_CRL: long}
    assert ask(DID, CHAIN, entry=entry, lists=lists).code == 0
    lists[certifying.MIDDLE_CRL] = bytes(files.MAX_SUPPLIED + 1)
    told = ask(DID, CHAIN, entry=entry, lists=lists)
    assert (told.code, told.out) == (2, "")
    assert "has more than 16777216 bytes" in told.err
