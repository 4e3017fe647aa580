"""The lesson: seven steps, each on the page that it is about with everything else hidden.

answers.py    Kinds of answers to the question of a step: their fields, and whether an answer is right
cost.py       Step "cost": reconstructions of both models, and the mean error of each class
forming.py    Step "training": the replay of the whole training
frame.py      Shows a step of the lesson: idea, chart with the control that is free, question, back and forward
margin.py     Step "margin": the share of all triplets in the right order as the margin moves
scene.py      Scene: the chart of a step, the facts that its text names, and the answer to its question
slow_mode.py  Step "slow": the first steps of a training one at a time, and the pulls of the loss on a triplet
steps.py      The seven steps in their order, each with the page that it is about
text.py       Texts of the lesson, read from one TOML file per language and checked to be complete
triplet.py    Step "triplet": one triplet of images, and its distances in each model
two_maps.py   Step "maps": both latent spaces as maps, and which two classes the first one mixes
weight.py     Step "weight": accuracy against cost of models trained with other weights and margins
"""
