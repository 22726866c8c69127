"""A peer's license is verified; every copy with one thing changed is refused."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from interop.peers import did_key, draft, health_contexts, node, now, peer_key
from medid.verifying.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from medid.keys import PrivateKey

SUITES = ["eddsa-rdfc-2022", "eddsa-jcs-2022"]
Path = tuple[str | int, ...]


@pytest.fixture(scope="module", params=SUITES)
def signed(
    request: pytest.FixtureRequest, board: PrivateKey, practitioner: PrivateKey
) -> dict[str, Any]:
    unsigned = draft("license", issuer=did_key(board), subject=did_key(practitioner))
    del unsigned["credentialStatus"]
    order = {
        "suite": request.param,
        "contexts": health_contexts(),
        "now": str(now()),
        "credential": unsigned,
        "key": peer_key(board),
        "date": str(now()),
    }
    return dict(node("digitalbazaar.mjs", "issue", order))


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value below ``value`` with its path."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for name, inner in items:
        yield (*path, name), inner
        yield from places(inner, (*path, name))


def at(document: Any, path: Path) -> Any:
    for name in path:
        document = document[name]
    return document


def changed(
    document: dict[str, Any], path: Path, change: Callable[[Any, str | int], None]
) -> dict[str, Any]:
    """A copy of ``document`` in which ``change`` was made to the value at ``path``."""
    mutant = copy.deepcopy(document)
    change(at(mutant, path[:-1]), path[-1])
    return mutant


def leaf(parent: Any, name: str | int) -> None:
    value = parent[name]
    parent[name] = value + "x" if isinstance(value, str) else not value


def remove(parent: Any, name: str | int) -> None:
    del parent[name]


def rename(parent: Any, name: str | int) -> None:
    parent[f"{name}x"] = parent.pop(name)


def add(parent: Any, name: str | int) -> None:
    target = parent[name] if isinstance(parent[name], dict) else parent
    if isinstance(target, list):
        target.append("added")
    else:
        target["added"] = "added"


def as_value_object(parent: Any, name: str | int) -> None:
    parent[name] = {"@value": parent[name]}


def as_full_iri(parent: Any, name: str | int) -> None:
    parent[f"https://www.w3.org/2018/credentials#{name}"] = parent.pop(name)


def as_keyword(parent: Any, name: str | int) -> None:
    parent[f"@{name}"] = parent.pop(name)


def nested(parent: Any, name: str | int) -> None:
    parent["@nest"] = {name: parent.pop(name)}


def mutants(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every copy with one thing changed, named by what and where."""
    for path, value in places(document):
        changes: list[Callable[[Any, str | int], None]] = [remove, add]
        if not isinstance(value, dict | list):
            changes.append(leaf)
        if isinstance(value, str):
            changes.append(as_value_object)
        if isinstance(path[-1], str):
            changes += [rename, as_full_iri, as_keyword, nested]
        for change in changes:
            mutant = changed(document, path, change)
            if json.dumps(mutant, sort_keys=True) != json.dumps(
                document, sort_keys=True
            ):
                yield f"{change.__name__} {'.'.join(map(str, path))}", mutant


def check_exactly(
    document: dict[str, Any], verifier: Verifier, *, at_least: int
) -> None:
    """Assert that ``verifier`` verifies ``document``, and no mutant of it."""
    answer = verifier.verify(json.dumps(document), at=now())
    assert answer.verified, answer.errors
    tried = dict(mutants(document))
    assert len(tried) > at_least
    accepted = [
        name
        for name, mutant in tried.items()
        if verifier.verify(json.dumps(mutant), at=now()).verified
    ]
    assert accepted == []


def test_the_license_is_verified_and_no_mutant(signed: dict[str, Any]) -> None:
    check_exactly(signed, Verifier(), at_least=200)
