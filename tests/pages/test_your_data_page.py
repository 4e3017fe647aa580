"""The page Your data, run without a browser: the summary of a source, keeping, training, the list."""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tests.data.own.made_sources import class_files, png, take_in, write_files
from tvae.config import DataConfig, RunConfig, TrainConfig
from tvae.data import check_usable, load_dataset
from tvae.data.own import OwnDatasets
from tvae.errors import InputError
from tvae.jobs.jobs import Jobs
from tvae.runs import available
from tvae.runs.recording import record
from tvae.runs.run_zip import zip_run
from tvae.system.owner import new_owner
from tvae.ui.session import keys
from tvae.ui.session.identity import cookie_name
from tvae.ui.your_data import source as source_module
from tvae.ui.your_data.choosing import free_name

ROOT = Path(__file__).parents[2]
PAGE = "pages/9_Your_data.py"
WAIT = 60.0


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TVAE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    return tmp_path


def library(folder: Path) -> OwnDatasets:
    return OwnDatasets(folder / "data")


def page(path: str = PAGE, run: str = "digits") -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.session_state[keys.TRAIN_PANEL] = True
    app.switch_page(path)
    app.query_params["run"] = run
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.error, *app.warning, *app.info])


def button(app: AppTest, label: str):
    matches = [each for each in app.main.button if each.label == label]
    assert len(matches) == 1, [each.label for each in app.main.button]
    return matches[0]


def has_button(app: AppTest, label: str) -> bool:
    return any(each.label == label for each in app.main.button)


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def until(app: AppTest, holds) -> AppTest:
    """Run the page again, as a fragment in a browser does, until this condition holds."""
    end = time.monotonic() + WAIT
    while not holds(app):
        assert time.monotonic() < end, words(app)
        app.run()
    assert not app.exception
    return app


def uploaded(content: bytes, name: str = "pets.zip", app: AppTest | None = None) -> AppTest:
    app = app or page()
    app.file_uploader[0].set_value((name, content, "application/octet-stream")).run()
    return until(app, lambda app: not has_button(app, "Cancel"))


def kept(files: dict[str, bytes] | None = None, name: str = "pets.zip") -> AppTest:
    app = uploaded(zipped(class_files(each=20) if files is None else files), name)
    button(app, "Keep").click().run()
    return until(app, lambda app: has_button(app, "Train") or app.error)


def test_it_opens_with_its_question_and_what_can_be_brought_in():
    app = page()
    assert not app.exception and not app.error
    assert "What do both models make of images of your own?" in words(app)
    for form in ("zip", ".npz", "parquet", "CSV", "idx"):
        assert form in words(app)
    assert app.file_uploader[0].proto.max_upload_size_mb == 200


def test_it_works_where_there_is_no_run_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr(available, "SHIPPED", tmp_path / "none")
    app = kept()
    assert not app.exception
    assert not app.main.error and "There is no run to show" in app.sidebar.error[0].value
    button(app, "Train").click().run()
    assert not app.exception
    (job,) = Jobs().runs()
    Jobs().stop(job.id, None)
    assert any(job.config.data.name in part.value for part in app.sidebar.markdown)


def test_what_was_understood_is_shown_before_anything_is_kept(folders):
    files = class_files(each=30) | {"cat/wide.png": png(99, 40), "dog/bad.png": b"hello", "read me.txt": b"hello"}
    app = uploaded(zipped(files))
    said = words(app)
    for line in (
        "**pets.zip**: pictures in class folders",
        "**61 images** in **2 classes**, 28 × 28 pixels (60), 40 × 40 (1), grey",
        "Splits: none given",
        "**2 left out**",
        "dog/bad.png: this is no picture that can be read",
    ):
        assert line in said
    table = app.dataframe[0].value
    assert dict(zip(table["Class"], table["Images"], strict=True)) == {"cat": 31, "dog": 30}
    for cell in table["Example"]:
        assert cell.startswith("data:image/png;base64,")
    assert len(app.image) == 1  # before and after
    assert library(folders).names() == []


def test_the_first_twenty_of_what_is_left_out_are_named_once_each():
    files = class_files(each=3) | {f"cat/bad{number:02}.png": b"hello" for number in range(25)}
    said = words(uploaded(zipped(files)))
    assert "**25 left out, the first 20 of them**" in said or "**25 left out**, the first 20 of them" in said
    assert len(re.findall(r"cat/bad\d\d.png", said)) == len(set(re.findall(r"cat/bad\d\d.png", said))) == 20


