"""Interchangeable training steps; `plain` is the reference that all others are tested against.

    cpu.py             Fast CPU steps: gradients by hand, one compiled call; the float32 step
    cpu_bfloat16.py    Fast CPU step with the outer layers' products in bfloat16
    gpu.py             Fast GPU step: all arms stacked, captured as CUDA graphs
    gradients.py       Compiled forward and backward pass of the CPU steps
    kernels.py         Compiled element-wise passes of the CPU steps
    plain.py           Reference step: autograd and torch's Adam; all others are tested against it
    sparse_kernels.py  Compiled products with mostly-zero images

Every step trains the same model on the same batches. The compiled CPU steps are our own because a run is trained while
a person waits, and no library does what makes them fast: the model is small, so that an automatic differentiation
spends much of a step on calls and on memory between its operators, and most pixels of a digit are 0, whose products
can be left out. Against `plain` they are 1.5 times as fast in float32, with results equal up to rounding, and 2.2
times with bfloat16 products, with results that differ less than those of another seed (benchmarks/README.md).
"""
