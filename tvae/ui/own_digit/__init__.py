"""Parts of the page "Your own digit".

input.py            The square to draw on, or the picture to upload
many.py             Many pictures at once: places on the maps, classes, nearest images, all of it as CSV
many_input.py       Field to upload many pictures or name them on the server, and their encoding in the background
neighbours.py       The nearest test images of the own image, and their vote
on_maps.py          Position of the own image on each arm's map
reconstructions.py  The own image as the models see it, and its reconstructions
"""
