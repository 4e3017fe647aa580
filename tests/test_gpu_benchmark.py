"""The GPU's benchmark runs to its end on the CPU with small sizes, and what it checks holds there."""

from __future__ import annotations

import json
import math
import sys

import pytest
import torch

from benchmarks import gpu


def test_all_parts_run_and_are_written(monkeypatch, tmp_path, capsys):
    written = tmp_path / "gpu.json"
    monkeypatch.setattr(sys, "argv", ["gpu", "--device", "cpu", "--quick", "--json", str(written)])
    gpu.main()
    figures = json.loads(written.read_text(encoding="utf-8"))
    assert figures["card"] == "no GPU" and figures["left out"] == []
    assert figures["accuracy"]["equal"] and figures["neighbours"]["equal"]
    for name, difference in figures["steps"].items():
        assert difference < (1e-4 if "float32" in name else 0.05), name
    for part in ("arms", "conv", "accuracy", "neighbours"):
        assert all(math.isfinite(value) and value > 0 for value in figures[part].values())
    assert "| 3 | " in capsys.readouterr().out


def test_what_there_is_no_time_for_is_named(monkeypatch):
    monkeypatch.setattr(gpu, "SECONDS", -1)
    assert gpu.measure(torch.device("cpu"), gpu.QUICK)["left out"] == [
        *("steps", "arms", "accuracy", "conv", "neighbours")
    ]


def test_without_a_gpu_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(sys, "argv", ["gpu"])
    with pytest.raises(SystemExit, match="2"):
        gpu.main()
    assert "no CUDA device is at hand" in capsys.readouterr().err