def test_at_most_seven_controls_are_in_sight_and_the_rest_is_under_more():
    colour = {f"cat/{row}.png": png(row, 30, 3) for row in range(10)}
    wide = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(wide, "PNG")
    table = "path,label,writer,split\n" + "".join(
        f"cat/{row}.png,{'ab'[row % 2]},w{row % 3},{'test' if row > 6 else 'train'}\n" for row in range(10)
    )
    app = uploaded(zipped({**colour, "cat/4.png": wide.getvalue(), "labels.csv": table.encode()}))
    groups = [each.label for each in app.main.button_group]
    assert groups == ["Pixels a side", "Of the picture", "Channels", "Splits"]
    (label,) = app.main.selectbox
    assert (label.label, label.options[:2]) == ("Class by", ["label", "writer"])
    in_sight = [*groups, label.label, "Keep them as", "Keep"]
    assert len(in_sight) <= 7
    assert {each.label for each in app.main.number_input} == {"Test share, %", "Keep at most", "Seed of what is drawn"}


def test_an_uploaded_name_is_text_and_nothing_else():
    name = "<b>**x**<b> [a](mailto:b) :red[c].zip"
    app = uploaded(zipped(class_files(["<i>one", "**two**"])), name)
    unescaped = re.sub(r"\\.", "", words(app))
    assert r"\<b\>" in words(app) and not any(sign in unescaped for sign in ("<b", "x**", "[a]", ":red"))
    assert next(each for each in app.main.text_input if each.label == "Keep them as").value
    assert set(app.dataframe[0].value["Class"]) == {"<i>one", "**two**"}


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [
        (b"hello", "notes.txt", "notes.txt"),
        (b"hello", "*a* :red[c].txt", r"\*a\* \:red\[c\].txt"),
        (zipped({}), "empty.zip", "empty.zip: an empty zip"),
        (zipped({"../a/1.png": png(1), "b/2.png": png(2)}), "up.zip", "up.zip"),
        (zipped({"a/1.png": b"no", "b/2.png": b"no"}), "bad.zip", "fewer than two images can be taken"),
        (b"", "nothing.zip", "nothing.zip"),
    ],
)
def test_bad_input_is_one_line_in_place_and_nothing_is_kept(folders, content, name, line):
    app = uploaded(content, name)
    assert not app.exception
    (error,) = app.main.error
    assert line.replace("_", "\\_") in error.value and "\n" not in error.value
    assert not has_button(app, "Keep") and library(folders).names() == []


def test_a_name_that_is_taken_or_impossible_is_said_at_once_and_can_t_be_kept():
    app = uploaded(zipped(class_files()))
    field = next(each for each in app.main.text_input if each.label == "Keep them as")
    for name, line in (("mnist", "the name of a public data set"), ("a/b", "is not possible"), ("", "is not possible")):
        field.set_value(name).run()
        assert line in app.main.error[0].value and button(app, "Keep").disabled
    field.set_value("fine").run()
    assert not app.main.error and not button(app, "Keep").disabled


def test_the_default_name_is_the_file_s_and_free(folders):
    datasets = library(folders)
    assert free_name("My pets (2026).zip", datasets) == "My-pets-2026"
    assert free_name("狗.zip", datasets) == "images"
    assert free_name("mnist.npz", datasets) == "mnist-2"
    kept()
    assert free_name("pets.zip", datasets) == "pets-2"


def test_the_choices_are_what_is_kept(folders):
    app = uploaded(zipped(class_files(each=40)))
    app.main.button_group[0].set_value(64).run()
    next(each for each in app.main.number_input if each.label == "Test share, %").set_value(50)
    next(each for each in app.main.number_input if each.label == "Keep at most").set_value(40).run()
    assert "40 images of 64 × 64 pixels, grey, 50\u00a0% of each class for testing" in words(app)
    button(app, "Keep").click().run()
    until(app, lambda app: has_button(app, "Train"))
    dataset = library(folders).get("pets")
    assert (dataset.image_shape, dict(dataset.counts)) == ((64, 64, 1), {"train": 20, "test": 20})
    assert not dataset.shared


