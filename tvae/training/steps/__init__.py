"""Interchangeable training steps; `plain` is the reference that all others are tested against.

    adam.py            Torch's Adam on the weights of some arms, with the moments that these arms hold
    compilation.py     Parts of the machine code of the CPU steps, and which of them a run needs
    cpu.py             Fast CPU steps with gradients written by hand: their base class, and the float32 step
    cpu_bfloat16.py    Fast CPU step with the outer layers' products in bfloat16
    data_parallel.py   Step of several processes: each takes a share of the batch, and torch averages their gradients
    gpu.py             Fast GPU step: all arms stacked, captured as CUDA graphs
    gradients.py       Compiled forward and backward pass of the CPU steps
    kernels.py         Compiled element-wise passes of the CPU steps
    mean_gradients.py  Gradient of the loss terms that depend on the means and labels alone, for the CPU steps
    plain.py           Reference step with automatic differentiation and torch's Adam; all others are tested against it
    products_type.py   Type of a step's large matrix products: float32, or bfloat16 where the processor is made for it
    sparse_kernels.py  Compiled products with images that are mostly 0
    triplet_kernels.py Compiled gradient of the triplet term by the means, for all its forms and all choices of triplets

Every step trains the same model on the same batches. The compiled CPU steps are our own because a run is trained while
a person waits, and no library does what makes them fast: the model is small, so that an automatic differentiation
spends much of a step on calls and on memory between its operators, and most pixels of a digit are 0, whose products
can be left out. Against `plain` they are 1.5 times as fast in float32, with results equal up to rounding, and 2.2
times with bfloat16 products, with results that differ less than those of another seed (benchmarks/README.md).
"""
