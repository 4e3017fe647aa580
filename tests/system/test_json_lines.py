from typing import TypedDict

import pytest

from tvae.errors import InputError
from tvae.system.json_lines import append_row, cut_rows, last_row, read_rows


class Row(TypedDict):
    step: int


def test_rows_come_back_and_a_torn_end_is_passed_over(tmp_path):
    path = tmp_path / "rows.jsonl"
    assert read_rows(path, Row) == []
    for step in range(3):
        append_row(path, {"step": step})
    with path.open("a") as file:
        file.write('{"step": 3')
    assert read_rows(path, Row) == [{"step": 0}, {"step": 1}, {"step": 2}]
    cut_rows(path, 1, Row)
    assert path.read_text() == '{"step": 0}\n{"step": 1}\n'
    append_row(path, {"step": 2})
    assert [row["step"] for row in read_rows(path, Row)] == [0, 1, 2]


def test_any_other_line_that_is_not_json_is_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"step": 0}\nnonsense\n{"step": 1}\n')
    with pytest.raises(InputError, match=r"rows\.jsonl, line 2"):
        read_rows(path, Row)


def test_the_last_complete_row_is_read_from_the_end_of_a_file_of_any_length(tmp_path):
    path = tmp_path / "rows.jsonl"
    assert last_row(path, Row) is None
    path.write_text('{"step": 0')
    assert last_row(path, Row) is None
    path.write_text('{"step": 0}\n')
    assert last_row(path, Row) == {"step": 0}
    path.write_text('{"step": 7}\n' * 2_000_000)  # beyond what read_rows takes
    append_row(path, {"step": 8})
    with path.open("a") as file:
        file.write('{"step": 9')
    assert last_row(path, Row) == {"step": 8}


def test_a_file_is_parsed_once_for_each_state_of_it(tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    append_row(path, {"step": 0})
    assert read_rows(path, Row) == [{"step": 0}]
    monkeypatch.setattr("tvae.system.json_lines.read_json", lambda line, where: pytest.fail("parsed again"))
    assert read_rows(path, Row) == [{"step": 0}]
    monkeypatch.undo()
    append_row(path, {"step": 1})
    assert read_rows(path, Row) == [{"step": 0}, {"step": 1}]


def test_a_line_of_another_type_is_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"step": 0}\n{"step": "1"}\n')
    with pytest.raises(InputError, match=r"rows\.jsonl, line 2: step: Expected int, got str"):
        read_rows(path, Row)
    with pytest.raises(InputError, match="last line: step"):
        last_row(path, Row)
