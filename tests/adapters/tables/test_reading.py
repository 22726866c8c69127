"""What a row is, and that one which is none never takes another with it."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medid.adapters.tables import open_table
from medid.adapters.tables.lines import MAX_ROW
from medid.board.sources import Source
from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from medid.board.sources import SourceRow

CSV: Any = {"format": "csv"}
LINES = Source(format="jsonl")


class File:
    """A file of any bytes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "table"

    def rows(self, content: bytes, source: Any) -> list[SourceRow]:
        self.path.write_bytes(content)
        with open_table(self.path, Source.from_json(source)) as table:
            return list(table.rows)

    def read(self, content: bytes, source: Any = CSV) -> list[Any]:
        """Of each row its cells, or the code of its refusal."""
        return [
            one.error.code if one.error else dict(one.cells)
            for one in self.rows(content, source)
        ]


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


def ab(a: str, b: str) -> dict[str, str]:
    return {"a": a, "b": b}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a,b\n1,2\n", [ab("1", "2")]),
        (b"a,b\r\n1,2\r\n", [ab("1", "2")]),
        (b" a ,b\n1,2", [ab("1", "2")]),
        (b"a,b\n\n1,2\n\n", [ab("1", "2")]),
        (b'a,b\n"1,""x""",\n', [ab('1,"x"', "")]),
        (b'a,b\n"1\n2",3\n', [ab("1\n2", "3")]),
        (b'a,b\n"1\r\n2",3\n', [ab("1\n2", "3")]),
        (b'a,b\n"1\x0b2\xe2\x80\xa8",3\n', [ab("1\x0b2\u2028", "3")]),
        (b"a,b\n=1+1,@x\n", [ab("=1+1", "@x")]),
        ("a,b\nÅ,ü\n".encode(), [ab("Å", "ü")]),
    ],
)
def test_a_row_is_read(file: File, content: bytes, found: list[Any]) -> None:
    assert file.read(content) == found


GOOD = ab("8", "9")


@pytest.mark.parametrize(
    "bad",
    [
        b"1",
        b"1,2,3",
        b'1,x"y',
        b'1,"x"y',
        b'"1,2',
        b"1\r2,3",
        b"1,\0",
        b"1,\xff",
        b"1," + b"x" * (MAX_ROW + 1),
        b"1," + b"x" * (5 * MAX_ROW),
    ],
)
def test_a_row_that_is_none_leaves_the_others(file: File, bad: bytes) -> None:
    found = file.read(b"a,b\n8,9\n" + bad + b"\n8,9\n8,9\n")
    assert found[0] == found[2] == found[3] == GOOD
    assert found[1] in {"PARSING_ERROR", "TOO_LARGE"}
    assert len(found) == 4


def test_lines_are_counted_as_an_editor_counts_them(file: File) -> None:
    rows = file.rows(b'a,b\n"1\n2",3\n\n"open,1\n4,5\n', CSV)
    assert [(one.line, one.error is None) for one in rows] == [
        (2, True),
        (5, False),
        (6, True),
    ]


def test_a_quote_that_is_never_closed_costs_one_line(file: File) -> None:
    found = file.read(b'a,b\n"1,2\n' + b"8,9\n" * 200)
    assert found == ["PARSING_ERROR", *[GOOD] * 200]
    # Two of them close each other: what stands between is one row, and refused.
    found = file.read(b'a,b\n"1,2\n8,9\n3,4"\n8,9\n')
    assert found == ["PARSING_ERROR", GOOD, "PARSING_ERROR", GOOD]


