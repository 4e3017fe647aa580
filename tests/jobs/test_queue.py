import contextlib
import errno
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tvae.jobs.queue import TABLES, JobQueue, runs_at_once


def everyone(run_id: str) -> bool:
    return True


def test_first_come_first_served_and_one_at_a_time(tmp_path):
    queue = JobQueue(tmp_path)
    for name in "abc":
        queue.add(name)
    assert queue.places(1, everyone) == {"b": 1, "c": 2}, "a is about to begin"
    assert not queue.claim("b", 1, everyone)
    assert queue.claim("a", 1, everyone)
    assert not queue.claim("b", 1, everyone)
    assert queue.places(1, everyone) == {"b": 1, "c": 2}
    queue.remove("a")
    assert not queue.claim("c", 1, everyone)
    assert queue.claim("b", 1, everyone)
    assert queue.claim("c", 2, everyone)


def test_a_dead_worker_s_row_counts_for_nothing(tmp_path):
    queue = JobQueue(tmp_path)
    for name in "abc":
        queue.add(name)
    assert queue.claim("a", 1, everyone)
    assert queue.claim("c", 1, lambda run_id: run_id == "c")
    assert [run_id for run_id, _ in queue.rows()] == ["c"]


def test_claims_at_the_same_moment_are_one(tmp_path):
    queue = JobQueue(tmp_path)
    names = [f"run{number}" for number in range(8)]
    for name in names:
        queue.add(name)
    taken: list[str] = []
    start = threading.Barrier(len(names))

    def work(name: str) -> None:
        start.wait()
        for _ in range(20):
            # Each thinks that the others have only just died or come to life: the rows alone decide.
            if JobQueue(tmp_path).claim(name, 1, lambda other: (other, 1) in queue.rows()):
                taken.append(name)
                return

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_the_same_request_is_the_same_run(tmp_path):
    queue = JobQueue(tmp_path)
    assert queue.requested("wish") is None
    assert queue.add("a", "wish") == "a"
    assert queue.add("b", "wish") == "a"
    assert queue.requested("wish") == "a"
    assert [run_id for run_id, _ in queue.rows()] == ["a"]
    queue.remove("a")
    assert queue.add("b", "wish") == "a", "its run has ended, and the same click is still the same wish"
    queue.remove("a", request=True)
    assert queue.add("b", "wish") == "b"
    assert queue.add("a", "another wish") == "a"
    assert queue.requested("wish") == "b"


def test_a_request_counts_for_a_day(tmp_path, monkeypatch):
    queue, now = JobQueue(tmp_path), time.time()
    queue.add("a", "wish")
    monkeypatch.setattr("time.time", lambda: now + 86_000)
    assert queue.add("b", "wish") == "a"
    monkeypatch.setattr("time.time", lambda: now + 86_500)
    assert queue.add("b", "wish") == "b"


def test_a_worker_that_comes_again_keeps_its_place_and_one_that_ran_goes_to_the_end(tmp_path):
    queue = JobQueue(tmp_path)
    for name in "ab":
        queue.add(name)
    queue.enter("a")
    assert queue.rows() == [("a", 0), ("b", 0)]
    assert queue.claim("a", 1, everyone)
    assert queue.rows() == [("a", 1), ("b", 0)]
    queue.enter("a")
    assert queue.rows() == [("b", 0), ("a", 0)]
    queue.add("b")
    assert queue.rows() == [("a", 0), ("b", 0)]


