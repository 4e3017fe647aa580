"""Browser components of our own, each with its JavaScript.

arm_player/       Goes through the arms of a run: map, reconstructions and samples change in place
decoding_probe/   Carries the pointer's position to Python and the decoded image back
drawing/          A square to draw on
image_picker/     Pick one of several images
latent_map/       Linked maps of the same rows (Python, JavaScript, CSS)
map_drawer/       Heading of the drawer beside the maps, with the button that opens and closes it
moving_triplet/   One triplet of images whose distances move from one arm's to the other's
neighbour_panel/  Neighbours of one image
path_player/      Plays an interpolation in the browser
replay/           Replay of a training: two maps, accuracy and losses, played in the browser without the server
row_table/        One page of a table of images: a click on a heading sorts, on a row shows that image on the maps
"""
