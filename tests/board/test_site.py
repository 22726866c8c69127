"""What a board publishes, as files in a dictionary that stands for the site."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters.register import SqlRegister
from medid.board import Issuing, positions
from medid.board.site import HEAD, INDEX, TRUST, Publishing, SiteFile
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    PublishedLater,
    RegisterAltered,
)
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey
from medid.status import StatusList
from medid.status.list_token import read_token
from medid.trust import TrustRegistry
from medid.verifying.opening import open_document
from medid.verifying.verifier import Verifier
from tests.board.world import DAY, SECURING, Board

if TYPE_CHECKING:
    from medid.board import IssuedCredential
    from medid.core.instant import Instant

LISTS = ["status/1/revocation", "status/1/suspension", "status/1/token"]
STATIC = [
    "contexts/credentials-v2.jsonld",
    "contexts/medid-health-v1.jsonld",
    "schemas/PractitionerLicenseCredential.json",
]

NO_CREDENTIAL = json.dumps(
    {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": "did:example:somebody",
    }
).encode()


@dataclass
class Site:
    """The site of a board, and what a verifier makes of it."""

    board: Board
    files: dict[str, bytes] = field(default_factory=dict)

    def made(self, **other: Any) -> tuple[SiteFile, ...]:
        settings: dict[str, Any] = {
            "issuing": self.board.issuing,
            "at": self.board.now[0],
            "published": self.files.get,
            **other,
        }
        return self.board.office.site(Publishing(**settings))

    def publish(self, **other: Any) -> list[str]:
        """Publish, and say what was written."""
        made = self.made(**other)
        self.files |= {one.path: one.content for one in made}
        return [one.path for one in made]

    def codes(self, issued: IssuedCredential) -> set[str]:
        """Why a verifier refuses that has fetched the site just now."""
        at = self.board.now[0]
        site = self.board.record.site
        answers = [
            (f"{site}/{path}", Fetched.of(f"{site}/{path}", content, fetched_at=at))
            for path, content in self.files.items()
        ]
        evidence = Evidence().with_answers(answers)
        found = Verifier().verify(issued.content, at=at, evidence=evidence)
        return {one.error.code for one in found.checks if one.error is not None}

    def set_in(self, path: str) -> set[int]:
        credential = open_document(self.files[path]).credential
        assert credential is not None
        bits = StatusList.from_credential(credential)
        return {one for one in range(bits.entries) if bits.status(one)}


@pytest.fixture
def site(sqlite_board: Board) -> Site:
    sqlite_board.active()
    return Site(sqlite_board)


def test_a_site_is_whole_and_in_the_order_of_its_references(site: Site) -> None:
    site.board.issue()
    assert site.publish(professions=["208D00000X"]) == [
        *STATIC,
        *LISTS,
        HEAD,
        TRUST,
        INDEX,
    ]
    index = json.loads(site.files[INDEX])
    assert index["board"] == site.board.record.did
    assert sorted(index["files"]) == sorted(set(site.files) - {INDEX})
    trust = TrustRegistry.from_json(json.loads(site.files[TRUST]))
    (entry,) = trust.settings.boards
    assert (entry.did, entry.jurisdictions) == (site.board.record.did, ("US-OH",))
    for path in (*LISTS, HEAD):
        if not path.endswith("token"):
            found = Verifier().verify(site.files[path], at=site.board.now[0])
            assert found.verified, path


def test_what_becomes_of_a_license_reaches_a_verifier(site: Site) -> None:
    issued = site.board.issue()
    site.publish()
    assert site.codes(issued) == set()
    place = issued.position.index
    for status, bits in [("suspended", 2), ("active", 0), ("suspended", 2)]:
        site.board.wait(60)
        site.board.change("35.1", status)
        assert site.publish() == [*LISTS, HEAD, INDEX]
        assert site.codes(issued) == ({"SUSPENDED"} if bits else set())
        token = read_token(site.files["status/1/token"]).packed.unpack()
        assert token.status(place) == bits
    site.board.wait(60)
    site.board.change("35.1", "revoked")
    old = dict(site.files)
    site.publish()
    assert "REVOKED" in site.codes(issued)
    token = read_token(site.files["status/1/token"]).packed.unpack()
    assert token.status(place) == 1
    # Whoever still has the older list of revocations has a suspension in the new one.
    site.files["status/1/revocation"] = old["status/1/revocation"]
    assert site.codes(issued) == {"SUSPENDED"}


def test_nothing_is_signed_anew_before_half_its_life(site: Site) -> None:
    site.board.issue()
    site.publish()
    assert site.publish() == []
    site.board.wait(3.4 * DAY)
    assert site.publish() == []
    site.board.wait(0.2 * DAY)
    assert site.publish() == [*LISTS, INDEX]
    assert site.publish() == []


def test_as_many_suspensions_are_not_the_same_suspensions(site: Site) -> None:
    site.board.active("35.2")
    first, second = site.board.issue("35.1"), site.board.issue("35.2")
    site.board.change("35.1", "suspended")
    site.publish()
    site.board.wait(60)
    site.board.change("35.1", "active")
    site.board.change("35.2", "suspended")
    assert set(site.publish()) >= {*LISTS}
    assert site.codes(first) == set()
    assert site.codes(second) == {"SUSPENDED"}


def test_another_key_signs_everything_anew(site: Site) -> None:
    site.board.issue()
    site.publish()
    other = Issuing(controller=site.board.controller, securing="vc+jwt")
    # The token is the same: it is a JWT in any case, and of the same second.
    assert site.publish(issuing=other) == [*LISTS[:2], HEAD, INDEX]
    assert site.publish(issuing=other) == []


@pytest.mark.parametrize("path", [*LISTS, HEAD])
def test_a_file_that_is_missing_or_unlike_the_index_is_made_again(
    site: Site, path: str
) -> None:
    site.board.issue()
    site.publish()
    site.files.pop(path)
    written = [HEAD] if path == HEAD else LISTS
    site.board.wait(1)
    assert site.publish() == [*written, INDEX]
    site.files[path] += b"\n"
    site.board.wait(1)
    assert site.publish() == [*written, INDEX]


@pytest.mark.parametrize("content", [b"{}", b"[]", b"no JSON", b"", b'{"files":1}'])
def test_without_its_index_everything_signed_is_made_again(
    site: Site, content: bytes
) -> None:
    site.board.issue()
    site.publish()
    site.files[INDEX] = content
    site.board.wait(1)
    assert site.publish() == [*LISTS, HEAD, INDEX]


def test_a_publication_that_was_cut_short_is_completed(site: Site) -> None:
    issued = site.board.issue()
    site.publish()
    site.board.wait(60)
    site.board.change("35.1", "suspended")
    whole = site.made()
    before = dict(site.files)
    for cut in range(len(whole) + 1):
        site.files = before | {one.path: one.content for one in whole[:cut]}
        site.publish()
        assert site.codes(issued) == {"SUSPENDED"}
        assert site.publish() == []
        digests = json.loads(site.files[INDEX])["files"]
        assert set(digests) == set(site.files) - {INDEX}


def test_a_publication_that_lacks_its_index_only_is_completed(site: Site) -> None:
    """The others are written then, and would be made with the same content again."""
    site.board.issue()
    site.publish()
    before = site.files[INDEX]
    site.board.change("35.1", "suspended")
    given = [SiteFile(path=".well-known/did.json", content=b"{}")]
    site.publish(given=given)
    index = json.loads(site.files[INDEX])
    for cut_off in (before, None):
        if cut_off is None:
            del site.files[INDEX]
        else:
            site.files[INDEX] = cut_off
        assert site.publish(given=given) == [INDEX]
        assert json.loads(site.files[INDEX]) == index
    site.board.wait(1)
    assert site.publish(given=given) == []


def test_a_clock_that_is_set_back_publishes_nothing(site: Site) -> None:
    site.board.issue()
    site.publish()
    early = site.board.now[0].plus(-1)
    with pytest.raises(PublishedLater) as refused:
        site.publish(at=early)
    assert refused.value.path == f"$.site['{HEAD}']"
    del site.files[HEAD]
    with pytest.raises(PublishedLater) as refused:
        site.publish(at=early)
    assert refused.value.path == "$.site['status/1/revocation']"


def test_a_register_that_was_put_back_publishes_nothing(site: Site) -> None:
    site.board.issue()
    site.publish()
    behind = dict(site.files)
    site.board.wait(1)
    site.board.change("35.1", "revoked")
    site.publish()
    # An empty register of the same board has neither the head nor the revocation.
    head = site.files[HEAD]
    with site.board.engine.begin() as connection:
        for name in _triggers(connection):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE sealed SET hash = substr(hash, 2) || 'f'")
    with pytest.raises(RegisterAltered) as refused:
        site.publish()
    assert "another one" in refused.value.message
    with site.board.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sealed")
        connection.exec_driver_sql("DELETE FROM entry")
        connection.exec_driver_sql("DELETE FROM license_version WHERE version = 3")
        connection.exec_driver_sql("DELETE FROM event WHERE kind = 'revoked'")
        connection.exec_driver_sql(
            "INSERT INTO unsealed SELECT board_id, id FROM event"
        )
    with pytest.raises(RegisterAltered) as refused:
        site.publish()
    assert "shorter" in refused.value.message
    # Even where the head is an old one, no revocation leaves a list.
    site.files[HEAD] = behind[HEAD]
    site.board.wait(1)
    with pytest.raises(RegisterAltered) as refused:
        site.publish()
    assert (refused.value.path, head != behind[HEAD]) == (
        "$.site['status/1/revocation']",
        True,
    )


def _triggers(connection: Any) -> list[str]:
    asked = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    return [name for (name,) in connection.exec_driver_sql(asked)]


@pytest.mark.parametrize("path", [LISTS[0], LISTS[1], HEAD])
@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"<html>", b'{"id": 1}', b"\xff" * 9, NO_CREDENTIAL],
)
def test_a_damaged_file_is_told_and_not_overwritten(
    site: Site, path: str, content: bytes
) -> None:
    site.board.issue()
    site.publish()
    site.files[path] = content
    with pytest.raises(MalformedValue) as refused:
        site.publish()
    assert refused.value.path == f"$.site['{path}']"


def test_a_list_in_place_of_another_file_is_refused(site: Site) -> None:
    site.board.issue()
    site.publish()
    site.files[LISTS[0]] = site.files[HEAD]
    with pytest.raises(MalformedValue):
        site.publish()
    site.files[LISTS[0]] = site.files[LISTS[1]]
    site.files[HEAD] = site.files[LISTS[1]]
    with pytest.raises(MedidError):
        site.publish()


def test_a_site_without_a_credential_has_no_list(site: Site) -> None:
    assert site.publish() == [*STATIC, HEAD, INDEX]
    assert site.publish() == []


def test_a_head_of_an_empty_register_is_found_again(sqlite_board: Board) -> None:
    site = Site(sqlite_board)
    site.publish()
    site.board.wait(1)
    site.board.active()
    assert site.publish() == [HEAD, INDEX]


def test_files_of_the_operator_are_part_of_the_site(site: Site) -> None:
    given = [SiteFile(path=".well-known/did.json", content=b"{}")]
    assert site.publish(given=given)[0] == ".well-known/did.json"
    assert site.publish(given=given) == []


def test_a_trust_entry_that_verifiers_would_refuse_is_not_published(
    site: Site,
) -> None:
    with pytest.raises(MedidError):
        site.publish(professions=["a b\n"] * 2 + [""])
    assert site.files == {}


def test_the_key_is_the_board_s_and_can_sign(site: Site) -> None:
    other = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    with pytest.raises(ConfigurationError):
        site.publish(issuing=Issuing(controller=other, securing=SECURING))


# Decoys.


@given(
    key=st.binary(min_size=32, max_size=32),
    size=st.integers(1, 3_000),
    data=st.data(),
)
def test_no_credential_gets_the_position_of_a_decoy(
    key: bytes, size: int, data: st.DataObject
) -> None:
    room = data.draw(st.integers(0, size))
    found = positions.decoys(key, size, room)
    both = [*found.revocation, *found.suspension]
    dealt = set(positions.dealt(key, size, range(room)))
    assert len(set(both)) == len(both) == 2 * positions.decoy_count(size, room)
    assert not dealt & set(both)
    assert positions.decoys(key, size, room) == found


def test_decoys_are_set_from_the_first_day_and_stay(site: Site) -> None:
    issued = site.board.issue()
    site.publish()
    decoys = {path: site.set_in(path) for path in LISTS[:2]}
    assert [len(one) for one in decoys.values()] == [2_048, 2_048]
    site.board.wait(1)
    site.board.change("35.1", "revoked")
    site.publish()
    assert site.set_in(LISTS[0]) == decoys[LISTS[0]] | {issued.position.index}
    assert site.set_in(LISTS[1]) == decoys[LISTS[1]]
    token = read_token(site.files[LISTS[2]]).packed.unpack()
    both = decoys[LISTS[0]] | decoys[LISTS[1]] | {issued.position.index}
    assert {one for one in range(token.entries) if token.status(one)} == both


def test_only_the_list_that_has_changed_is_signed(sqlite_board: Board) -> None:
    register = SqlRegister(sqlite_board.engine, list_size=16)
    board = Board.on(sqlite_board.engine, register)
    site = Site(board)
    issued = {}
    for count in range(20):
        board.active(f"35.{count}")
        issued[f"35.{count}"] = board.issue(f"35.{count}")
    site.publish()
    number = next(n for n, one in issued.items() if one.position.list_number == 2)
    board.wait(1)
    board.change(number, "suspended")
    assert site.publish() == [
        *(path.replace("1", "2") for path in LISTS),
        HEAD,
        INDEX,
    ]


def test_what_lies_ahead_is_published_when_it_has_come(site: Site) -> None:
    issued = site.board.issue()
    later: Instant = site.board.now[0].plus(DAY)
    site.board.change("35.1", "suspended", effective=later)
    site.publish()
    assert site.codes(issued) == set()
    site.board.wait(DAY)
    assert site.publish() == [*LISTS, INDEX]
    assert site.codes(issued) == {"SUSPENDED"}
