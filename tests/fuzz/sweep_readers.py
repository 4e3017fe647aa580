"""Readers of what the workers of a sweep find in its storage and its results."""

from __future__ import annotations

import io
import json
import zipfile
from types import SimpleNamespace
from typing import Any, cast

from optuna.trial import TrialState, create_trial

from tests.fuzz import sources
from tests.fuzz.changes import changed_bytes, changed_safetensors, changed_text, changed_zip
from tests.fuzz.registry import Made, json_like, reader, require_equal
from tests.sweeps.conftest import small_plan
from tests.sweeps.test_study import some_figures
from tvae.jobs.files import JobFiles
from tvae.runs.replays.recorded import REPLAY
from tvae.runs.run import HISTORY
from tvae.sweeps.handover import files_to_go_on, unfinished_run
from tvae.sweeps.plan import Plan
from tvae.sweeps.storage import checked_url
from tvae.sweeps.study import Sweep
from tvae.sweeps.table import table_of
from tvae.system.strict_json import read_json


@reader("sweep-plan")
def sweep_plan() -> Made:
    """What a sweep trains, among the attributes of its study."""

    def read(content: bytes) -> None:
        plan = Plan.from_json(read_json(content, "plan"), "plan")
        for group in plan.groups():
            _ = group.seed, group.title("grid")
        require_equal(Plan.from_json(json.loads(json.dumps(plan.to_json())), "plan").to_json(), plan.to_json())

    return json_like(small_plan().to_json()), read


@reader("sweep-attributes")
def sweep_attributes() -> Made:
    """Cells that were added to a sweep, and what a worker says of a group, among the attributes in its storage."""
    plan = small_plan()
    group = next(plan.groups())
    plain = {
        "cells ab": {"m0.5-w3": [0.5, 3.0]},
        **{"group": group.id, "run": "a run", "worker": "a machine", "troubles": 1, "failed": "full"},
        "figures": sources.plain(some_figures(group)),
    }

    def read(content: bytes) -> None:
        attributes = read_json(content, "attributes")
        if not isinstance(attributes, dict):
            return
        done = create_trial(values=[0.5, 1.0, 2.0], user_attrs=attributes)
        failed = create_trial(state=TrialState.FAIL, user_attrs={**attributes, "group": "1-0"})
        study = SimpleNamespace(user_attrs=attributes, get_trials=lambda deepcopy: [done, failed])
        storage = SimpleNamespace(engine=SimpleNamespace(url=checked_url("sqlite:///storage")))
        sweep = Sweep("grid", plan, cast(Any, study), cast(Any, storage))
        states = sweep.states()
        table_of(sweep.cells, states).to_json([0.0, 0.5])

    return json_like(plain), read


@reader("unfinished-run")
def unfinished() -> Made:
    """A run that another machine began."""
    run, resume = sources.run(), JobFiles(sources.run().folder).resume
    resume.parent.mkdir(exist_ok=True)
    resume.write_bytes(sources.resume_file())
    content = unfinished_run(run.folder)
    resume.unlink()
    assert content is not None
    members = files_to_go_on(content)

    def inside(name: str, content: bytes) -> Any:
        return changed_text(content.decode()) if name == HISTORY else changed_safetensors(content)

    def read(content: bytes) -> None:
        files = files_to_go_on(content)
        again = io.BytesIO()
        with zipfile.ZipFile(again, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        require_equal(files_to_go_on(again.getvalue()), files)

    assert members.keys() == {JobFiles(run.folder).resume.relative_to(run.folder).as_posix(), HISTORY, REPLAY}
    return changed_zip(members, inside) | changed_bytes(content), read
