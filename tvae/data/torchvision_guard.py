"""Import torchvision.datasets beside a CPU build of torch.

A CPU build of torch cannot load the compiled part of a torchvision wheel that was built for CUDA. `import
torchvision` then stops with "operator torchvision::nms does not exist", because it describes two operators to
torch that were never declared. We need neither, only lists of mirrors; declaring the two is enough to import.
"""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType
from typing import Any

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_lock = threading.Lock()
_declared: list[Any] = []  # torch forgets a declaration when its Library object is collected


def torchvision_datasets() -> ModuleType:
    """The module `torchvision.datasets`.

    Raises:
        ImportError: torch or torchvision is not installed, or torchvision does not import for another reason.
    """
    with _lock:
        try:
            return importlib.import_module("torchvision.datasets")
        except RuntimeError as error:
            if "torchvision::nms does not exist" not in str(error):
                raise ImportError(str(error)) from error
        _declare_operators()
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]  # what the first attempt left behind
        try:
            return importlib.import_module("torchvision.datasets")
        except RuntimeError as error:
            raise ImportError(str(error)) from error


def _declare_operators() -> None:
    if _declared:
        return
    import torch

    library = torch.library.Library("torchvision", "DEF")
    library.define("nms" + _SCHEMA)
    library.define("qnms" + _SCHEMA)
    _declared.append(library)
