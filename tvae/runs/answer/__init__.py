"""What the triplet loss of a run did and what it cost, in words and figures.

compared_arms.py  Which two arms of a run the answer compares
key_figures.py    Three key figures of a run, triplet accuracy, squared error and KL, and their change
number_texts.py   Numbers of the answer as text
search.py         What the right order is good for: what a search by similarity finds in the compared arms
sentence.py       The answer of a run in one sentence, from its metrics or from where its training stands
"""
