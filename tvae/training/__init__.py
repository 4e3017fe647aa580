"""The one training loop and what it is made of.

    arm.py               Arm, Batch, FormedTriplets, ArmLosses, and the TrainingStep protocol
    arm_choices.py       Says which losses only some kinds of step train, and checks a run's before it begins
    batches.py           Batches: the batch of each step, drawn from seed and step alone
    clock.py             Clock: counts the seconds that its blocks take
    expected_time.py     Expected time of training on a processor, from the products of a step
    live_accuracy.py     Exact triplet accuracy during training, on a fixed part of the test split
    loop.py              Training: the one training loop, one report per step
    rank.py              Rank of this process among those that torchrun started to train one run
    rank_lost.py         RankLost: a process with which this one trains a run has ended
    ranks.py             Ranks: the processes that train one run together, started by torchrun
    shared_batch.py      Batch that arms of several notions share: images drawn by each notion, triplets formed inside
    step_explained.py    The next step on one triplet: distances, hinge, force of each loss term
    suggested_config.py  Settings suggested for a data set, from how much its images vary
    time_budget.py       Number of steps that fit into a time budget
    triplet_sampler.py   Triplets of rows, drawn from the labels or from given ones: a pure function of seed and step
    steps/               Interchangeable training steps; `plain` is the reference that all others are tested against

The command line, the background worker and the tests all consume the same iterator, `loop.Training.reports`.
"""
