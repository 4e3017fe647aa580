"""Arrays in, figures out: Plotly, PNG, SVG and HTML. No Streamlit.

arm_styles.py     Name and colour of each arm of a run, the same in all figures and on all pages
bars.py           Change histogram and class mix as HTML
before_after.py   Pictures of any size before and after resizing, as cells of one size for a grid
class_matrix.py   Accuracy by the anchor's class and the negative's class as a heat map (Plotly)
colours.py        Colours of arms, classes and ink
fitted_text.py    Short texts fitted below images: broken into lines, in a smaller font, shortened
generation.py     Classes of generated samples (Plotly)
image_grid.py     A grid of images as one PNG
images.py         Reconstruction error and votes by class (Plotly)
ink_stages.py     An uploaded picture with its crop, and the ink detected in it, as square images
layout.py         Common parts of the triplets page's figures: layout, clicks, the line at the margin (Plotly)
margins.py        Triplet accuracy against the margin, and the distribution of gaps (Plotly)
mean_axis.py      Images along the axis between two groups' means: histograms, and images at their places (Plotly)
paper_diagram.py  The paper's Figure 1 as SVG
pillow_image.py   An image of a data set as a Pillow picture
still_map.py      A latent map as a still PNG
trade/            Accuracy against its cost: the trade of arms, the cost in parts, the cells of a sweep (Plotly)
training.py       Loss curves and live accuracy (Plotly)
training_step.py  A triplet's three means and the force of each loss term on them (Plotly)
"""
