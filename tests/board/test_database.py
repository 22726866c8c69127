"""The database below: its form, its guards, and that no board sees another's."""

from __future__ import annotations

import importlib
import inspect
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from medid.adapters.register import SqlRegister, opening
from medid.adapters.register.checked import TRIGGERS
from medid.adapters.register.estimates import FEW
from medid.adapters.register.session import SqlSession
from medid.adapters.register.tables import (
    APPEND_ONLY,
    BOARD,
    METADATA,
    STATUS_LIST,
    UNSEALED,
)
from medid.board import Change, Session, Withdrawal
from medid.board.licensing import PURPOSES
from medid.board.records import Position
from medid.board.site import Publishing
from medid.core.instant import Instant
from medid.errors import (
    AlreadyInRegister,
    ConfigurationError,
    MissingExtra,
    NotInRegister,
    RegisterAltered,
    RegisterUnavailable,
)
from tests.board.world import NOON, WHY, Board, application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from tests.board.conftest import Opened

GMC = "https://fhir.hl7.org.uk/Id/gmc-number"


def tables(engine: Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        options = {"version_table": opening.VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, METADATA))


def test_migrations_up_make_the_tables_and_down_leave_nothing(
    opened: Opened, bare_url: str
) -> None:
    engine = opened(bare_url)
    opening.make(engine)
    assert differences(engine) == []
    opening.make(engine)  # a second time changes nothing
    with opening.transaction(engine, writing=True) as connection:
        command.downgrade(opening._config(connection), "base")
    assert tables(engine) == {opening.VERSION_TABLE}
    opening.make(engine)
    assert differences(engine) == []


def test_what_is_only_added_to_refuses_every_change(board: Board) -> None:
    board.active(identifiers={GMC: "1234567"})
    issued = board.issue()
    board.change("35.1", "suspended")
    with board.register.session(board.record.did, writing=True) as session:
        back = Withdrawal(
            credential=issued.id, effective=NOON, replaced_by=None, event=4
        )
        session.add_withdrawals([back])
        assert session.seal() == 4
    changed = {BOARD, STATUS_LIST, UNSEALED}
    assert set(APPEND_ONLY) == set(METADATA.tables.values()) - changed
    for table in APPEND_ONLY:
        column = list(table.c)[-1]
        statements = [
            sa.update(table).values({column: column}),
            sa.delete(table),
        ]
        if board.engine.dialect.name != "sqlite":
            statements.append(sa.text(f"TRUNCATE {table.name} CASCADE"))  # type: ignore[arg-type]
        with board.engine.connect() as connection:
            count = sa.select(sa.func.count()).select_from(table)
            before = connection.execute(count).scalar_one()
        assert before > 0, table.name
        for statement in statements:
            with (
                pytest.raises(sa.exc.DBAPIError, match="append-only"),
                board.engine.begin() as connection,
            ):
                connection.execute(statement)


def test_two_credentials_never_share_a_position_whatever_deals_them(
    board: Board,
) -> None:
    board.active("1")
    board.active("2")
    board.issue("1")
    with board.engine.begin() as connection:
        connection.execute(sa.update(STATUS_LIST).values(dealt=0))
    with pytest.raises(RegisterUnavailable):
        board.issue("2")


def test_lists_are_opened_as_they_are_needed(engine: Engine) -> None:
    board = Board.new(engine, list_size=16)
    rows = [application(str(one)) for one in range(40)]
    board.office.apply(rows, reason=WHY)
    changes = [Change(number=one.number, status="active") for one in rows]
    board.office.change(changes, reason=WHY)
    done = board.office.issue([one.number for one in rows], board.issuing, reason=WHY)
    positions = [one.credential.position for one in done if one.credential]
    assert len(set(positions)) == 40
    # Of 16 positions two stay decoys.
    counts = [sum(one.list_number == at for one in positions) for at in (1, 2, 3)]
    assert counts == [14, 14, 12]
    assert all(0 <= one.index < 16 for one in positions)
    assert len(list(board.office.status_lists(board.issuing))) == 2 * 3


