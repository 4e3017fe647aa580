import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from tvae.system.process_identity import ProcessIdentity, this_process

WAIT = [sys.executable, "-c", "input()", "tvae.jobs.worker", "abc"]


def is_abc(words) -> bool:
    return "abc" in words


@pytest.fixture
def child():
    process = subprocess.Popen(WAIT, stdin=subprocess.PIPE)
    yield process
    process.communicate()


def identity(process: subprocess.Popen) -> ProcessIdentity:
    return ProcessIdentity(process.pid, psutil.Process(process.pid).create_time())


def test_a_process_is_found_by_its_number_creation_and_command_line(child):
    process = identity(child).running(is_abc)
    assert process is not None
    assert process.pid == child.pid
    assert this_process().running(lambda words: True) is not None


def test_a_number_that_went_to_another_process_is_not_taken_for_the_first(child):
    assert replace(identity(child), created=identity(child).created - 60).running(is_abc) is None
    assert identity(child).running(lambda words: "def" in words) is None


def test_a_process_that_has_ended_is_none(child):
    known = identity(child)
    child.communicate()
    assert known.running(is_abc) is None


def test_a_process_from_before_the_last_start_of_the_machine_ended_by_it():
    assert not this_process().ended_by_restart
    assert ProcessIdentity(1, psutil.boot_time() - 3600).ended_by_restart