def test_a_row_across_lines_has_an_end(file: File) -> None:
    found = file.read(b'a,b\n"' + b"x\n" * 70 + b'",2\n8,9\n')
    assert found[0] == "PARSING_ERROR"
    assert found[-1] == GOOD
    long = b'"' + b"x" * (MAX_ROW - 10) + b"\n" + b"y" * 100 + b'",2\n'
    assert file.read(b"a,b\n" + long + b"8,9\n")[0] == "TOO_LARGE"
    assert file.read(b'a,b\n"x\n\xff\n8,9\n') == ["PARSING_ERROR"] * 2 + [GOOD]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no header"),
        (b"a,a\n", "one name"),
        (b"a,\n", "no name"),
        (b"\xef\xbb\xbfa,b\n", "byte order mark"),
        (b"\xff\xfea\0", "is not utf-8"),
        (b'a,"b\n', "not closed"),
        (",".join(map(str, range(513))).encode(), "512 columns"),
    ],
)
def test_a_header_that_is_none_is_refused(
    file: File, content: bytes, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        file.read(content)


def test_an_encoding_is_read_as_it_is_stated(file: File) -> None:
    mark = {**CSV, "encoding": "utf-8-sig"}
    assert file.read(b"\xef\xbb\xbfa,b\n1,2\n", mark) == [ab("1", "2")]
    western = {**CSV, "encoding": "windows-1252"}
    assert file.read(b"a,b\nM\xfcller,\x80\n\x81,1\n", western) == [
        ab("Müller", "€"),
        "PARSING_ERROR",
    ]


def test_a_delimiter_is_what_is_stated(file: File) -> None:
    assert file.read(b"a\tb\n1,5\t2\n", {"format": "tsv"}) == [ab("1,5", "2")]
    semicolon = {**CSV, "delimiter": ";"}
    assert file.read(b'a;b\n1,5;"2;3"\n', semicolon) == [ab("1,5", "2;3")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"),
                max_size=12,
            ),
            min_size=3,
            max_size=3,
        ),
        max_size=8,
    )
)
def test_what_the_library_writes_is_read(file: File, table: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow("abc")
    writer.writerows(table)
    expected = [dict(zip("abc", row, strict=True)) for row in table]
    assert file.read(text.getvalue().encode()) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_refusals(file: File, content: bytes) -> None:
    for source in (CSV, {"format": "tsv", "encoding": "windows-1252"}):
        for one in file.read(b"a,b\n" + content, source):
            assert isinstance(one, (str, dict))
    for found in file.read(content, {"format": "jsonl"}):
        assert isinstance(found, (str, dict))


def test_json_lines_are_read_strictly(file: File) -> None:
    lines: list[Any] = [
        {"a": "x", "b": 1.5, "c": None, "d": True, "e": {"f": [{"g": "y"}]}},
        [1],
        {"a.b": 1, "a": {"b": 2}},
        {"a": list(range(600))},
    ]
    content = "\n\n".join(map(json.dumps, lines)) + '\n{"a":1,"a":2}\n{"a":\n'
    found = file.read(content.encode() + b"\xff\n", {"format": "jsonl"})
    assert found[0] == {"a": "x", "b": "1.5", "c": "", "d": "true", "e.f.0.g": "y"}
    assert found[1:] == ["PARSING_ERROR"] * 2 + ["TOO_LARGE"] + ["PARSING_ERROR"] * 3


def test_a_json_number_is_taken_as_it_is_written(file: File) -> None:
    content = b' {"a":35.10,"b":[-0,1E5,12345678901234567890],"c":{"d":0}} \n'
    (found,) = file.read(content, {"format": "jsonl"})
    numbers = {"b.0": "-0", "b.1": "1E5", "b.2": "12345678901234567890"}
    assert found == {"a": "35.10", **numbers, "c.d": "0"}


def test_fixed_width_is_cut_where_it_is_stated(file: File) -> None:
    columns: list[Any] = [
        {"name": "a", "start": 1, "width": 4},
        {"name": "b", "start": 6, "width": 2},
    ]
    source = {"format": "fixed", "columns": columns}
    content = b"12  x34\n\nab\n12345678\n\xff\n" + "ÅÅÅÅ 1".encode()
    assert file.read(content, source) == [
        *(ab("12", "34"), ab("ab", "")),
        *("PARSING_ERROR", "PARSING_ERROR", ab("ÅÅÅÅ", "1")),
    ]


def test_a_byte_order_mark_moves_no_column(file: File) -> None:
    columns: list[Any] = [
        {"name": "a", "start": 3, "width": 2},
        {"name": "b", "start": 5, "width": 4},
    ]
    source: dict[str, Any] = {"format": "fixed", "columns": columns}
    content = "\ufeffMD12xy\nMD34z\n\ufeffMD56x\n".encode()
    row = ab("34", "z")
    assert file.read(content, source) == ["PARSING_ERROR", row, "PARSING_ERROR"]
    source["encoding"] = "utf-8-sig"
    assert file.read(content, source) == [ab("12", "xy"), row, "PARSING_ERROR"]


def test_a_column_that_the_file_lacks_is_refused(file: File) -> None:
    file.path.write_bytes(b"a,b\n")
    with open_table(file.path, Source.from_json(CSV)) as table:
        table.check_columns(["a"])
        with pytest.raises(ConfigurationError) as refused:
            table.check_columns(["a", "c"])
    assert refused.value.path == "$.c"
    with open_table(file.path, LINES) as table:
        table.check_columns(["c"])


@pytest.mark.parametrize("name", ["", "missing", "a\0b"])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(ConfigurationError, match="cannot read"),
        open_table(tmp_path / name, Source.from_json(CSV)),
    ):
        pass


def test_memory_does_not_grow_with_the_file(file: File) -> None:
    file.path.write_bytes(b"a,b\n" + b"1,2\n" * 50_000)
    with open_table(file.path, Source.from_json(CSV)) as table:
        tracemalloc.start()
        count = sum(1 for _ in table.rows)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 50_000
    assert peak < 1_000_000
