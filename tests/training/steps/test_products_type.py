"""Type of the large products, by kind of step and processor."""

import torch

from tvae.training.steps.products_type import products_type


def test_fast_takes_the_type_that_the_processor_has_instructions_for(monkeypatch):
    cpu = torch.device("cpu")
    for has, products in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr("tvae.training.steps.products_type.has_bfloat16_instructions", lambda has=has: has)
        assert products_type("fast", cpu) == products
        assert products_type("plain", cpu) == products_type("fast-float32", cpu) == torch.float32
        assert products_type("fast-bfloat16", cpu) == torch.bfloat16


def test_on_a_gpu_that_only_emulates_bfloat16_fast_means_float32(monkeypatch):
    for made_for_it, products in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(
            torch.cuda,
            "is_bf16_supported",
            lambda including_emulation=True, made_for_it=made_for_it: made_for_it or including_emulation,
        )
        assert products_type("fast", torch.device("cuda")) == products
