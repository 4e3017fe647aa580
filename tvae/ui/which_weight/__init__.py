"""Parts of the page "Which weight?".

arms_in_turn.py   Map, reconstructions and samples of every arm, on a slider in order of weight or of margin
chart.py          Chart and table of all arms: triplet accuracy against cost
controls.py       Controls of the advice: what one accepts, what one needs, which cost, at which margin
ladder.py         LadderView: the run of several arms that the page compares, and the figures of its seeds
other_weights.py  Other weights: the loss of trained arms counted anew, and what was or can be trained there
sentence.py       The advice in words: arm, gain, cost, next step up, what must give where nothing fits
train_ladder.py   What stands where a data set has no ladder: a button that trains one
"""