@pytest.mark.parametrize(("said", "meant"), [("", 1), ("3", 3), ("0", 1), ("-2", 1), ("many", 1)])
def test_runs_at_once(said, meant, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS_AT_ONCE", said)
    assert runs_at_once() == meant


def test_many_that_open_a_new_queue_at_the_same_moment_all_come_in(tmp_path):
    for round_ in range(40):
        folder, together, ids = tmp_path / str(round_), threading.Barrier(8), []
        folder.mkdir()

        def enter(name, folder=folder, together=together, ids=ids):
            together.wait()
            ids.append(JobQueue(folder).add(name, "the same wish"))

        threads = [threading.Thread(target=enter, args=(f"run{k}",)) for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ids) == 8
        assert len(set(ids)) == 1


OPENER = """
import sqlite3, sys
from pathlib import Path
from tvae.jobs.queue import JobQueue
for line in sys.stdin:
    folder = Path(line.strip())
    try:
        JobQueue(folder).add(sys.argv[1])
        JobQueue(folder).rows()
        JobQueue(folder).remove(sys.argv[1])
        print("in", flush=True)
    except Exception as error:
        print(repr(error), flush=True)
"""


def test_many_processes_open_and_close_a_new_queue_at_once_and_it_is_in_wal_mode(tmp_path):
    words = [[sys.executable, "-c", OPENER, f"run{k}"] for k in range(6)]
    openers = [subprocess.Popen(each, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for each in words]
    for round_ in range(40):
        folder = tmp_path / str(round_)
        folder.mkdir()
        for opener in openers:
            assert opener.stdin is not None
            opener.stdin.write(f"{folder}\n")
            opener.stdin.flush()
        for opener in openers:
            assert opener.stdout is not None
            assert opener.stdout.readline() == "in\n"
        with contextlib.closing(sqlite3.connect(folder / "queue.sqlite3")) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    for opener in openers:
        opener.communicate()


def test_who_opens_a_queue_while_another_holds_it_tries_until_it_is_free(tmp_path, monkeypatch):
    """As where two switch a new queue to WAL mode at once: for that SQLite does not wait, whatever its timeout."""
    rests: list[float] = []
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.sqlite3", isolation_level=None)) as other:

        def rested(seconds: float) -> None:
            rests.append(seconds)
            if len(rests) == 3:
                other.execute("COMMIT")

        other.executescript(TABLES)
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("time.sleep", rested)
        assert JobQueue(tmp_path).add("a") == "a"
    assert len(rests) == 3
    assert all(0 < seconds < 0.05 for seconds in rests)
    assert JobQueue(tmp_path).rows() == [("a", 0)]


def test_a_queue_that_can_not_be_used_is_told_as_a_full_disk_or_another_error(tmp_path, monkeypatch):
    (tmp_path / "queue.sqlite3").write_bytes(b"no database" * 1_000)

    def refused() -> OSError:
        with pytest.raises(OSError, match="file is not a database") as refusal:
            JobQueue(tmp_path).add("a")
        assert refusal.value.filename == str(tmp_path / "queue.sqlite3")
        return refusal.value

    def gone(path: Path) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    room = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: room._replace(free=2**20))
    assert refused().errno == errno.EIO
    monkeypatch.setattr(shutil, "disk_usage", lambda path: room._replace(free=100))
    assert refused().errno == errno.ENOSPC
    monkeypatch.setattr(shutil, "disk_usage", gone)
    assert refused().errno == errno.EIO


def test_a_change_that_fails_half_way_is_not_made(tmp_path):
    queue = JobQueue(tmp_path)
    for name in "ab":
        queue.add(name)

    def breaks(run_id: str) -> bool:
        if asked.append(run_id) or len(asked) > 3:  # the first two look, the third is removed
            raise RuntimeError("no luck")
        return False

    asked: list[str] = []
    with pytest.raises(RuntimeError, match="no luck"):
        queue.claim("c", 1, breaks)
    assert queue.rows() == [("a", 0), ("b", 0)]


def test_a_queue_that_an_earlier_version_made_is_taken_over(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.sqlite3")) as database:
        database.executescript(TABLES + "INSERT INTO queue (id) VALUES ('old');")
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    queue = JobQueue(tmp_path)
    queue.add("new")
    assert [run_id for run_id, _ in queue.rows()] == ["old", "new"]


@pytest.mark.parametrize("odd", [b"a", 5, 2.5])
def test_rows_of_a_damaged_file_count_for_nothing(tmp_path, odd):
    queue = JobQueue(tmp_path)
    queue.add("a", "request-a")
    queue.add("b")
    with contextlib.closing(sqlite3.connect(queue.path, isolation_level=None)) as database:
        database.execute("CREATE TABLE odd (place INTEGER PRIMARY KEY, id BLOB, running BLOB)")
        database.execute("INSERT INTO odd SELECT place, id, running FROM queue")
        database.execute("INSERT INTO odd VALUES (0, ?, 0), (9, 'c', ?)", (odd, b"x"))
        database.execute("DROP TABLE queue")
        database.execute("ALTER TABLE odd RENAME TO queue")
        database.execute("CREATE TABLE asked (request TEXT, id BLOB, at REAL)")
        database.execute("INSERT INTO asked VALUES ('request-a', ?, 1e300)", (odd,))
        database.execute("DROP TABLE requests")
        database.execute("ALTER TABLE asked RENAME TO requests")
    assert queue.rows() == [("a", 0), ("b", 0)]
    assert queue.places(1, lambda run_id: run_id.islower()) == {"b": 1}
    assert queue.requested("request-a") is None
    assert queue.claim("a", 1, everyone)
    assert queue.add("d", "request-a") == "d"


def test_a_damaged_queue_whose_own_words_are_no_text_is_an_os_error(tmp_path):
    """SQLite's message repeats them, which Python can't decode."""
    JobQueue(tmp_path).add("a")
    path = JobQueue(tmp_path).path
    content = path.read_bytes()
    assert b"CREATE TABLE" in content
    path.write_bytes(content.replace(b"CREATE TABLE", b"CREATE \xff\xfe\xfd\xfc\xfb"))
    with pytest.raises(OSError) as refused:
        JobQueue(tmp_path).rows()
    assert refused.value.errno == errno.EIO and refused.value.filename == str(path)
