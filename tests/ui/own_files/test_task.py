"""Work in a thread: its progress, the time left, its end, what goes wrong, and cancelling it."""

from __future__ import annotations

import threading

import pytest

from tvae.data.own import TakingInCancelled
from tvae.errors import InputError
from tvae.ui.own_files.task import Task

WAIT = 20.0


def ended(task: Task) -> Task:
    task.wait(WAIT)
    assert task.over
    return task


def test_its_result_is_kept():
    task = ended(Task(lambda progress, cancelled: 7))
    assert (task.result, task.error, task.cancelled) == (7, "", False)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("a.zip: an empty zip"), "a.zip: an empty zip"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_what_goes_wrong_is_one_line(error, line):
    def fail(progress, cancelled):
        raise error

    task = ended(Task(fail))
    assert (task.result, task.error, task.cancelled) == (None, line, False)


def test_what_nobody_expected_is_a_number_on_the_page_and_a_traceback_in_the_log(caplog):
    def fail(progress, cancelled):
        raise ZeroDivisionError("in /srv/lab/secret")

    error = ended(Task(fail)).error
    number = error.rpartition(" ")[2]
    assert error == f"Something went wrong here; the host finds it in the log as error {number}"
    (record,) = caplog.records
    assert record.getMessage() == f"error {number}" and "/srv/lab/secret" in caplog.text


def test_it_says_how_far_it_is_and_how_long_it_will_take(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("tvae.ui.own_files.task.time.monotonic", lambda: now[0])
    reported, go_on = threading.Event(), threading.Event()

    def work(progress, cancelled):
        progress("looking at the pictures", 10, 10)
        progress("taking in", 0, 400)
        now[0] += 6.0
        progress("taking in", 100, 400)
        reported.set()
        go_on.wait(WAIT)

    task = Task(work)
    assert reported.wait(WAIT)
    assert (task.share, task.in_words) == (0.25, "Taking in: 100 of 400, about 18 s left")
    assert not task.over
    go_on.set()
    ended(task)


def test_a_cancelled_one_ends_as_cancelled():
    begun = threading.Event()

    def work(progress, cancelled):
        begun.set()
        while not cancelled():
            threading.Event().wait(0.01)
        raise TakingInCancelled

    task = Task(work)
    assert begun.wait(WAIT) and not task.over
    task.cancel()
    assert ended(task).cancelled
    assert (task.result, task.error) == (None, "")
