"""2-D maps of latent spaces, and the process that computes them.

alignment.py          Orthogonal Procrustes alignment of two layouts
compilation.py        Part of the machine code of the map methods
expected_time.py      Expected time to compute a layout, used to order requests and to estimate the time left
fidelity.py           Trustworthiness and 2-D k-NN accuracy of a layout
kernels.py            numba loops of exact t-SNE
layout_files.py       Layouts on disk, named by cache key
moved_layouts.py      Layouts that move with a run: found where they are kept, measured anew where the run is taken in
parameters.py         Parameters of each projection method, validated
pca.py                PCA of the latent means, and the common start of all maps
projection.py         ProjectionRequest -> Layout: 2-D positions of all arms, aligned to the first
projector.py          The app's side of the projection process: queue, progress, cancel
projector_process.py  The projection process: JSON requests on stdin, progress on stdout
shown_map.py          ShownMap: map position -> latent code and back; the aligned maps of several arms
tsne.py               t-SNE: exact gradients up to 16,000 rows, openTSNE's interpolated ones (FFT) above
umap.py               UMAP by umap-learn, with exact neighbours and a given start
"""
