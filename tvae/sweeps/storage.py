"""Storage of sweeps: a database, opened with each refusal in one line."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
import sqlalchemy.event
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from tvae.errors import InputError
from tvae.jobs.runs_folder import make_runs_folder
from tvae.sweeps.background import STORAGE_FILE

DATABASES = ("sqlite", "postgresql", "mysql")
PATIENCE = 60
"""Seconds to wait for other processes that write to SQLite's file."""
_RIGHT = "it must be sqlite:///FILE, postgresql://… or mysql://…"
_NO_JOURNAL = (
    "Optuna's JournalStorage is not taken: in it the cell of a killed worker stays running for ever, so no other worker"
    " ever gets it"
)
_DRIVERS = {"postgresql": "pip install 'psycopg[binary]'", "mysql": "pip install pymysql, and mysql+pymysql://… as URL"}


def default_url(runs: Path) -> str:
    """URL of the storage in a folder of runs."""
    return f"sqlite:///{(runs / STORAGE_FILE).absolute().as_posix()}"


def checked_url(text: str) -> URL:
    """The URL of a storage.

    Raises:
        InputError: it is none that a sweep can be kept in; the message says why, without a password.
    """
    scheme, separator, _ = text.partition("://")
    is_journal = "journal" in scheme.lower() or scheme.startswith("redis") or text.endswith((".log", ".journal"))
    if is_journal:
        raise InputError(f"storage: {_NO_JOURNAL}; {_RIGHT}")
    if not separator:
        raise InputError(f"storage: {text[:80]!r} is no URL of a database; {_RIGHT}")
    try:
        url = make_url(text)
        dialect = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise InputError(f"storage: this URL of {scheme[:20]!r} can't be read; {_RIGHT}") from None
    if dialect not in DATABASES:
        raise InputError(f"storage: {dialect[:20]!r} is not possible; {_RIGHT}")
    if dialect == "sqlite" and url.database in (None, "", ":memory:"):
        raise InputError("storage: SQLite in memory is gone with this process; name a file, as in sqlite:///FILE")
    return url


def open_storage(text: str, runs: Path, *, make: bool, heartbeat: int | None = None, grace: int = 0) -> RDBStorage:
    """The storage at a URL; empty: the file in the folder of runs.

    Args:
        make: whether a storage that is not there is made. Without it nothing is written.
        heartbeat: seconds between two signs of life; None where no trial is run.
        grace: seconds without one after which a running trial fails, and waits again.

    Raises:
        InputError: no such storage, it can't be reached or written, or it is of another version of Optuna.
    """
    if not text and make:
        make_runs_folder(runs)
    url = checked_url(text or default_url(runs))
    is_sqlite = url.get_backend_name() == "sqlite"
    file = Path(url.database or "") if is_sqlite and not str(url.database).startswith("file:") else None
    if file is not None and not file.is_file() and not make:
        raise InputError(f"storage: there is no sweep in {file}; `python -m tvae sweep start` lays one out")
    if file is not None and make and file.is_file() and not os.access(file, os.W_OK):
        raise InputError(f"storage: {file} can't be written; workers write their figures there")
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)  # what goes wrong is said once, by us
    settings: dict[str, Any] = {"connect_args": {"timeout": PATIENCE}} if is_sqlite else {}

    def opened() -> RDBStorage:
        return RDBStorage(
            url.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}"),  # Optuna fills in braces
            engine_kwargs=settings,
            heartbeat_interval=heartbeat,
            grace_period=grace if heartbeat else None,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback() if heartbeat else None,
            skip_table_creation=not make,
        )

    with storage_errors(url), warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeats
        storage = _made_with_others(opened) if make else opened()
        if is_sqlite and make:
            _lock_before_reading(storage)
    return storage


def close_storage(storage: RDBStorage) -> None:
    """Close the connections of a storage that is used no longer."""
    storage.remove_session()
    storage.engine.dispose()


@contextlib.contextmanager
def storage_errors(url: URL) -> Iterator[None]:
    """Context whose database errors become one line that names the storage without its password."""
    name = url.render_as_string(hide_password=True)
    try:
        yield
    except (DuplicatedStudyError, InputError):
        raise
    except ImportError:
        backend = url.get_backend_name()
        raise InputError(f"storage: {backend} needs a driver: {_DRIVERS.get(backend, 'install it')}") from None
    except RuntimeError as error:
        if "schema" not in str(error):
            raise
        raise InputError(f"storage: {name} was made by another version of Optuna. {_one_line(error)}") from None
    except (StorageInternalError, SQLAlchemyError) as error:
        if any(word in _cause(error) for word in ("no such table", "does not exist", "doesn't exist")):
            raise InputError(f"storage: there is no sweep in {name} ({_cause(error)})") from None
        raise InputError(f"storage: {name} can't be used ({_cause(error)})") from None


def heartbeat_missing(storage: RDBStorage, trial_ids: list[int]) -> list[int]:
    """Those of these trials whose worker has never given a sign of life.

    Optuna never takes such a trial for stale: its worker was killed between taking it and its first heartbeat.
    """
    with storage.engine.connect() as connection:
        rows = connection.execute(sqlalchemy.text("SELECT trial_id FROM trial_heartbeats"))
        alive = {row[0] for row in rows}
    return [trial_id for trial_id in trial_ids if trial_id not in alive]


def _made_with_others(opened: Callable[[], RDBStorage]) -> RDBStorage:
    """The storage that this opens, also where another process makes the same tables at this moment.

    Optuna looks which tables are there and then makes the others, and says of one that came in between that it is
    there already. Opened again, it goes on where that failed.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return opened()
        except (StorageInternalError, SQLAlchemyError) as error:
            if not _is_there_already(error) or time.monotonic() > until:
                raise
        time.sleep(0.05)


def _is_there_already(error: BaseException) -> bool:
    """Whether the database refused to make a table or a row since it has it."""
    return isinstance(error, IntegrityError) or "already exists" in _cause(error)


def _lock_before_reading(storage: RDBStorage) -> None:
    """Have each transaction on SQLite's file take the lock before it reads.

    Optuna reads a trial's state and then writes it. SQLite has no lock of a row, so two workers would take one trial.
    """
    events: Callable[..., Any] = sqlalchemy.event.listen
    events(storage.engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    events(storage.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    storage.engine.dispose()  # the connections so far were opened without


def _cause(error: BaseException) -> str:
    """What the database itself said, in one line."""
    inner: BaseException = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    return _one_line(getattr(inner, "orig", None) or inner)


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:200]
