import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import filelock
import pytest

from tvae.system.process_lock import lock_is_held, take_lock

HOLD = """
import sys, time
from pathlib import Path
from tvae.system.process_lock import take_lock
lock = take_lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock `lock`."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path / "lock"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_lock_is_held_until_its_process_is_killed(tmp_path, holder):
    assert lock_is_held(tmp_path / "lock")
    assert take_lock(tmp_path / "lock") is None
    holder.kill()
    holder.wait()
    assert not lock_is_held(tmp_path / "lock")
    assert take_lock(tmp_path / "lock") is not None


def test_a_released_lock_is_free_and_a_missing_one_is_not_held(tmp_path):
    path = tmp_path / "lock"
    assert not lock_is_held(path)
    lock = take_lock(path)
    assert lock is not None
    with lock:
        assert lock_is_held(path)
    assert not lock_is_held(path)


def test_a_process_started_while_the_lock_is_held_does_not_hold_it_too(tmp_path):
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    with lock:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert not lock_is_held(tmp_path / "lock")
    finally:
        child.communicate()


def test_a_released_lock_is_free_while_a_child_that_is_just_starting_has_a_copy_of_it(tmp_path):
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # as between fork and exec, where all descriptors are open still
        os.read(reader, 1)
        os._exit(0)
    try:
        lock.release()
        assert take_lock(tmp_path / "lock") is not None
    finally:
        os.write(writer, b"x")
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)


def test_who_waits_for_a_lock_tries_every_hundredth_of_a_second_and_no_oftener(tmp_path, monkeypatch):
    lock, tries, lock_descriptor = take_lock(tmp_path / "lock"), [], filelock.lock_descriptor

    def counted(descriptor: int, *, blocking: bool) -> bool:
        tries.append(descriptor)
        return lock_descriptor(descriptor, blocking=blocking)

    monkeypatch.setattr(filelock, "lock_descriptor", counted)
    assert lock is not None
    with lock:
        assert take_lock(tmp_path / "lock") is None
    assert 1 < len(tries) < 110


def test_those_who_look_at_once_do_not_take_each_other_for_the_holder(tmp_path):
    path = tmp_path / "lock"
    path.touch()
    until, seen = time.monotonic() + 0.5, []

    def look() -> None:
        while time.monotonic() < until:
            seen.append(lock_is_held(path))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) > 100
    assert not any(seen)


def test_who_looks_all_the_time_keeps_nobody_from_the_lock(tmp_path):
    path = tmp_path / "lock"
    path.touch()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            lock_is_held(path)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(20):
            lock = take_lock(path)
            assert lock is not None
            lock.release()
    finally:
        over.set()
        thread.join()


def test_the_lock_of_a_file_that_was_removed_excludes_nobody(tmp_path):
    path = tmp_path / "lock"
    first = take_lock(path)
    assert first is not None
    path.unlink()
    assert not lock_is_held(path)
    assert take_lock(path) is not None


def test_a_file_system_without_locks_is_refused_in_one_line_and_nothing_else_is_done_instead(tmp_path, monkeypatch):
    """filelock would fall back on a marker file, which a killed process leaves behind."""

    def no_locks(descriptor: int, *, blocking: bool) -> bool:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(filelock, "lock_descriptor", no_locks)
    with pytest.raises(OSError, match="this file system can't lock files; name a folder on another one") as refusal:
        take_lock(tmp_path / "lock")
    assert refusal.value.filename == str(tmp_path / "lock")
    assert "\n" not in str(refusal.value)
    assert not lock_is_held(tmp_path / "lock")


def test_a_folder_that_is_missing_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        take_lock(tmp_path / "nowhere" / "lock")
    assert not lock_is_held(Path("/nowhere/lock"))
