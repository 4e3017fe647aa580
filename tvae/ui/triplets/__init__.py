"""Parts of the triplets page.

classes.py    Accuracy by pair of classes
inspector.py  Shows triplets as images with their distances and verdicts
scores.py     Margin control, table and curves of triplet accuracy
trade_off.py  Accuracy against reconstruction error and KL
view.py       TripletView: run, encoding, curves, margin, two arms
weights.py    Loss of trained arms under other weights
"""
