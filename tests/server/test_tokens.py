"""Bearer tokens: read from a private file, compared in constant time, and no others."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING, Any

import pytest

from medid.core import json as strict_json
from medid.errors import ConfigurationError, MedidError
from medid.server.tokens import MAX_TOKENS, MIN_CHARACTERS, Operation, Token, Tokens
from tests.server.support import ALL, OTHER, SECRET, TOKENS
from tests.verifying.world import BOARD

if TYPE_CHECKING:
    from pathlib import Path

ENTRY: dict[str, Any] = {
    "name": "registrar",
    "token": SECRET,
    "operations": ["issue", "status"],
    "dids": [BOARD.did],
}


def write(folder: Path, value: Any, mode: int = 0o600) -> Path:
    file = folder / "tokens.json"
    file.write_text(value if isinstance(value, str) else strict_json.dumps(value))
    file.chmod(mode)
    return file


def refused(value: Any) -> MedidError:
    with pytest.raises(MedidError) as told:
        Tokens.from_json(value)
    assert SECRET not in str(told.value)
    return told.value


def test_a_file_of_tokens_is_read(tmp_path: Path) -> None:
    (entry,) = Tokens.from_file(write(tmp_path, {"tokens": [ENTRY]})).entries
    assert entry.name == "registrar"
    assert entry.operations == {Operation.ISSUE, Operation.STATUS}
    assert entry.dids == {BOARD.did}


def test_a_token_may_be_given_by_its_digest() -> None:
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    entry = {name: value for name, value in ENTRY.items() if name != "token"}
    found = Tokens.from_json({"tokens": [{**entry, "sha256": digest}]})
    assert found == Tokens.from_json({"tokens": [ENTRY]})
    assert found.find(SECRET) is found.entries[0]


def test_only_the_very_token_is_found() -> None:
    assert TOKENS.find(SECRET) is TOKENS.entries[0]
    assert TOKENS.find(OTHER) is TOKENS.entries[1]
    for near in ("", SECRET[:-1], SECRET + "=", SECRET.upper(), "\ud800", "ä" * 40):
        assert TOKENS.find(near) is None


def test_a_token_without_dids_signs_under_none() -> None:
    entry = {name: value for name, value in ENTRY.items() if name != "dids"}
    assert Tokens.from_json({"tokens": [entry]}).entries[0].dids == frozenset()


def test_a_secret_has_enough_characters_and_no_more_are_asked() -> None:
    fits = {**ENTRY, "token": "a" * MIN_CHARACTERS}
    assert Tokens.from_json({"tokens": [fits]}).find("a" * MIN_CHARACTERS)


def test_no_tokens_at_all_let_nobody_in() -> None:
    assert Tokens().find("") is None
    assert Tokens().find(SECRET) is None


def test_every_entry_is_compared_in_constant_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[bytes] = []
    compare = hmac.compare_digest

    def watch(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watch)
    TOKENS.find(SECRET)
    assert compared == [entry.digest for entry in TOKENS.entries]


def test_a_secret_is_in_no_representation() -> None:
    shown = repr(Token.of("registrar", SECRET, ALL))
    assert SECRET not in shown
    assert hashlib.sha256(SECRET.encode()).hexdigest() not in shown
    assert "digest" not in shown


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of Unix")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    file = write(tmp_path, {"tokens": [ENTRY]}, mode)
    with pytest.raises(ConfigurationError, match="others than its owner"):
        Tokens.from_file(file)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tokens": 1}'])
def test_a_file_that_holds_no_tokens_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="the token file"):
        Tokens.from_file(write(tmp_path, text))


def test_a_file_with_a_wrong_entry_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, {"tokens": [{**ENTRY, "name": "a b"}]})
    with pytest.raises(ConfigurationError, match="a name has"):
        Tokens.from_file(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name, reason in ((tmp_path / "absent", os.strerror(2)), ("\0", "not a file")):
        with pytest.raises(ConfigurationError, match="cannot read") as told:
            Tokens.from_file(name)
        assert reason in told.value.message


def test_a_file_with_a_member_beside_its_tokens_is_refused() -> None:
    assert refused({"tokens": [ENTRY], "token": [ENTRY]}).path == "$.token"


def test_an_empty_list_is_a_mistake_and_not_leave_for_all() -> None:
    assert refused({"tokens": []}).path == "$.tokens"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": ""}, "$.tokens[0].name"),
        ({"name": "with space"}, "$.tokens[0].name"),
        ({"name": "line\nbreak"}, "$.tokens[0].name"),
        ({"name": None}, "$.tokens[0].name"),
        ({"token": "a" * (MIN_CHARACTERS - 1)}, "$.tokens[0].token"),
        ({"token": "a" * 40 + " "}, "$.tokens[0].token"),
        ({"token": 7}, "$.tokens[0].token"),
        ({"sha256": "00"}, "$.tokens[0]"),
        ({"operations": []}, "$.tokens[0].operations"),
        ({"operations": ["everything"]}, "$.tokens[0].operations"),
        ({"operations": None}, "$.tokens[0].operations"),
        ({"dids": []}, "$.tokens[0].dids"),
        ({"dids": ["https://board.example"]}, "$.tokens[0].dids"),
        ({"dids": ["*"]}, "$.tokens[0].dids"),
        ({"scope": "all"}, "$.tokens[0].scope"),
    ],
)
def test_an_entry_of_another_form_is_refused(
    changes: dict[str, Any], path: str
) -> None:
    assert refused({"tokens": [{**ENTRY, **changes}]}).path == path


def test_a_digest_of_another_form_is_refused() -> None:
    entry = {name: value for name, value in ENTRY.items() if name != "token"}
    for digest in ("0" * 63, "G" * 64, "A" * 64):
        found = refused({"tokens": [{**entry, "sha256": digest}]})
        assert found.path == "$.tokens[0].sha256"
    assert refused({"tokens": [entry]}).path == "$.tokens[0]"


def test_two_entries_are_told_apart_by_name_and_by_secret() -> None:
    same_name = {**ENTRY, "token": OTHER}
    same_secret = {**ENTRY, "name": "other"}
    for second in (same_name, same_secret):
        assert (
            "same name or the same secret"
            in refused({"tokens": [ENTRY, second]}).message
        )


def test_the_number_of_tokens_is_bounded() -> None:
    entries = [
        {**ENTRY, "name": f"n{number}", "token": f"{number:040d}"}
        for number in range(MAX_TOKENS + 1)
    ]
    assert len(Tokens.from_json({"tokens": [*entries[1:]]}).entries) == MAX_TOKENS
    assert refused({"tokens": [*entries]}).path == "$.tokens"
