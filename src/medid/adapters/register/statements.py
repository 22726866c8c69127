"""What is asked of the database, each question once: values come in as parameters.

Every statement names the board, or what was found by one that did.

Spec: https://docs.sqlalchemy.org/en/20/core/connections.html#sql-caching
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ScalarSelect,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from medid.adapters.register.tables import (
    BOARD,
    CREDENTIAL,
    ENTRY,
    EVENT,
    IDENTIFIER,
    LICENSE,
    LICENSE_VERSION,
    PRACTITIONER,
    SEALED,
    STATUS_LIST,
    UNSEALED,
    WITHDRAWAL,
)
from medid.board import standing
from medid.board.licensing import PURPOSES

_BOARD: Final[BindParameter[int]] = bindparam("board")
_LIMIT: Final[BindParameter[int]] = bindparam("limit")


def _some(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True)


BOARD_OF: Final = select(BOARD).where(BOARD.c.did == bindparam("did"))
#: Others may still add events of the board meanwhile: no key of it is changed.
BOARD_ALONE: Final = (
    select(BOARD.c.id).where(BOARD.c.id == _BOARD).with_for_update(key_share=True)
)
ADD_BOARD: Final = insert(BOARD)

# People.

#: Of one system at a time: PostgreSQL takes pairs for as many questions.
PEOPLE_BY_NUMBER: Final = select(IDENTIFIER.c.practitioner_id).where(
    IDENTIFIER.c.board_id == _BOARD,
    IDENTIFIER.c.system == bindparam("system"),
    IDENTIFIER.c.value.in_(_some("values")),
)
#: Without an order: SQLite would walk along all numbers of the board to have it.
IDENTIFIERS: Final = select(
    IDENTIFIER.c.practitioner_id, IDENTIFIER.c.system, IDENTIFIER.c.value
).where(IDENTIFIER.c.board_id == _BOARD, IDENTIFIER.c.practitioner_id.in_(_some("ids")))
NAMES: Final = (
    select(LICENSE.c.practitioner_id, LICENSE_VERSION.c.name)
    .join(LICENSE_VERSION, LICENSE_VERSION.c.license_id == LICENSE.c.id)
    .where(LICENSE.c.board_id == _BOARD, LICENSE.c.practitioner_id.in_(_some("ids")))
    .distinct()
)
ADD_PRACTITIONERS: Final = insert(PRACTITIONER)
ADD_IDENTIFIERS: Final = insert(IDENTIFIER)

# Licenses.

TAKEN: Final = select(LICENSE.c.number).where(
    LICENSE.c.board_id == _BOARD, LICENSE.c.number.in_(_some("numbers"))
)
LICENSES: Final = (
    select(LICENSE)
    .where(LICENSE.c.board_id == _BOARD, LICENSE.c.number.in_(_some("numbers")))
    # Whoever locks several of them does so in one order.
    .order_by(LICENSE.c.number)
)
LICENSES_ALONE: Final = LICENSES.with_for_update(key_share=True)
VERSIONS: Final = (
    select(LICENSE_VERSION)
    .where(LICENSE_VERSION.c.license_id.in_(_some("ids")))
    .order_by(LICENSE_VERSION.c.license_id, LICENSE_VERSION.c.version)
)
#: What a text has that is special to LIKE was escaped.
FIND: Final = (
    select(LICENSE.c.number)
    .where(
        LICENSE.c.board_id == _BOARD,
        LICENSE.c.number.like(bindparam("prefix"), escape="/")
        | exists().where(
            LICENSE_VERSION.c.license_id == LICENSE.c.id,
            func.lower(LICENSE_VERSION.c.name).like(
                func.lower(bindparam("part")), escape="/"
            ),
        ),
    )
    .order_by(LICENSE.c.number)
    .limit(_LIMIT)
)
NUMBERS: Final = (
    select(LICENSE.c.number)
    .where(LICENSE.c.board_id == _BOARD, LICENSE.c.number > bindparam("after"))
    .order_by(LICENSE.c.number)
    .limit(_LIMIT)
)
_LATER: Final = LICENSE_VERSION.alias("later")
# The newest version that is effective is the one in force: a version that is recorded
# later and takes effect earlier stands in place of those ahead of it.
_IN_FORCE: Final = (
    select(func.max(_LATER.c.version))
    .where(_LATER.c.license_id == LICENSE.c.id, _LATER.c.effective <= bindparam("at"))
    .correlate(LICENSE)
    .scalar_subquery()
)
ENDING: Final = (
    select(LICENSE.c.number)
    .join(LICENSE_VERSION, LICENSE_VERSION.c.license_id == LICENSE.c.id)
    .where(
        LICENSE.c.board_id == _BOARD,
        LICENSE_VERSION.c.expires_on <= bindparam("day"),
        LICENSE_VERSION.c.status.in_(sorted(standing.OPEN)),
        LICENSE_VERSION.c.version == _IN_FORCE,
    )
    .order_by(LICENSE_VERSION.c.expires_on, LICENSE.c.number)
    .limit(_LIMIT)
)
#: Along the licenses: many end on one day, and each page of them would be sought anew.
ENDING_BEHIND: Final = (
    select(LICENSE.c.number)
    .where(
        LICENSE.c.board_id == _BOARD,
        LICENSE.c.number > bindparam("after"),
        exists().where(
            LICENSE_VERSION.c.license_id == LICENSE.c.id,
            LICENSE_VERSION.c.expires_on <= bindparam("day"),
            LICENSE_VERSION.c.status.in_(sorted(standing.OPEN)),
            ~exists().where(
                _LATER.c.license_id == LICENSE_VERSION.c.license_id,
                _LATER.c.version > LICENSE_VERSION.c.version,
            ),
        ),
    )
    .order_by(LICENSE.c.number)
    .limit(_LIMIT)
)
DUE: Final = (
    select(LICENSE.c.number)
    .join(LICENSE_VERSION, LICENSE_VERSION.c.license_id == LICENSE.c.id)
    .where(
        LICENSE.c.board_id == _BOARD,
        LICENSE.c.number > bindparam("after"),
        LICENSE_VERSION.c.version == _IN_FORCE,
        LICENSE_VERSION.c.status.in_(sorted(standing.ISSUED)),
        LICENSE_VERSION.c.holder.is_not(None),
        or_(
            LICENSE_VERSION.c.expires_on.is_(None),
            LICENSE_VERSION.c.expires_on >= bindparam("day"),
        ),
        ~exists().where(
            CREDENTIAL.c.license_id == LICENSE.c.id,
            CREDENTIAL.c.version == LICENSE_VERSION.c.version,
        ),
    )
    .order_by(LICENSE.c.number)
    .limit(_LIMIT)
)
ADD_LICENSES: Final = insert(LICENSE).returning(
    LICENSE.c.id, sort_by_parameter_order=True
)
ADD_VERSIONS: Final = insert(LICENSE_VERSION)

# The log.

ADD_EVENTS: Final = insert(EVENT).returning(EVENT.c.id, sort_by_parameter_order=True)
# On SQLite what is returned comes row by row, which takes five times as long. Whoever
# writes there is alone, and counts on as SQLite itself would.
COUNTED: Final = {
    one: (
        insert(one.table),
        select(func.coalesce(func.max(one.table.c.id), 0)),
    )
    for one in (ADD_LICENSES, ADD_EVENTS)
}
EVENTS: Final = (
    select(EVENT)
    .where(EVENT.c.board_id == _BOARD, EVENT.c.license.in_(_some("numbers")))
    .order_by(EVENT.c.id)
)
UNKNOWN: Final = (
    select(EVENT.c.license)
    .where(
        EVENT.c.board_id == _BOARD,
        ~exists().where(
            LICENSE.c.board_id == EVENT.c.board_id, LICENSE.c.number == EVENT.c.license
        ),
    )
    .distinct()
    .limit(_LIMIT)
)
WITHOUT_SEAL: Final = (
    select(EVENT)
    .join(UNSEALED, UNSEALED.c.event_id == EVENT.c.id)
    .where(UNSEALED.c.board_id == _BOARD)
    .order_by(UNSEALED.c.event_id)
    .limit(_LIMIT)
)
ADD_SEALED: Final = insert(SEALED)
DONE: Final = delete(UNSEALED).where(
    UNSEALED.c.board_id == _BOARD, UNSEALED.c.event_id.in_(_some("events"))
)
#: Events that the next seal finds, and no note of what is sealed or not there.
WAITING: Final = (
    select(func.count().label("events"))
    .select_from(UNSEALED)
    .join(EVENT, EVENT.c.id == UNSEALED.c.event_id)
    .where(
        UNSEALED.c.board_id == _BOARD,
        EVENT.c.board_id == _BOARD,
        ~exists().where(SEALED.c.event_id == EVENT.c.id),
    )
)
CHAIN: Final = (
    select(EVENT, SEALED.c.sequence, SEALED.c.hash)
    .join(SEALED, SEALED.c.event_id == EVENT.c.id)
    .where(SEALED.c.board_id == _BOARD, SEALED.c.sequence > bindparam("after"))
    .order_by(SEALED.c.sequence)
    .limit(_LIMIT)
)
HEAD: Final = (
    select(SEALED.c.sequence, SEALED.c.hash)
    .where(SEALED.c.board_id == _BOARD)
    .order_by(SEALED.c.sequence.desc())
    .limit(1)
)

# Credentials and their places on the lists.

NEWEST_LIST: Final = (
    select(STATUS_LIST)
    .where(STATUS_LIST.c.board_id == _BOARD)
    .order_by(STATUS_LIST.c.number.desc())
    .limit(1)
    .with_for_update(key_share=True)
)
LISTS: Final = (
    select(STATUS_LIST.c.number, STATUS_LIST.c.size, STATUS_LIST.c.room)
    .where(STATUS_LIST.c.board_id == _BOARD)
    .order_by(STATUS_LIST.c.number)
)
DECKS: Final = select(STATUS_LIST).where(STATUS_LIST.c.board_id == _BOARD)
DECK: Final = DECKS.where(STATUS_LIST.c.number == bindparam("list"))
ADD_LIST: Final = insert(STATUS_LIST)
DEAL: Final = (
    update(STATUS_LIST)
    .where(STATUS_LIST.c.board_id == _BOARD, STATUS_LIST.c.number == bindparam("list"))
    .values(dealt=bindparam("dealt_now"))
)
ADD_CREDENTIALS: Final = insert(CREDENTIAL)
CREDENTIALS: Final = (
    select(CREDENTIAL, LICENSE.c.number)
    .join(LICENSE, LICENSE.c.id == CREDENTIAL.c.license_id)
    .where(LICENSE.c.board_id == _BOARD, LICENSE.c.number.in_(_some("numbers")))
    .order_by(CREDENTIAL.c.issued, CREDENTIAL.c.id)
)
SIGNED_BY: Final = (
    select(LICENSE.c.number)
    .where(
        LICENSE.c.board_id == _BOARD,
        LICENSE.c.number > bindparam("after"),
        exists().where(
            CREDENTIAL.c.license_id == LICENSE.c.id,
            CREDENTIAL.c.verification_method == bindparam("key"),
        ),
    )
    .order_by(LICENSE.c.number)
    .limit(_LIMIT)
)
LICENSE_OF: Final = (
    select(LICENSE.c.number)
    .join(CREDENTIAL, CREDENTIAL.c.license_id == LICENSE.c.id)
    .where(LICENSE.c.board_id == _BOARD, CREDENTIAL.c.id == bindparam("credential"))
)
WITHDRAWALS: Final = (
    select(WITHDRAWAL)
    .join(CREDENTIAL, CREDENTIAL.c.id == WITHDRAWAL.c.credential_id)
    .join(LICENSE, LICENSE.c.id == CREDENTIAL.c.license_id)
    .where(LICENSE.c.board_id == _BOARD, LICENSE.c.number.in_(_some("numbers")))
    .order_by(WITHDRAWAL.c.event_id)
)
ADD_WITHDRAWALS: Final = insert(WITHDRAWAL)
ADD_ENTRIES: Final = insert(ENTRY)
ENTRIES: Final = (
    select(ENTRY, LICENSE.c.number.label("of_license"))
    .join(
        CREDENTIAL,
        and_(
            CREDENTIAL.c.board_id == ENTRY.c.board_id,
            CREDENTIAL.c.list_number == ENTRY.c.list_number,
            # Else a database reads all entries of the list for each credential.
            ENTRY.c.purpose.in_(PURPOSES),
            CREDENTIAL.c.position == ENTRY.c.position,
        ),
    )
    .join(LICENSE, LICENSE.c.id == CREDENTIAL.c.license_id)
    .where(LICENSE.c.board_id == _BOARD, LICENSE.c.number.in_(_some("numbers")))
    .order_by(ENTRY.c.id)
)


def _rows(table: Table) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(table)
        .where(table.c.board_id == _BOARD)
        .scalar_subquery()
    )


TOTALS: Final = select(
    _rows(LICENSE).label("licenses"),
    _rows(CREDENTIAL).label("credentials"),
    _rows(ENTRY).label("entries"),
)
# Of each position, what was recorded last of all that is effective by then.
_NEWEST: Final = (
    select(func.max(ENTRY.c.id))
    .where(
        ENTRY.c.board_id == _BOARD,
        ENTRY.c.list_number == bindparam("list"),
        ENTRY.c.purpose == bindparam("purpose"),
        ENTRY.c.effective <= bindparam("at"),
    )
    .group_by(ENTRY.c.position)
)
SET_POSITIONS: Final = (
    select(ENTRY.c.position)
    # What somebody has put into SQLite that is neither is set: so it is read, too.
    .where(ENTRY.c.id.in_(_NEWEST), ENTRY.c.value.is_not(False))
    .order_by(ENTRY.c.position)
)
