"""Parts of the overview page.

answer.py   The answer first: one sentence on the run that is shown, and three figures with their change
idea.py     The model in five sentences, and the loss of the arm that is shown
spaces.py   Figure 2: the latent spaces of the arms that are shown, as the latent map shows them
table.py    Table 1 of the paper beside the run's own numbers
triplet.py  The idea as an animation: real triplets of images, with their distances in two arms
"""
