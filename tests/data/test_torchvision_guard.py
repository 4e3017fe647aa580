"""torchvision.datasets imports whether or not its compiled part fits torch; where it fits, the guard does nothing.

Each case has a fresh process: an import can't be undone.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.stand_ins import environment
from tvae.data.public_datasets import PUBLIC_DATASETS


def in_fresh_process(code: str, *folders: Path) -> object:
    """Value that the code gives `result` in a fresh process, with these folders' modules before the installed ones."""
    code = f"import json\n{code}\nprint(json.dumps(result))"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(*folders))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_real_torchvision_is_imported_and_agrees_with_our_table():
    listed = in_fresh_process("""
from tvae.data.public_datasets import PUBLIC_DATASETS
from tvae.data.mirrors import published_files
from tvae.data.torchvision_guard import torchvision_datasets
result = {}
for name, public_dataset in PUBLIC_DATASETS.items():
    theirs = getattr(torchvision_datasets(), public_dataset.torchvision_class)
    classes = getattr(theirs, "classes", None)
    if name.startswith("emnist"):
        classes = theirs.classes_split_dict[public_dataset.torchvision_options["split"]]
    result[name] = [classes, [[file.name, *file.addresses] for file in published_files(public_dataset)]]
""")
    assert isinstance(listed, dict)
    for name, public_dataset in PUBLIC_DATASETS.items():
        class_names, files = listed[name]
        if class_names is not None:  # USPS lists none
            expected = [class_name.split(" - ")[0] for class_name in class_names[public_dataset.first_label :]]
            assert expected == list(public_dataset.class_names)
        assert all(len(file) > 1 and address.startswith("http") for file in files for address in file[1:])
        names = [file[0] for file in files]
        if name.startswith("emnist"):
            assert names == ["gzip.zip"]
        elif name == "usps":
            assert names == ["usps.bz2", "usps.t.bz2"]
        else:
            raw = [file.name for split in public_dataset.raw.values() for file in split] or [
                file.name for file in public_dataset.files
            ]
            assert names == [f"{file_name}.gz" for file_name in raw]


IMPORTS_FINE = ""
LACKS_OPERATORS = """
import torch
if torch.declared != ["nms", "qnms"]:
    raise RuntimeError("operator torchvision::nms does not exist")
"""
BROKEN = 'raise RuntimeError("something else")'

TORCH = """
class library:
    class Library:
        def __init__(self, namespace, kind):
            assert (namespace, kind) == ("torchvision", "DEF") and not declared
        def define(self, schema):
            declared.append(schema.split("(")[0])
declared = []
"""


@pytest.fixture
def stand_ins(tmp_path: Path) -> Path:
    """A folder with a stand-in for torch; a test adds torchvision."""
    (tmp_path / "torch.py").write_text(TORCH)
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "datasets.py").write_text("")
    return tmp_path


def test_nothing_is_declared_where_torchvision_imports(stand_ins: Path):
    (stand_ins / "torchvision" / "__init__.py").write_text(IMPORTS_FINE)
    code = """
import sys
from tvae.data.torchvision_guard import torchvision_datasets
result = [torchvision_datasets().__file__, "torch" in sys.modules]
"""
    assert in_fresh_process(code, stand_ins) == [str(stand_ins / "torchvision" / "datasets.py"), False]


def test_the_operators_are_declared_where_they_are_missed(stand_ins: Path):
    (stand_ins / "torchvision" / "__init__.py").write_text(LACKS_OPERATORS)
    code = """
from tvae.data.torchvision_guard import torchvision_datasets
twice = [torchvision_datasets(), torchvision_datasets()]
import torch
result = [twice[0] is twice[1], torch.declared]
"""
    assert in_fresh_process(code, stand_ins) == [True, ["nms", "qnms"]]


def test_declaring_that_does_not_help_is_an_import_error_each_time(stand_ins: Path):
    (stand_ins / "torchvision" / "__init__.py").write_text(
        'raise RuntimeError("operator torchvision::nms does not exist")'
    )
    code = """
from tvae.data.torchvision_guard import torchvision_datasets
result = []
for _ in range(2):
    try:
        torchvision_datasets()
    except ImportError as error:
        result.append(str(error))
"""
    assert in_fresh_process(code, stand_ins) == ["operator torchvision::nms does not exist"] * 2


def test_another_failure_is_an_import_error(stand_ins: Path):
    (stand_ins / "torchvision" / "__init__.py").write_text(BROKEN)
    code = """
import sys
from tvae.data.torchvision_guard import torchvision_datasets
try:
    torchvision_datasets()
except ImportError as error:
    result = [str(error), "torch" in sys.modules]
"""
    assert in_fresh_process(code, stand_ins) == ["something else", False]
