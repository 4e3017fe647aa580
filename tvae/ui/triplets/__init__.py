"""Parts of the triplets page.

classes.py    Accuracy by pair of classes
inspector.py  The triplets themselves
scores.py     Margin control, table, curves
trade_off.py  Accuracy against reconstruction error
view.py       TripletView: run, encoding, curves, margin, two arms
weights.py    Loss under other weights
"""