def test_a_register_is_its_owners_alone(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "register.db"
    before = os.umask(0)
    try:
        engine = opened(f"sqlite:///{file}")
        opening.make(engine)
        board = Board.new(engine)
        board.apply()
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT * FROM license")
            beside = list(tmp_path.iterdir())
            assert {one.name for one in beside} >= {"register.db", "register.db-wal"}
            for one in beside:
                assert stat.S_IMODE(one.stat().st_mode) == 0o600
    finally:
        os.umask(before)
    file.chmod(0o644)
    SqlRegister(opened(f"sqlite:///{file}"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_committed_outlasts_a_power_failure(sqlite_board: Board) -> None:
    with sqlite_board.engine.connect() as connection:
        for name, value in [("synchronous", 2), ("foreign_keys", 1)]:
            found = connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            assert found == value
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        assert mode == "wal"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://medid@host/db",
        "oracle://x",
        "register.db",
        "postgresql://medid@host:port/db",
        "\0",
    ],
)
def test_what_is_no_url_of_a_database_is_refused(opened: Opened, url: str) -> None:
    with pytest.raises(ConfigurationError, match="not the URL"):
        opened(url)


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(MissingExtra, match="psycopg"):
            opening.open_engine("postgresql://medid@127.0.0.1/register")
    for name in ("alembic", "sqlalchemy"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            with pytest.raises(MissingExtra) as caught:
                importlib.reload(sys.modules["medid.adapters.register"])
            assert "medid[board]" in caught.value.fix


def test_no_file_is_made_where_there_is_no_register(
    opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "register.db"
    with pytest.raises(RegisterUnavailable, match="not there"):
        SqlRegister(opened(f"sqlite:///{file}"))
    assert not file.exists()
    with pytest.raises(RegisterUnavailable):
        opening.make(opened(f"sqlite:///{tmp_path / 'none' / 'register.db'}"))


def test_an_empty_database_is_no_register(opened: Opened, bare_url: str) -> None:
    if bare_url.startswith("sqlite"):
        Path(bare_url.removeprefix("sqlite:///")).touch()
    with pytest.raises(ConfigurationError, match="no register"):
        SqlRegister(opened(bare_url))


def test_another_programs_database_is_left_as_it_is(
    opened: Opened, bare_url: str
) -> None:
    if bare_url.startswith("sqlite"):
        Path(bare_url.removeprefix("sqlite:///")).touch(mode=0o644)
    engine = opened(bare_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE notes (text TEXT)"))
        # The usual name of the table of others' migrations, and a usual revision.
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0001')"))
    for refuse in (opening.make, opening.check):
        with pytest.raises(ConfigurationError):
            refuse(engine)
    assert tables(engine) == {"notes", "alembic_version"}
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        assert {one.name for one in file.parent.iterdir()} == {file.name}


def test_a_file_that_is_no_database_is_refused(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database\n" * 1_000)
    for refuse in (opening.make, opening.check):
        with pytest.raises(ConfigurationError, match="another program's"):
            refuse(opened(f"sqlite:///{file}"))
    assert file.read_text().startswith("not a database\n")


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {opening.VERSION_TABLE} SET version_num = '9999'",
        # Nothing that was brought to two forms has one of this medid.
        f"INSERT INTO {opening.VERSION_TABLE} VALUES ('0001')",
    ],
)
def test_the_register_of_a_newer_medid_is_refused(
    opened: Opened, url: str, statement: str
) -> None:
    engine = opened(url)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    for refuse in (opening.make, opening.check):
        with pytest.raises(ConfigurationError, match="program's, or of a newer medid"):
            refuse(engine)


def test_nothing_acts_in_a_register_but_what_medid_made(
    opened: Opened, sqlite_board: Board
) -> None:
    url = str(sqlite_board.engine.url)
    with sqlite_board.engine.connect() as connection:
        made = connection.execute(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
        )
        assert set(made.scalars()) == TRIGGERS
    passes = "BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END"
    for kind, name, body in (
        # By this one no suspension reaches the status lists.
        ("TRIGGER", "t", passes),
        # And this one is called as one of medid's own.
        ("TRIGGER", "entry_update", passes),
        ("VIEW", "v", "AS SELECT 1"),
    ):
        with opened(url).begin() as connection:
            connection.exec_driver_sql(f"DROP {kind} IF EXISTS {name}")
            connection.exec_driver_sql(f"CREATE {kind} {name} {body}")
        for refuse in (opening.make, SqlRegister):
            with pytest.raises(RegisterAltered, match="that medid did not make"):
                refuse(opened(url))
        with opened(url).begin() as connection:
            connection.exec_driver_sql(f"DROP {kind} {name}")
        SqlRegister(opened(url))


def test_forms_are_called_as_their_migrations(opened: Opened, url: str) -> None:
    config = opening._config(opened(url).connect())
    scripts = ScriptDirectory.from_config(config)
    known = [one.revision for one in scripts.walk_revisions()]
    assert list(opening._forms()) == known[::-1] == sorted(known)
    assert scripts.get_current_head() == known[0]


def test_who_looks_something_up_does_not_load_what_makes_tables(board: Board) -> None:
    code = (
        "import sys\n"
        "from medid.adapters.register import SqlRegister, open_engine\n"
        "SqlRegister(open_engine(sys.argv[1]))\n"
        "print('alembic' in sys.modules)\n"
    )
    url = board.engine.url.render_as_string(hide_password=False)
    argv = [sys.executable, "-c", code, url]
    found = subprocess.run(argv, capture_output=True, check=True, text=True)
    assert found.stdout == "False\n"


LATER = '''"""A step that comes later."""

from alembic import op

revision = "9000"
down_revision = "HEAD"


def upgrade() -> None:
    op.execute("CREATE TABLE later (id INTEGER)")


def downgrade() -> None:
    op.execute("DROP TABLE later")
'''


def test_the_register_of_an_older_medid_is_refused_until_it_is_upgraded(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.apply()
    scripts = tmp_path / "migrations"
    source = Path(opening.__file__).with_name("migrations")
    shutil.copytree(source, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    later = LATER.replace("HEAD", opening._forms()[-1])
    (scripts / "versions" / "v9000_later.py").write_text(later)
    monkeypatch.setattr(opening, "_SCRIPTS", scripts)
    with pytest.raises(ConfigurationError, match="older medid") as caught:
        SqlRegister(board.engine)
    assert "medid board upgrade" in caught.value.fix
    opening.make(board.engine)
    assert "later" in tables(board.engine)
    SqlRegister(board.engine)
    assert board.office.license("35.1").number == "35.1"


def test_what_waits_for_its_seal_is_known_after_an_upgrade(board: Board) -> None:
    board.apply()
    board.office.head(board.issuing)
    board.change("35.1", "active")
    with opening.transaction(board.engine, writing=True) as connection:
        command.downgrade(opening._config(connection), "0001")
    assert UNSEALED.name not in tables(board.engine)
    opening.make(board.engine)
    assert board.office.verify().unsealed == 1
    board.change("35.1", "suspended")
    head, _ = board.office.head(board.issuing)
    found = board.office.verify()
    assert (head.sequence, found.events, found.unsealed) == (3, 3, 0)


def test_an_event_that_is_committed_after_later_ones_is_sealed_too(
    board: Board,
) -> None:
    if board.engine.dialect.name == "sqlite":
        return  # it has one writer at a time
    board.apply("1")
    board.apply("2")
    others = Board.on(board.engine, board.register)
    others.apply("1")
    did = board.record.did
    with board.register.session(did, writing=True) as late:
        (event,) = board.office.history("1")[1]
        late.append([event])
        board.change("2", "active")
        assert board.office.head(board.issuing)[0].sequence == 3
    with board.register.session(did, writing=False) as session:
        assert session.waiting() == 1
    with board.register.session(did, writing=True) as session:
        assert (session.seal(), session.waiting()) == (1, 0)
        numbers = [one.event.number for one in session.sealed()]
    assert numbers == [*sorted(numbers[:3]), numbers[3]]
    assert numbers[3] < numbers[2]
    with others.register.session(others.record.did, writing=False) as session:
        assert session.waiting() == 1


# Errors.


def test_an_error_never_carries_what_a_database_says(board: Board) -> None:
    board.apply(name="Ada Rowe")
    with board.engine.begin() as connection:
        cascade = "" if board.engine.dialect.name == "sqlite" else " CASCADE"
        connection.execute(sa.text(f"DROP TABLE license_version{cascade}"))
    with pytest.raises(RegisterUnavailable) as caught:
        board.apply("35.2", name="Bert Adams")
    error: BaseException | None = caught.value
    assert error is not None
    assert error.__suppress_context__
    assert "Bert" not in str(error)
    assert "35.2" not in str(error)


def test_there_is_one_board_of_a_did_and_on_a_site(board: Board) -> None:
    with pytest.raises(AlreadyInRegister):
        board.register.found(board.record, recorded=NOON)


def test_a_session_that_fails_leaves_nothing(board: Board) -> None:
    class Stop(Exception):
        pass

    def act() -> None:
        with board.register.session(board.record.did, writing=True) as session:
            session.allocate(3)
            session.seal()
            raise Stop

    board.apply()
    with pytest.raises(Stop):
        act()
    with board.register.session(board.record.did, writing=False) as session:
        assert session.lists() == []
        assert session.head()[0] == 0


def test_a_reading_session_sees_one_state(board: Board) -> None:
    board.apply("1")
    with board.register.session(board.record.did, writing=False) as session:
        assert session.numbers(limit=9) == ["1"]
        board.apply("2")
        assert session.numbers(limit=9) == ["1"]
        assert session.taken(["1", "2"]) == {"1"}
    with board.register.session(board.record.did, writing=False) as session:
        assert session.numbers(limit=9) == ["1", "2"]
        assert session.numbers(after="1", limit=9) == ["2"]


def test_a_number_that_is_taken_in_the_last_moment_is_refused(board: Board) -> None:
    made = board.apply()
    with (
        pytest.raises(AlreadyInRegister),
        board.register.session(board.record.did, writing=True) as session,
    ):
        session.add([made])


# What is read of a large register.

# Of these all that a board has may be read: it is little, or the first row is enough.
SHORT = {"sealed", "status_list", "unsealed"}


def plans(board: Board, act: Callable[[], object]) -> Iterator[str]:
    """How SQLite finds what ``act`` asks for; the same for any number of rows."""
    asked: dict[str, Any] = {}

    @sa.event.listens_for(board.engine, "before_cursor_execute")
    def _asked(*call: Any) -> None:
        asked.setdefault(call[2], call[3])

    act()
    sa.event.remove(board.engine, "before_cursor_execute", _asked)
    with board.engine.connect() as connection:
        for statement, values in asked.items():
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                found = connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", values
                )
                yield from (row.detail for row in found)


def test_no_act_reads_the_whole_register(sqlite_board: Board) -> None:
    """What takes no time with ten licenses takes minutes with a million.

    Only a search by name, the daily look for what expires and ``verify-register`` read
    along.
    """
    board = sqlite_board
    number = {"https://n.example": "1"}
    board.active("1", identifiers=number)
    board.apply("2", identifiers=number)
    site: dict[str, bytes] = {}

    def publish() -> None:
        made = board.office.site(
            Publishing(issuing=board.issuing, at=NOON, published=site.get)
        )
        site.update({one.path: one.content for one in made})

    acts: dict[str, Callable[[], object]] = {
        "apply": lambda: board.apply("3", identifiers=number),
        "issue": lambda: board.issue("1"),
        "suspend": lambda: board.change("1", "suspended"),
        "publish": publish,
        "publish again": publish,
        "look up": lambda: board.office.history("1"),
        **{
            name: lambda name=name: ask(board, name)  # type: ignore[misc]
            for name in ASKED.keys() - {"find", "ending", "unknown", "totals"}
        },
    }
    seen = 0
    for name, act in acts.items():
        for plan in plans(board, act):
            seen += 1
            words = plan.split()
            if words[0] == "SCAN":
                assert words[1] == "CONSTANT", (name, plan)
            elif words[0] == "SEARCH" and words[1] not in SHORT:
                assert not plan.endswith("(board_id=?)"), (name, plan)
                by_list = "(board_id=? AND list_number=?)"
                assert words[1] != "entry" or by_list not in plan, (name, plan)
    assert seen > len(acts)


def test_a_server_learns_how_large_a_register_has_become(
    postgres_url: str, opened: Opened
) -> None:
    """What it believes of a new table is that a board has some twenty rows in it."""
    board = Board.new(opened(postgres_url))

    def counts() -> int:
        asked = "SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'event'"
        with board.engine.connect() as connection:
            return int(connection.exec_driver_sql(asked).scalar_one())

    def enter(first: int, count: int) -> None:
        given = [
            application(f"{one:07}", identifiers={GMC: f"{one:07}"})
            for one in range(first, first + count)
        ]
        for one in board.office.apply(given, reason=WHY):
            one.done()

    def believed() -> int:
        asked = "EXPLAIN (FORMAT JSON) SELECT * FROM license WHERE board_id = 1"
        with board.engine.connect() as connection:
            found = connection.exec_driver_sql(asked).scalar_one()
        return int(found[0]["Plan"]["Plan Rows"])

    with board.engine.begin() as connection:
        for table in METADATA.tables:
            # The server's own count could come between.
            off = f"ALTER TABLE {table} SET (autovacuum_enabled = off)"
            connection.exec_driver_sql(off)
    enter(0, FEW - 1)
    assert counts() == 0
    assert believed() < FEW // 10
    enter(FEW, 2)
    assert counts() == 1
    assert believed() == FEW + 1
    # Neither this process nor another has it counted again before it is twice as large.
    board.register._estimates.grown(2 * FEW - 1)
    SqlRegister(board.engine)._estimates.grown(FEW + 10)
    assert counts() == 1
    board.register._estimates.grown(2 * FEW + 2)
    SqlRegister(board.engine)._estimates.grown(10 * FEW)
    assert counts() == 3


def ask(board: Board, name: str) -> None:
    with board.register.session(board.record.did, writing=True) as session:
        list(ASKED[name](session, "1"))


# Two boards in one database.

# What the other board has, by the number of the license.
KEY_OF: dict[str, str] = {}
ID_OF: dict[str, str] = {}
PLACE_OF: dict[str, Position] = {}
NOWHERE = Position(list_number=1, index=0)

ASKED: dict[str, Any] = {
    "practitioners": lambda s, n: s.practitioners([("https://n.example", n)]),
    "taken": lambda s, n: s.taken([n]),
    "licenses": lambda s, n: s.licenses([n]),
    "find": lambda s, n: s.find(n, limit=10),
    "numbers": lambda s, _: s.numbers(limit=100),
    "ending": lambda s, _: s.ending("9999-12-31", at=NOON, limit=100),
    "ending_behind": lambda s, _: s.ending_behind("9999-12-31", limit=100),
    "due": lambda s, _: s.due(at=Instant(2**62), day="0001-01-01", limit=100),
    "events": lambda s, n: s.events([n]),
    "unknown": lambda s, _: s.unknown(limit=10),
    "sealed": lambda s, _: [one for one in s.sealed() if one.event.license[0] == "b"],
    "credentials": lambda s, n: s.credentials([n]),
    "signed_by": lambda s, n: s.signed_by(KEY_OF.get(n, n), limit=10),
    "license_of": lambda s, n: [x for x in [s.license_of(ID_OF.get(n, n))] if x],
    "entries": lambda s, n: s.entries([n]),
    "set_positions": lambda s, _: [
        place
        for purpose in PURPOSES
        for place in s.set_positions(1, purpose, at=Instant(2**62))
    ],
    "decoys": lambda s, _: [place for places in s.decoys(1) for place in places],
    "dealt": lambda s, n: [x for x in [s.dealt([PLACE_OF.get(n, NOWHERE)])] if x],
    "totals": lambda s, _: [one for one in astuple(s.totals()) if one],
}
# What these give is the session's own: a count, a hash, a lock or what it adds.
OWN = {
    *(
        "alone",
        "seal",
        "waiting",
        "head",
        "lists",
        "allocate",
        "add",
        "add_versions",
        "append",
    ),
    *("add_credentials", "add_withdrawals", "add_entries", "board"),
}


def test_every_question_of_a_session_is_asked_of_two_boards() -> None:
    methods = {name for name, _ in inspect.getmembers(Session) if name[0] != "_"}
    assert methods | {"board"} == ASKED.keys() | OWN
    assert methods <= set(dir(SqlSession))


@pytest.mark.parametrize("writing", [False, True])
def test_a_board_sees_nothing_of_another(
    two_boards: tuple[Board, Board], writing: bool
) -> None:
    mine, others = two_boards
    for name, ask in ASKED.items():
        for number in ("b1", "b2", "b", "", "%"):
            with mine.register.session(mine.record.did, writing=writing) as session:
                assert not list(ask(session, number)), (name, number)
        if name != "unknown":
            with others.register.session(others.record.did, writing=writing) as session:
                assert list(ask(session, "b1")), name


@pytest.fixture
def two_boards(board: Board) -> tuple[Board, Board]:
    """A board without a license, and one with all that there can be."""
    others = Board.on(board.engine, board.register)
    others.active("b3")
    for number, gmc in (("b1", "1111111"), ("b2", "2222222")):
        others.active(number, identifiers={GMC: gmc, "https://n.example": number})
        issued = others.issue(number)
        KEY_OF[number], ID_OF[number] = issued.verification_method, issued.id
        PLACE_OF[number] = issued.position
        others.change(number, "suspended")
    with others.register.session(others.record.did, writing=True) as session:
        session.seal()
    return board, others


def test_what_one_board_adds_another_may_add_as_well(
    two_boards: tuple[Board, Board],
) -> None:
    mine, others = two_boards
    mine.active("b1", identifiers={GMC: "1111111"})
    issued = mine.issue("b1")
    (theirs,) = others.office.history("b1")[2]
    assert mine.verify(issued, NOON)
    assert others.codes(theirs, NOON) == {"SUSPENDED"}
    assert mine.office.license("b1").practitioner != (
        others.office.license("b1").practitioner
    )
    with mine.register.session(mine.record.did, writing=True) as session:
        assert session.seal() == 3
        assert session.head()[0] == 3
        assert session.unknown(limit=9) == []


def test_what_another_board_has_takes_no_place_in_an_answer(
    two_boards: tuple[Board, Board],
) -> None:
    mine, others = two_boards
    mine.active("z", expires_on="2090-01-01")
    assert [one.number for one in mine.office.find("", limit=1)] == ["z"]
    assert [one.number for one in others.office.find("", limit=1)] == ["b1"]
    with mine.register.session(mine.record.did, writing=False) as session:
        assert session.numbers(limit=1) == ["z"]
        assert session.ending("9999-12-31", at=NOON, limit=1) == ["z"]
        for day, after, expected in [
            ("2090-01-01", "", ["z"]),
            ("2090-01-01", "y", ["z"]),
            ("2090-01-01", "z", []),
            ("2089-12-31", "", []),
        ]:
            assert session.ending_behind(day, after=after, limit=9) == expected


def test_a_board_that_is_not_there_has_no_session(board: Board) -> None:
    for writing in (True, False):
        with (
            pytest.raises(NotInRegister),
            board.register.session("did:example:none", writing=writing),
        ):
            pass


# Faults of the database.


def test_a_locked_database_is_unavailable_and_keeps_what_it_has(
    opened: Opened,
    sqlite_url: str,
) -> None:
    engine = opened(sqlite_url, busy_seconds=0.05)
    board = Board.new(engine)
    board.apply("1")
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RegisterUnavailable, match="locked by another writer"):
        board.apply("2")
    # Whoever reads does not wait.
    assert [one.number for one in board.office.find("")] == ["1"]
    other.execute("ROLLBACK")
    other.close()
    assert board.apply("2").number == "2"


def test_a_full_disk_is_unavailable_and_loses_nothing(sqlite_board: Board) -> None:
    board = sqlite_board
    board.active("1")
    issued = board.issue("1")
    with board.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    @sa.event.listens_for(board.engine, "begin")
    def _full(connection: Any) -> None:
        # Before the transaction that medid begins.
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {limit[0]}")

    limit = [pages + 4]
    rows = [application(f"a{one}") for one in range(200)]
    with pytest.raises(RegisterUnavailable, match="no room"):
        board.office.apply(rows, reason=WHY)
    assert [one.number for one in board.office.find("")] == ["1"]
    limit[0] = 2**30
    assert all(one.error is None for one in board.office.apply(rows, reason=WHY))
    board.active("2")
    assert board.issue("2").position != issued.position


def test_a_register_that_is_read_only_answers_and_takes_nothing(
    sqlite_board: Board,
) -> None:
    board = sqlite_board
    board.active()

    @sa.event.listens_for(board.engine, "begin")
    def _read_only(connection: Any) -> None:
        connection.connection.cursor().execute("PRAGMA query_only = 1")

    with pytest.raises(RegisterUnavailable, match="only be read"):
        board.apply("2")
    assert board.office.license("35.1").latest.status == "active"


def test_a_server_that_stops_is_unavailable_until_it_is_back(
    board: Board, request: pytest.FixtureRequest
) -> None:
    if board.engine.dialect.name == "sqlite":
        return  # it has no server
    server = request.getfixturevalue("server")

    def act() -> None:
        with board.register.session(board.record.did, writing=True) as session:
            session.allocate(5)
            server.stop()
            try:
                session.allocate(5)
            finally:
                server.start()

    board.active()
    issued = board.issue()
    with pytest.raises(RegisterUnavailable, match="does not answer"):
        act()
    board.active("2")
    again = board.issue("2")
    assert again.position != issued.position
    server.stop()
    try:
        with pytest.raises(RegisterUnavailable):
            board.office.find("")
        # What was recorded is, whether or not it can be counted.
        board.register._estimates.grown(FEW)
    finally:
        server.start()
    assert board.verify(issued, NOON)
