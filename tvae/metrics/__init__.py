"""Numbers from latent means and labels alone: exact triplets, neighbours, retrieval. No torch.

anchor_sample.py      Sample of anchors where there are many images, and means over it with their standard errors
class_spread.py       Spread of latent means within and between classes: KL, dimensions, images at a wrong centre
class_vote.py         Vote of the k nearest images on a class, with one rule for ties; density of the prior
collapse.py           Whether latent means have collapsed to one point, and the warning that says so
findings.py           Images whose neighbours are mostly of one class in one space and of another in the other
gap_histogram.py      Distribution of the gap D(a, n) - D(a, p) over all triplets
grouped_means.py      Latent means sorted by class, iterated in blocks of anchors
margin_grid.py        Counts of satisfied triplets at every margin of an evenly spaced grid
measurable.py         Whether labels allow triplet metrics to be measured; metrics as text
neighbour_changes.py  Neighbours gained and lost between two latent spaces, row by row
neighbours.py         Exact nearest neighbours
precision_recall.py   Improved precision and recall of samples (Kynkaanniemi et al. 2019)
random_triplets.py    Random triplets, and triplet accuracy estimated from them as in the paper
scores.py             Scores of one arm's latent means: retrieval, silhouette, KL per latent, active units
selection_summary.py  Class mix, mean image and neighbourhood change of selected rows
sub_styles.py         Groups within a class by density (HDBSCAN), and how those of two spaces overlap
triplet_accuracy.py   Exact triplet accuracy at any margins, by anchor and by class
triplet_curve.py      Exact triplet accuracy on a grid of margins, so that a slider is a look-up
triplet_search.py     The worst triplets of an arm, and those on which two arms disagree
kernels/              Loops compiled by numba; importing one imports numba, so import it where it is about to run
uncertainty/          Uncertainty of figures: intervals of shares, noise of seeds
"""
