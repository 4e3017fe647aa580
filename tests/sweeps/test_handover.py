"""An unfinished run goes on in another folder of runs, and ends as one without the break."""

from __future__ import annotations

import time
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import small_run_config
from tvae.data import load_dataset
from tvae.errors import InputError
from tvae.jobs.jobs import Jobs
from tvae.runs.history import read_history
from tvae.runs.recording import record
from tvae.runs.replays.recorded import read_replay
from tvae.runs.run import HISTORY, read_run
from tvae.runs.weights import read_arm
from tvae.sweeps.handover import files_to_go_on, unfinished_run


def test_a_run_that_goes_on_in_another_folder_ends_as_one_without_the_break(tmp_path: Path):
    config = small_run_config()
    config = replace(config, train=replace(config.train, epochs=12, batch_size=32))
    one, other = Jobs(tmp_path / "one"), Jobs(tmp_path / "other")
    run_id = one.starter.start(config, None)
    until = time.monotonic() + 120
    while (content := unfinished_run(tmp_path / "one" / run_id)) is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    one.stop(run_id, None)  # where it is by then does not matter
    went_on = other.starter.start(config, None, unfinished=files_to_go_on(content))
    while not (job := other.run(went_on)).over:
        time.sleep(0.1)
    assert job.state == "done", job.reason
    for _ in record(config, load_dataset("digits"), tmp_path / "alone", "test"):
        pass
    runs = [read_run(folder) for folder in (tmp_path / "other" / went_on, tmp_path / "alone")]
    for arm, loss in config.arms.items():
        first, second = (
            read_arm(run.folder / f"{arm}.safetensors", run.image_shape, config.model, loss) for run in runs
        )
        for name, values in first.items():
            np.testing.assert_array_equal(values, second[name], err_msg=name)
    first, second = (
        [{key: value for key, value in row.items() if key != "images_per_second"} for row in read_history(run.folder)]
        for run in runs
    )
    assert first == second
    replays = [read_replay(run) for run in runs]
    assert replays[0] is not None and replays[1] is not None
    np.testing.assert_array_equal(replays[0].steps, replays[1].steps)
    while not one.run(run_id).over:
        time.sleep(0.1)


def test_a_run_that_has_saved_nothing_has_nothing_to_go_on_with(tmp_path: Path):
    assert unfinished_run(tmp_path) is None


@pytest.mark.parametrize("names", [[], [HISTORY], [HISTORY, "job/resume.safetensors", "../x"]])
def test_what_is_no_unfinished_run_is_refused(names):
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    with pytest.raises(InputError, match="unfinished run: "):
        files_to_go_on(content.getvalue())