@pytest.fixture
def slow_keeping(monkeypatch):
    """Event for which the keeping of images waits after its first report of progress."""
    go_on = threading.Event()
    real = source_module.keep

    def slow(*args, progress, **options):
        def report(what, done, total):
            progress(what, done, total)
            while not go_on.wait(0.01) and not options["cancelled"]():
                pass

        return real(*args, progress=report, **options)

    monkeypatch.setattr(source_module, "keep", slow)
    yield go_on
    go_on.set()


def test_cancel_leaves_nothing_and_it_can_be_kept_after_all(folders, slow_keeping):
    app = uploaded(zipped(class_files(each=20)))
    button(app, "Keep").click().run()
    assert "Taking in: 0 of 40" in app.get("progress")[0].proto.text
    button(app, "Cancel").click().run()
    until(app, lambda app: not has_button(app, "Cancel"))
    assert "Cancelled. Nothing was kept." in words(app)
    assert library(folders).names() == []
    assert [path for path in (folders / "data").rglob("*") if path.suffix in (".npz", ".part", ".json")] == []
    slow_keeping.set()
    button(app, "Keep").click().run()
    until(app, lambda app: has_button(app, "Train"))
    assert library(folders).names() == ["pets"]


def test_another_page_and_a_reload_do_not_lose_it(folders, slow_keeping, cookies):
    cookies[cookie_name()] = new_owner()
    app = uploaded(zipped(class_files(each=20)))
    button(app, "Keep").click().run()
    app.switch_page("pages/5_Training.py").run()
    assert not app.exception
    app.switch_page(PAGE).run()
    assert has_button(app, "Cancel")
    reloaded = page()
    assert has_button(reloaded, "Cancel") and app.get("progress")
    slow_keeping.set()
    until(reloaded, lambda app: has_button(app, "Train"))
    assert library(folders).names() == ["pets"]


def test_a_second_click_keeps_it_once(folders, slow_keeping):
    app = uploaded(zipped(class_files(each=20)))
    keep = button(app, "Keep")
    keep.click().run()
    (thread,) = [each for each in threading.enumerate() if each.name == "own data"]
    keep.click().run()
    assert [each for each in threading.enumerate() if each.name == "own data"] == [thread]
    slow_keeping.set()
    until(app, lambda app: has_button(app, "Train"))
    assert library(folders).names() == ["pets"]


def test_weights_are_suggested_and_said_why_and_a_run_starts_with_what_is_chosen():
    app = kept()
    fields = {each.label: each for each in app.main.number_input}
    assert fields["Margin"].value == 1.0 and fields["Triplet weight"].value != 15.0
    assert "differs from the mean image" in words(app)
    fields["Triplet weight"].set_value(3.5).run()
    button(app, "Train").click().run()
    (job,) = Jobs().runs()
    assert job.config.data.name == "pets"
    assert job.config.arms["tvae"].triplet_weight == 3.5 and job.config.arms["vae"].triplet_weight == 0
    assert job.config.train.step == "fast"
    assert app.query_params["watch"] == job.id
    button(app, "Train").click().run()  # a double click
    assert len(Jobs().runs()) == 1
    Jobs().stop(job.id, None)


def test_a_trial_is_a_run_of_thirty_seconds():
    app = kept()
    button(app, "Try it for 30 s").click().run()
    (job,) = Jobs().runs()
    spec = json.loads((job.folder / "job" / "spec.json").read_text())
    assert spec["seconds"] == 30.0
    Jobs().stop(job.id, None)


def test_images_of_one_class_are_trained_by_a_vae_alone():
    app = kept(class_files(["cat"], each=20))
    assert "a VAE alone is trained" in words(app)
    assert [each.label for each in app.main.number_input] == ["KL weight"]
    button(app, "Train").click().run()
    (job,) = Jobs().runs()
    assert list(job.config.arms) == ["vae"]
    Jobs().stop(job.id, None)


def test_the_list_says_what_there_is_and_a_removed_one_comes_back(folders):
    app = kept()
    (row,) = app.dataframe[-1].value.to_dict("records")
    assert (row["Name"], row["Images"], row["Size"], row["Classes"], row["Access"]) == (
        "pets", 40, "28\u00a0×\u00a028, grey", 2, "private",
    )  # fmt: skip
    assert row["Disk, MB"] == pytest.approx(library(folders).get("pets").size / 2**20)
    button(app, "Remove").click().run()
    assert library(folders).names() == [] and "pets was removed." in words(app)
    assert not has_button(app, "Train")
    button(app, "Undo").click().run()
    assert library(folders).names() == ["pets"] and has_button(app, "Train")


