"""The fast training step in float32 on the CPU: all its gradients in one compiled call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tvae.fast_step import FastStep

if TYPE_CHECKING:  # importing it imports numba
    from tvae.compiled_gradients import Inputs


class Float32Step(FastStep):
    """Steps of one arm."""

    def _fill(self, inputs: Inputs) -> tuple[float, float, float, float]:
        return self._compiled.fill_gradients(inputs, self._layers, self._by_layers, self._terms, self._memory)
