"""Arrays in, figures out: Plotly, PNG and SVG. No Streamlit.

colours.py        Colours of arms, classes and ink
generation.py     Classes seen in samples (Plotly)
image_grid.py     A grid of images as one PNG
images.py         Errors and votes by class (Plotly)
maps.py           Class mix and change histogram (Plotly)
paper_diagram.py  The paper's Figure 1 as SVG
still_map.py      A latent map as a still PNG
training.py       Loss curves and live accuracy (Plotly)
triplets.py       Accuracy curves, gap histogram, class matrix, trade-off (Plotly)
"""