def test_a_private_one_is_its_owner_s_alone_and_a_shared_one_everybody_s(folders):
    app = kept()
    stranger = page()
    assert "pets" not in stranger.sidebar.selectbox(key="train-data").options
    assert not has_button(stranger, "Train") and not stranger.dataframe
    button(app, "Share").click().run()
    stranger.run()
    assert "pets" in stranger.sidebar.selectbox(key="train-data").options
    assert has_button(stranger, "Train") and not has_button(stranger, "Remove")
    assert stranger.dataframe[0].value["Access"].tolist() == ["shared by another"]
    stranger.sidebar.selectbox(key="train-data").set_value("pets").run()
    button(app, "Make it private").click().run()
    stranger.run()
    assert not stranger.exception and "pets" not in stranger.sidebar.selectbox(key="train-data").options


def test_who_names_another_s_private_data_set_gets_one_line(folders):
    kept()
    config = RunConfig(data=DataConfig(name="pets"), train=TrainConfig(epochs=1, batch_size=4))
    with pytest.raises(
        InputError,
        match=r"^data\.name: unknown data set 'pets'; known .+, your own and those that",
    ) as refused:
        Jobs().starter.start(config, new_owner())
    assert "\n" not in str(refused.value)
    assert Jobs().runs() == []
    other = replace(config, data=DataConfig(name="dogs"))
    with pytest.raises(InputError) as unknown:
        Jobs().starter.start(other, new_owner())
    assert str(unknown.value) == str(refused.value).replace("pets", "dogs"), "no guess tells what others have"


def run_choices(app: AppTest) -> list[str]:
    return app.selectbox(key="run").options


def test_a_run_on_a_private_data_set_is_seen_by_its_owner_alone_until_that_is_shared(folders, cookies):
    cookies[cookie_name()] = mine = new_owner()
    app = kept()
    run_id = Jobs().starter.start(replace(small_run_config(), data=DataConfig(name="pets")), mine)
    end = time.monotonic() + WAIT
    while not Jobs().run(run_id).over and time.monotonic() < end:
        time.sleep(0.1)
    assert Jobs().run(run_id).state == "done"

    def seen() -> dict[str, bool]:
        """Whether each place of the app shows the run to this person, by the name of the place."""
        map_page = page("pages/1_Latent_map.py", run=run_id)
        training = page("pages/5_Training.py")
        assert not map_page.exception and not training.exception
        return {
            "shown": map_page.selectbox(key="run").value == run_id,
            "choice of runs": any("pets" in label for label in run_choices(map_page)),
            "runs to compare with": any(
                "pets" in str(box.options) for box in training.main.selectbox if box.label.startswith("Compare")
            ),
            "list of runs": run_id in str([frame.value.to_dict() for frame in training.dataframe]),
        }

    assert set(seen().values()) == {True}, seen()
    cookies[cookie_name()] = new_owner()
    assert set(seen().values()) == {False}
    watching = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    watching.query_params["watch"] = run_id
    assert run_id not in words(watching.run()) and "pets" not in words(watching)
    library(folders).share("pets", True, mine)
    assert set(seen().values()) == {True}
    library(folders).share("pets", False, mine)
    assert set(seen().values()) == {False}
    library(folders).remove("pets", mine)
    assert set(seen().values()) == {False}
    cookies[cookie_name()] = mine
    assert set(seen().values()) == {True}
    assert not app.exception


def test_a_name_of_somebody_else_s_is_not_told_what_it_is(folders, cookies):
    cookies[cookie_name()] = new_owner()
    kept()
    lines = []
    for _ in range(2):
        app = uploaded(zipped(class_files(each=20)))
        (field,) = [each for each in app.main.text_input if each.label == "Keep them as"]
        assert field.value == "pets-2"
        field.set_value("pets").run()
        lines.append(words(app))
        cookies[cookie_name()] = new_owner()
    assert "name: there is a data set pets already; remove it first" in lines[0]
    assert "name: pets can't be had; choose another one." in lines[1] and "there is a data set" not in lines[1]


