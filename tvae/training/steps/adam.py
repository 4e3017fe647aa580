"""Torch's Adam on the weights of some arms, with the moments that these arms hold."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from tvae.training.arm import Arm


class Adam:
    """Updates all weights of some arms; it keeps no state but the arms' own."""

    def __init__(self, arms: Sequence[Arm]) -> None:
        self._optimiser = torch.optim.Adam([weight for arm in arms for weight in arm.model.parameters()], fused=True)
        for arm in arms:
            for name, weight in arm.model.named_parameters():
                taken = torch.tensor(0.0, device=weight.device)
                self._optimiser.state[weight] = {"step": taken, **arm.moments[name]}

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self._optimiser.zero_grad()

    def descend(self, number: int, rate: float) -> None:
        """Take step `number`, counted from 1, with this step size."""
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        for state in self._optimiser.state.values():
            state["step"].fill_(number - 1)
        self._optimiser.step()
