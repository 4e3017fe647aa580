import signal
import subprocess
import sys

from tvae.system.process_lock import forget_last_word, last_word, lock_is_held, take_lock

HOLD = "import sys; sys.stdout.write('on'); sys.stdout.flush(); import time; time.sleep(600)"


def test_a_process_that_was_handed_the_lock_holds_it_until_it_is_killed(tmp_path):
    path = tmp_path / "lock"
    assert not lock_is_held(path)
    lock = take_lock(path)
    assert lock is not None
    assert lock_is_held(path)
    holder = subprocess.Popen([sys.executable, "-c", HOLD], stdin=lock.descriptor, stdout=subprocess.PIPE)
    lock.close()
    try:
        assert lock_is_held(path)
        assert take_lock(path) is None
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
    assert not lock_is_held(path)
    assert take_lock(path) is not None


def test_the_last_word_goes_where_room_was_set_aside(tmp_path):
    path = tmp_path / "lock"
    lock = take_lock(path)
    assert lock is not None
    size = path.stat().st_size
    assert last_word(path) == ""
    lock.write_last_word("disk full")
    assert last_word(path) == "disk full"
    assert path.stat().st_size == size
    forget_last_word(lock)
    assert last_word(path) == ""
