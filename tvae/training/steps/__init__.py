"""Interchangeable training steps; `plain` is the reference that all others are tested against.

    cpu.py             Fast CPU steps: gradients by hand, one compiled call; the float32 step
    cpu_bfloat16.py    Fast CPU step with the outer layers' products in bfloat16
    gpu.py             Fast GPU step: all arms stacked, captured as CUDA graphs
    gradients.py       Compiled forward and backward pass of the CPU steps
    kernels.py         Compiled element-wise passes of the CPU steps
    plain.py           Reference step: autograd and torch's Adam; all others are tested against it
    sparse_kernels.py  Compiled products with mostly-zero images

cpu.py             Fast CPU steps: gradients by hand, one compiled call; the float32 step
cpu_bfloat16.py    Fast CPU step with the outer layers' products in bfloat16
gpu.py             Fast GPU step: all arms stacked, captured as CUDA graphs
gradients.py       Compiled forward and backward pass of the CPU steps
kernels.py         Compiled element-wise passes of the CPU steps
plain.py           Reference step: autograd and torch's Adam; all others are tested against it
sparse_kernels.py  Compiled products with mostly-zero images
"""
