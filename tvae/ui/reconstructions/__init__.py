"""Parts of the reconstructions page.

errors.py  Reconstruction error by class, and what the triplet weight costs
grid.py    Test images above their reconstructions, as a grid
"""
