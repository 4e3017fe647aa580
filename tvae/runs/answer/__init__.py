"""The answer of a run: the effect and the cost of its triplet loss, in words and figures.

compared_arms.py  The two arms of a run that the answer compares
key_figures.py    Three key figures of a run, triplet accuracy, squared error and KL, and their change
measured.py       Images and triplets that the figures of the answer were counted over, in words
number_texts.py   Numbers of the answer as text
search.py         Use of the right order: the precision of a search by similarity in the compared arms
sentence.py       The answer of a run in one sentence, from its metrics or from the state of its training
"""
