"""Parts of the triplets page.

classes.py       Accuracy by pair of classes
given.py         Shows the given triplets of a run: how many each arm has right, and a list of the worst ones
inspector.py     Shows triplets as images with their distances and verdicts
own_triplets.py  Triplets of a person's own, made or brought in, and the buttons that train on them
questions.py     Makes triplets: a person says which of two images is nearer to a third, by two buttons or keys
scores.py        Margin control, table and curves of triplet accuracy
triplet_file.py  Brings in a file of triplets, and shows how it was read
view.py          TripletView: run, encoding, curves, margin, two arms
"""
