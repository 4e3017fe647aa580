"""A run whose files are of an odd shape is passed over or told of in one line; the list of runs has the others."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.conftest import small_run_config
from tvae.errors import InputError
from tvae.jobs.files import About, JobFiles, Spec
from tvae.jobs.jobs import Jobs

ODD = {
    "list": "[]",
    "text": '"done"',
    "number": "1",
    "none": "null",
    "empty": "{}",
    "nothing": "",
    "no text": b"\xff\xfe",
    "deep": "[" * 100_000,
    "many digits": '{"state": "done", "schema": 1, "step": 1' + "0" * 5_000 + "}",
    "twice": '{"state": "done", "state": "done", "schema": 1, "schema": 1}',
    "infinite": '{"state": "done", "schema": 1, "seconds": 1e999}',
    "step as text": '{"state": "done", "schema": 1, "step": "abc"}',
    "step that is none": '{"state": "done", "schema": 1, "step": null}',
    "unknown state": '{"state": "dancing", "schema": 1}',
    "state as list": '{"state": [], "schema": 1}',
    "arms as list": '{"state": "done", "schema": 1, "arms": []}',
    "warnings as number": '{"state": "done", "schema": 1, "warnings": 5}',
    "unknown field": '{"state": "done", "schema": 1, "more": 1}',
    "another process": '{"pid": "one", "created": []}',
}


@pytest.fixture
def jobs(tmp_path):
    for name in ("good", "odd"):
        files = JobFiles(tmp_path / name)
        files.folder.mkdir(parents=True)
        files.worker_folder.mkdir(parents=True)
        files.write_spec(Spec(config=small_run_config(), created=name))
        files.write_state({"state": "done", "step": 10, "steps": 10})
        files.write_about(About(name=name))
    return Jobs(tmp_path)


@pytest.mark.parametrize("file", ["spec", "state", "about", "process"])
@pytest.mark.parametrize("shape", ODD)
def test_an_odd_file_does_not_take_the_list_with_it(jobs, file, shape):
    content = ODD[shape]
    getattr(JobFiles(jobs.folder / "odd"), file).write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    listed = {job.id: job for job in jobs.runs()}
    assert listed["good"].step == 10
    assert ("odd" in listed) == (file != "spec")
    if file == "spec":
        with pytest.raises(InputError) as refused:
            jobs.run("odd")
        assert "spec.json" in str(refused.value) and "\n" not in str(refused.value)


def test_a_newer_spec_says_so(jobs):
    path = JobFiles(jobs.folder / "odd").spec
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 2}))
    with pytest.raises(InputError, match=r"spec\.json: schema version 2 is that of a newer version of this program"):
        jobs.run("odd")


def test_an_owner_that_is_no_hash_does_not_take_the_list_with_it(jobs):
    path = JobFiles(jobs.folder / "odd").spec
    path.write_text(json.dumps({**json.loads(path.read_text()), "owner": "é"}))
    assert {job.id for job in jobs.runs("somebody")} == {"good", "odd"}


def test_an_odd_last_word_is_no_word(jobs):
    files = JobFiles(jobs.folder / "odd")
    files.write_state({"state": "running", "phase": "training"})
    files.last_word.reserve()
    for word in ("[]", '{"state": []}', '{"state": "done", "reason": 5}', "9" * 4_000, "{"):
        files.last_word.write(word)
        assert jobs.run("odd").state == "interrupted"
    files.last_word.write('{"state": "failed", "reason": "disk full"}')
    assert (jobs.run("odd").state, jobs.run("odd").reason) == ("failed", "disk full")
    shutil.rmtree(files.run_folder)
