"""Parts of the page "Which weight?".

arms_in_turn.py   Map, reconstructions and samples of every arm, on a slider in order of weight or of margin
chart.py          Chart and table of all arms: triplet accuracy against cost
controls.py       Controls of the advice: accepted cost, needed accuracy, kind of cost, margin
ladder.py         LadderView: the run of several arms that the page compares, and the figures of its seeds
other_weights.py  Other weights: the loss of trained arms under them, and the run that was or can be trained with them
sentence.py       The advice in words: arm, gain, cost, next step up, and which bound to loosen where no arm fits
train_ladder.py   Button that trains a ladder of weights, for a data set that has none
why_it_costs.py   Why it costs: the ELBO that an arm loses in parts, and the spread of classes and of style behind it
"""