def recorded(folder: Path) -> Path:
    """A run on the kept data set, trained as by the command line."""
    config = replace(small_run_config(), data=DataConfig(name="pets"))
    for _ in record(config, load_dataset("pets"), folder / "runs" / "r", "command"):
        pass
    return folder / "runs" / "r"


def test_a_run_shows_the_images_of_a_private_data_set_to_its_owner_alone(folders, cookies):
    cookies[cookie_name()] = new_owner()
    kept()
    recorded(folders)
    path = "pages/2_Reconstructions.py"
    assert "Only the images that are kept with the run" not in words(page(path, run="r"))
    cookies[cookie_name()] = new_owner()
    stranger = page(path, run="r")
    assert not stranger.exception
    (line,) = [each.value for each in stranger.info if "Only the images that are kept with the run" in each.value]
    assert "unknown data set 'pets'" in line and "\n" not in line


def test_the_zip_of_a_run_on_another_s_private_data_set_is_not_taken_in(folders):
    app = kept()
    content = zip_run(recorded(folders))
    jobs, stranger = Jobs(folders / "others"), new_owner()
    with pytest.raises(InputError, match="unknown data set 'pets'"):
        jobs.starter.take_in(content, stranger)
    assert jobs.runs() == []
    button(app, "Share").click().run()
    jobs.stop(jobs.starter.take_in(content, stranger), None)


def test_a_data_set_of_the_command_line_is_seen_once_it_is_shared(folders):
    take_in(write_files(folders / "pets", class_files(each=20)), folders / "data", name="pets")
    assert not has_button(page(), "Train")
    with pytest.raises(InputError, match="data share pets"):
        check_usable("pets", new_owner())
    library(folders).share("pets", True, None)
    assert has_button(page(), "Train") and not has_button(page(), "Remove")


def test_the_panel_trains_on_fewer_images_than_a_batch():
    app = kept(class_files(each=5))
    app.sidebar.selectbox(key="train-data").set_value("pets").run()
    next(each for each in app.sidebar.button if each.label == "Train").click().run()
    (job,) = Jobs().runs()
    assert (job.config.data.name, job.config.train.batch_size) == ("pets", 8)
    Jobs().stop(job.id, None)


def test_a_path_is_offered_only_where_the_server_allows_one(folders, monkeypatch):
    assert not any("on the server" in each.label for each in page().main.text_input)
    allowed = folders / "sources"
    write_files(allowed / "pets", class_files(each=20))
    monkeypatch.setenv("TVAE_SOURCES", str(allowed))
    app = page()
    field = next(each for each in app.main.text_input if "on the server" in each.label)
    field.set_value("../data").run()
    button(app, "Read it").click().run()
    assert "lies outside the folder that may be read" in app.main.error[0].value
    field.set_value("pets").run()
    button(app, "Read it").click().run()
    until(app, lambda app: has_button(app, "Keep"))
    assert "**40 images**" in words(app)


def test_an_uploaded_file_goes_once_its_images_are_kept(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    app = uploaded(zipped(class_files(each=20)))
    assert list((tmp_path / "scratch").rglob("pets.zip"))
    button(app, "Keep").click().run()
    until(app, lambda app: has_button(app, "Train"))
    assert not list((tmp_path / "scratch").rglob("pets.zip"))


def test_the_label_column_that_is_chosen_is_the_class(folders):
    names = [f"{row}.png" for row in range(20)]
    table = "path,label,writer\n" + "".join(f"{name},{row % 2},w{row % 5}\n" for row, name in enumerate(names))
    app = uploaded(zipped({name: png(row) for row, name in enumerate(names)} | {"labels.csv": table.encode()}))
    app.main.selectbox[0].set_value("writer").run()
    assert "in **5 classes**" in words(app)
    button(app, "Keep").click().run()
    until(app, lambda app: has_button(app, "Train"))
    assert library(folders).get("pets").label_columns == ("writer", "label")


def test_a_thousand_classes_are_listed_with_an_example_of_the_first():
    files = {f"c{number:04}/{image}.png": png(number) for number in range(1_000) for image in range(2)}
    app = uploaded(zipped(files))
    table = app.dataframe[0].value
    assert len(table) == 1_000
    assert sum(str(cell).startswith("data:") for cell in table["Example"].tolist()) == source_module.MOST_EXAMPLES
    assert table["Images"].tolist() == [2] * 1_000
