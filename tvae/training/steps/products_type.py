"""Type of a step's large matrix products: float32, or bfloat16 where the processor is made for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tvae.config import Step

if TYPE_CHECKING:  # the app's server asks for the processor's instructions before any page needs torch
    import torch

BFLOAT16_INSTRUCTIONS = {"avx512_bf16", "amx_bf16", "bf16"}
"""Names in Linux: Intel's and AMD's, Intel's matrix units, Arm's."""


def has_bfloat16_instructions() -> bool:
    """Whether this processor multiplies in bfloat16; False where the system has no /proc/cpuinfo."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return not BFLOAT16_INSTRUCTIONS.isdisjoint(flags.split())


def products_type(step: Step, device: torch.device) -> torch.dtype:
    """Type of the large matrix products of this kind of step on this device, float32 or bfloat16."""
    import torch

    if step == "fast":
        if device.type == "cuda":  # emulated, bfloat16 is slower than float32
            has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            has_bfloat16 = has_bfloat16_instructions()
        return torch.bfloat16 if has_bfloat16 else torch.float32
    return torch.bfloat16 if step == "fast-bfloat16" else torch.float32
