"""The doctor's lines, its JSON and its exit status."""

import json

from tests.cli.test_cli import tvae


def test_what_is_wrong_is_a_line_with_what_to_do_and_the_status_says_so(tmp_path, monkeypatch):
    assert tvae("doctor").returncode == 0
    monkeypatch.setenv("TVAE_RUNS", "/proc/nohome")
    done = tvae("doctor")
    assert done.returncode == 1
    assert done.stderr == "tvae: 1 thing is wrong; the lines say what to do\n"
    place = done.stdout.splitlines().index(
        "WRONG: folder of runs: /proc/nohome can't be written (No such file or directory)"
    )
    assert "TVAE_RUNS" in done.stdout.splitlines()[place + 1]
    rows = json.loads(tvae("doctor", "--json").stdout)
    assert {row["subject"]: row["verdict"] for row in rows}["folder of runs"] == "wrong"
    assert {tuple(row) for row in rows} == {("subject", "verdict", "text", "advice")}
