"""Questions to a trained arm: paths, samples, new images, other loss weights.

    advice.py               Which arm to take: accuracy against cost, frontier, knee, the choice within two bounds
    classifier/             Classifier of a data set: its training in another process, its file, class shares of samples
    elbo_cost.py            ELBO that an arm loses beside the VAE, in parts: squared error, classes, style, the rest
    example_images.py       Choice of example images: per class, random, worst, most different, most confusable
    fitted_picture.py       Crop and scale an own picture in colour to the frame of a data set
    generation.py           Samples from the prior or a class Gaussian, and real images to compare with
    image_text.py           A small grey image packed for a URL
    ink.py                  Detect the ink of a picture: background subtracted, the part in the middle kept
    interpolation.py        Path between two images: decoded frames, class votes, density
    latent_paths.py         Linear and spherical paths, traversals, latents ranked by KL and by what they draw
    loss_reweighting.py     Loss of a trained arm under other weights and margin
    mean_axis.py            Axis from one group of images to another, and the share of pairs that it orders rightly
    new_image.py            Unseen images in one arm: code, reconstruction, vote of their neighbours
    preparation.py          Crop, scale and centre an own image the way its data set does
    reconstruction.py       Reconstructions and their squared errors: by class, and paired differences between arms
    sample_comparison.py    Quality of arms' samples compared: best arm per measure, and the paper's claim in a sentence
    strokes.py              Pen strokes: validate, pack for a URL, rasterise
    upload.py               Decode an uploaded picture to grey values or colours, with limits

Importing a module of this room does not import torch, except `classifier.training`: pages must start fast.
"""
