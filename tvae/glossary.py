"""Words of the field, each with an explanation in plain English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """A word of the glossary."""

    name: str
    explanation: str
    """One or two sentences for a person who has never trained a model."""
    forms: tuple[str, ...] = ()
    """Forms of the word in a text, in their exact letters, where they are not its name, without or with an s."""


WORDS = (
    # the model
    Word(
        "VAE",
        "A variational autoencoder: a network that turns an image into a few numbers and draws it back from them.",
    ),
    Word("TVAE", "A VAE trained with one more term in its loss, which pulls images of one class together."),
    Word("encoder", "The half of the network that turns an image into its place in the latent space."),
    Word("decoder", "The half of the network that draws an image from a place in the latent space."),
    Word(
        "latent space", "The space of the few numbers that the network keeps of an image. Each image has a place in it."
    ),
    Word(
        "embedding", "A vector for each row: its place in the latent space of some model.", ("embedding", "embeddings")
    ),
    Word("latent", "One of the few numbers that the network keeps of an image: one axis of the latent space."),
    Word("μ", "The centre of an image's cloud in the latent space. It is what is meant by the place of an image."),
    Word(
        "posterior",
        "The cloud of places in the latent space that the encoder gives an image: a mean, and a spread in each latent.",
        ("posterior", "posteriors", "cloud", "clouds"),
    ),
    Word(
        "prior",
        "The standard normal distribution that the clouds are pulled towards, and that new images are drawn from.",
    ),
    Word(
        "reconstruction", "The image that the decoder draws from the place of an image: the better, the more like it."
    ),
    # the loss
    Word("loss", "The number that training makes small. Here it is a weighted sum of several terms."),
    Word(
        "squared error",
        "The sum over all pixels of the squared difference between an image and its reconstruction. Lower is better.",
        ("squared error", "squared errors"),
    ),
    Word("sigmoid", "A smooth step from 0 to 1: far below the step it is 0, far above it 1."),
    Word("cross-entropy", "A measure of how badly predicted shares fit what is seen. Lower is better."),
    Word(
        "KL",
        "How far the clouds of the images are from the prior: roughly, how much a place tells about its image.",
    ),
    Word("nats", "The unit of information with natural logarithms. One nat is about 1.44 bits.", ("nat", "nats")),
    Word("ELBO", "What a VAE makes large: minus the reconstruction's cost and minus the KL, as one number."),
    Word(
        "triplet",
        "Three images: an anchor, a positive that is like it, and a negative that is not. "
        "It is in order where the positive is the nearer of the two.",
    ),
    Word(
        "triplet loss",
        "A term of the loss that is above zero for each triplet whose positive is not nearer to the anchor than the "
        "negative, by a margin: training makes it small, and so puts triplets in the right order.",
        ("triplet loss",),
    ),
    Word("anchor", "The image of a triplet that the two others are compared with."),
    Word("positive", "The image of a triplet that is like the anchor, such as another of its class."),
    Word("negative", "The image of a triplet that is not like the anchor, such as one of another class."),
    Word(
        "margin",
        "How much nearer to the anchor the positive has to be than the negative. Its sign is m.",
        ("margin", "margins", "margin m", "m"),
    ),
    Word(
        "triplet accuracy",
        "The share of triplets whose positive is nearer to the anchor than the negative, by the margin at least.",
        ("triplet accuracy", "triplet accuracies"),
    ),
    Word(
        "gap",
        "How much farther from the anchor the negative is than the positive. A triplet is in order at a margin where "
        "its gap is at least as large.",
    ),
    Word(
        "violated",
        "Of a triplet: not in order, as the positive is not nearer than the negative by the margin.",
        ("violated", "violation", "violations", "violates", "violate"),
    ),
    Word(
        "mean over classes",
        "The mean of the figures of each class, so that a class counts as much as another, however many images it has.",
        ("mean over classes",),
    ),
    Word(
        "gradient",
        "The direction in which the weights change so that the loss falls. An image without one teaches nothing.",
    ),
    Word("hinge", "A loss that is zero once the margin is kept, and grows with what is missing.", ("hinge", "hinges")),
    Word("triplet weight", "How much the triplet term counts in the loss. At 0 the model is a plain VAE."),
    Word("KL weight", "How much the KL counts in the loss."),
    Word(
        "notion of similarity", "What makes two images alike: the same class, or the same in another column of labels."
    ),
    # training
    Word("arm", "One of the models that a run trains side by side. They differ in their losses alone."),
    Word("run", "One training, of one model or of several side by side, from its start to its end."),
    Word("checkpoint", "The weights of trained models as they are kept on disk."),
    Word("snapshot", "The models of a run as they were at a moment of training."),
    Word("epoch", "One pass of training over all training images."),
    Word("step", "One change of the network's weights, after looking at one batch."),
    Word("batch", "The images that one step of training looks at together.", ("batch", "batches")),
    Word("learning rate", "How far one step of training changes the weights."),
    Word("seed", "The number that starts the random generator. The same seed gives the same result again."),
    Word(
        "split",
        "A part of the data: training images teach the model, validation images choose between models, "
        "and test images, which nothing was chosen by, measure it.",
        ("split", "splits", "test split", "training split", "validation split", "validation share"),
    ),
    Word("ladder", "A run of many arms with different triplet weights and margins.", ("ladder", "ladders")),
    Word("preset", "A set of training settings with a name."),
    Word(
        "collapse",
        "Failed training: all images lie at nearly one place, and the place tells nothing about the image.",
        ("collapse", "collapses", "collapsed"),
    ),
    # measures
    Word("baseline", "What the others are compared with."),
    Word(
        "neighbours",
        "The images that lie nearest to an image in the latent space. How many of them count is k.",
        ("neighbour", "neighbours", "nearest neighbour", "nearest neighbours", "k"),
    ),
    Word(
        "nearest-neighbour accuracy",
        "The share of images whose class is that of most of their nearest neighbours.",
        ("nearest-neighbour accuracy", "k-NN accuracy", "1-NN accuracy", "5-NN accuracy", "10-NN accuracy"),
    ),
    Word("MAP@R", "How far up the images of its own class stand in an image's list of neighbours; 1 is perfect."),
    Word(
        "R-precision",
        "The share of an image's R nearest neighbours that are of its class, where its class has R others.",
    ),
    Word("silhouette", "How much nearer an image lies to its own class than to the next one, from −1 to 1."),
    Word(
        "active units",
        "Latents that change with the image. The others say the same of every image.",
        ("active unit", "active units", "active latents"),
    ),
    Word(
        "Pareto frontier",
        "The models that no other beats in both measures at once.",
        ("Pareto frontier", "frontier"),
    ),
    Word("Pareto set", "The settings that no other beats in accuracy, squared error and KL at once."),
    Word(
        "knee",
        "The model after which more accuracy becomes expensive: up to it, cost brings more accuracy than on average; "
        "after it, less.",
    ),
    Word("precision", "The share of generated images that lie among real ones."),
    Word("recall", "The share of real images that lie among generated ones."),
    Word(
        "standard error",
        "How far a figure that was counted on a sample is likely to be from that of all.",
        ("standard error",),
    ),
    Word("standard deviation", "How far values usually lie from their mean."),
    Word(
        "Wilson interval",
        "The range in which a share that was counted on a sample is likely to lie, as Wilson reckoned it.",
        ("Wilson", "Wilson interval"),
    ),
    Word(
        "Euclidean distance",
        "The length of the straight line between two places.",
        ("Euclidean distance", "Euclidean distances", "Euclidean"),
    ),
    Word("Gaussian", "A normal distribution: a cloud that is densest in its middle."),
    Word(
        "neighbourhood change",
        "1 minus the part that both models share of all the nearest images that either has: 0 where all are shared, 1 "
        "where none is. With 5 of 10 shared, either has 15 in all: 1 − 5/15 = 0.667.",
        ("neighbourhood change",),
    ),
    Word("Jaccard", "How much two sets share: what both have, as a part of what either has.", ("Jaccard",)),
    Word(
        "average-linkage clustering",
        "Grouping that joins, again and again, the two groups whose members are nearest to each other on average.",
        ("average-linkage clustering", "average-linkage"),
    ),
    Word("confidence interval", "The range in which the true figure lies, with the probability that is given."),
    # pictures
    Word(
        "trustworthiness",
        "How far neighbours on a map are neighbours in the latent space too; 1 is perfect.",
        ("trustworthiness",),
    ),
    Word("PCA", "A map that looks at the latent space from where it is widest. Distances keep their meaning."),
    Word("t-SNE", "A map that keeps neighbours together. Distances between its groups and their sizes mean nothing."),
    Word("UMAP", "A map that keeps neighbours together, by another method than t-SNE's."),
    Word("perplexity", "Roughly how many neighbours of each image t-SNE tries to keep."),
    Word(
        "HDBSCAN",
        "A method that finds groups where points stand close together. The other points stay in no group.",
    ),
    Word(
        "temperature", "How far from the middle of the prior images are drawn: below 1 nearer, and so more usual ones."
    ),
    Word(
        "log p", "How usual a place is under the prior: the logarithm of its density. Higher is more usual.", ("log p",)
    ),
    Word(
        "spherical",
        "A way between two places that keeps its distance from the middle of the latent space.",
        ("spherical",),
    ),
    Word("classifier", "A network that was trained on the labels and names the class of an image."),
    Word("traversal", "Images drawn while one latent changes and the others stay."),
    Word("interpolation", "Images drawn from places on the way from one image to another."),
)
