"""Options of each command, as dataclasses that tyro reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from tvae.config import DataConfig, LossConfig, ModelConfig, TrainConfig
from tvae.data.own.choices import Colours, Fit, Size, SplitChoice
from tvae.data.split import SplitName
from tvae.export.trackers.names import TrackerName


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """Make a data set ready and print where it came from."""

    name: tyro.conf.Positional[str]
    """mnist, fashion-mnist, kmnist, emnist-balanced, emnist-letters, emnist-digits, qmnist, usps or digits."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class AddData:
    """Keep labelled images of your own as a data set, which `--data.name NAME` then trains on.

    What is not said is chosen to suit the source; what was recognised is printed first.
    """

    source: tyro.conf.Positional[Path]
    """Folder or zip with a folder of pictures a class (train and test above them, if any); .npz as MedMNIST has it, or
    with images and labels; parquet as Hugging Face has it, a file or a folder; CSV of path, label and split; idx."""
    name: str
    """Its name: letters, digits, '-', '_' and '.'."""
    size: Size | None = None
    """Pixels a side (default: the images' own size where that is one of these, else 28, in colour 32)."""
    fit: Fit = "fit"
    """fit: the whole picture, with its border's colour beside it; crop: the square in its middle."""
    colours: Colours | None = None
    """grey or colour (default: colour where the pictures have any)."""
    label: str | None = None
    """The label column that is the class (default: the one called so)."""
    only_label: bool = False
    """Keep that label column alone."""
    split: SplitChoice | None = None
    """given: the source's own training and test images; stratified: drawn, of each class the same share (default: given
    where the source has them)."""
    test_share: float = 0.2
    """Share of each class in a test split that is drawn."""
    most: int | None = None
    """Keep at most so many images, of each class the same share (default: all)."""
    seed: int = 0
    """Seed of what is drawn."""
    shared: bool = False
    """Let the app's visitors see it too."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""
    json: bool = False
    """Print one JSON object that describes what was kept."""


@dataclass(frozen=True, kw_only=True)
class ListData:
    """List your own data sets."""

    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""
    json: bool = False
    """Print one JSON array."""


@dataclass(frozen=True, kw_only=True)
class ShowData:
    """Print what one of your own data sets holds, where it came from and what was left out."""

    name: tyro.conf.Positional[str]
    """As `data list` shows it."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""
    json: bool = False
    """Print one JSON object."""


@dataclass(frozen=True, kw_only=True)
class RemoveData:
    """Remove one of your own data sets; for a day `data restore` brings it back."""

    name: tyro.conf.Positional[str]
    """As `data list` shows it."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class RestoreData:
    """Bring back one of your own data sets that was removed within a day."""

    name: tyro.conf.Positional[str]
    """As it was called."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class ShareData:
    """Let the app's visitors see one of your own data sets, and train on it."""

    name: tyro.conf.Positional[str]
    """As it was called."""
    private: bool = False
    """Make it private again."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class AddEmbeddings:
    """Keep two embeddings of the same rows from other models, to compare on the app's pages Latent map and Triplets.

    What was understood is printed. Nothing is decoded or trained: of embeddings there are vectors, labels and images.
    """

    files: tyro.conf.Positional[tuple[Path, ...]]
    """One file that holds both embeddings, such as `encode` writes, or two files: .npz, .npy or parquet with a vector a
    row."""
    name: str
    """What the comparison is called in the list of runs: letters, digits, '-', '_' and '.'."""
    names: tuple[str, ...] = ()
    """What the two embeddings are called (default: their files, or their arrays where both are in one file)."""
    vectors: tuple[str, ...] = ()
    """Array or column with the vectors, one for both files or one each (default: the only one, or the one called
    vectors, embeddings, features, means, latents or z)."""
    labels: str = ""
    """Array or column of these files with the classes, or another file that holds them (default: the one called labels,
    class, target or y, if any)."""
    images: Path | None = None
    """Pictures of the rows in their order: a file, folder or zip that `data add` takes (default: the array or column
    called images or image, if any)."""
    json: bool = False
    """Print one JSON object that describes what was kept."""


@dataclass(frozen=True, kw_only=True)
class ListEmbeddings:
    """List the embeddings from elsewhere that are kept."""

    json: bool = False
    """Print one JSON array."""


@dataclass(frozen=True, kw_only=True)
class RemoveEmbeddings:
    """Remove embeddings from elsewhere; for a day `embeddings restore` brings them back."""

    name: tyro.conf.Positional[str]
    """As `embeddings list` shows it."""


@dataclass(frozen=True, kw_only=True)
class RestoreEmbeddings:
    """Bring back embeddings from elsewhere that were removed within a day."""

    name: tyro.conf.Positional[str]
    """Name that they had."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Settings of a new run."""

    preset: Literal["paper", "best", "ladder", "vae", "literature"] = "paper"
    """Settings to start from, which the options below change. paper: our preset for the paper's two models (the
    paper's Eq. 2 has triplet weight 1, and it gives no margin, epochs or batch); best: 99 % of MNIST's triplets in
    order for the fewest nats of the ELBO that a search found, with 1,000 hidden units and a smooth count of wrong
    triplets in place of the hinge (docs/science.md); ladder: twelve arms from weak to strong, of which w1 has the
    weights of Eq. 2; vae: a VAE alone, which needs no triplets in the labels; literature: eleven arms of other papers
    side by side (docs/science.md)."""
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    arm_settings: Annotated[dict[str, str], tyro.conf.arg(name="arms.NAME.SETTING", metavar="VALUE")] = field(
        default_factory=dict
    )
    """A setting of one arm's loss, any of those of --loss, as in `--arms.tvae-slant.notion slant` or
    `--arms.tvae.triplet-form sigmoid`. An arm NAME that the preset has not is added beside its arms, with the TVAE's
    loss. May be given again for other settings and arms."""
    odd_one_out: bool = False
    """The rows of `--data.triplets` are odd-one-out answers, where no header says what they are: the first two images
    are alike, the third is the odd one. Each is two triplets."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""
    half: bool = False
    """Keep weights and encodings in half precision: half the disk, accuracies within 0.1 points."""


@dataclass(frozen=True, kw_only=True)
class Train(RunOptions):
    """Train a VAE and a TVAE side by side and keep the run in a folder.

    Both start from the same weights and see the same triplets and noise; the VAE's triplet weight is 0. Arms of other
    notions of similarity (--arms.NAME.notion) see the same images, and each forms its own triplets among them.
    `torchrun --nproc-per-node N -m tvae train …` trains one run in N processes, and goes on with one that it began.
    """

    out: Path
    """New folder for the run; under torchrun also that of an interrupted run of the same settings, to go on with."""
    log: tyro.conf.UseAppendAction[tuple[TrackerName, ...]] = ()
    """Follow the run with another tool while it trains; once for each. tensorboard: event files in the run's folder,
    for `tensorboard --logdir` of it or a folder above; mlflow: the file mlflow.db beside the run's folder; wandb:
    offline files in it, which `wandb sync` sends."""
    json: bool = False
    """Print the metrics as one JSON object when the run ends, and no progress bar."""


@dataclass(frozen=True, kw_only=True)
class StartJob(RunOptions):
    """Start a run in the background, or queue it, and print its id; its folder is $TVAE_RUNS/ID.

    TVAE_RUNS names the folder of runs (default: the user's data folder). One run trains at a time, or as many as
    TVAE_RUNS_AT_ONCE says; the rest wait in order.
    """

    name: str = ""
    """What to call it."""
    seconds: float | None = None
    """Train for about this long, if its epochs aren't over sooner."""
    start_from: Path | None = None
    """Folder of a run whose weights to begin with (default: from scratch)."""


@dataclass(frozen=True, kw_only=True)
class ListJobs:
    """List the runs in the background, newest first."""

    json: bool = False
    """Print one JSON array: id, state, reason, step and steps of each."""


@dataclass(frozen=True, kw_only=True)
class WatchJob:
    """Watch a run until it ends; leaving (Ctrl-C) leaves it running.

    The exit status is 0 if the run is then done, else 1.
    """

    id: tyro.conf.Positional[str]
    """As `jobs list` shows it."""


@dataclass(frozen=True, kw_only=True)
class StopJob:
    """Stop a run, keep what it has, and wait until it has ended."""

    id: tyro.conf.Positional[str]
    """As `jobs list` shows it."""


@dataclass(frozen=True, kw_only=True)
class ResumeJob:
    """Resume a run that is paused, or was stopped, interrupted or failed; it ends as without the break."""

    id: tyro.conf.Positional[str]
    """As `jobs list` shows it."""


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Measure a run's arms: exact triplet accuracy over all triplets, reconstruction, KL, nearest neighbours."""

    run: tyro.conf.Positional[Path]
    """Folder of the run, such as checkpoints/mnist."""
    margins: tuple[float, ...] = (0.0, 0.1, 0.2, 0.5, 1.0)
    """Margins at which triplet accuracy is counted."""
    split: SplitName = "test"
    """Which images."""
    notion: str = ""
    """Notion of similarity that all arms are judged by: a label column of the data set (default: the run's)."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""
    json: bool = False
    """Print one JSON object instead of a table."""


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """Gather the figures of runs that differ in seed alone into the first run's folder, for the page "Which weight?".

    The first run's seeds.json then holds triplet accuracy, error and KL of every arm and seed, on the test split and,
    where the runs have one, on the validation split. The other runs are not needed afterwards.
    """

    run: tyro.conf.Positional[Path]
    """Folder of the run that keeps the figures."""
    others: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Folders of runs that are like it but for the seed."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class Encode:
    """Write the posterior means of a split, or of pictures of your own.

    Of a split: an .npz with one array (n, latent) an arm, and the labels. Of pictures, by the file's ending a .csv or
    .npz with each one's mean in every arm, its class by a vote of the 15 nearest test images, their rows, and its place
    on the arm's map. Pictures that can't be read are named, the others encoded.
    """

    run: tyro.conf.Positional[Path]
    """Folder of the run."""
    out: Path
    """The file to write: .npz; with --images .csv or .npz."""
    split: SplitName = "test"
    """Split whose images are encoded; not used with --images."""
    notion: str = ""
    """Write the split's labels by this notion of similarity too, a label column of the data set, as `labels-NOTION`."""
    images: Path | None = None
    """Pictures of your own in place of a split: a folder or zip of them, one picture, or any source that `data add`
    takes; labels are not needed. They are fitted to the run's images as its data set was taken in."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """Take a run elsewhere: write it in the form that another tool reads (docs/exports.md)."""

    run: tyro.conf.Positional[Path]
    """Folder of the run."""
    to: str
    """projector, atlas, onnx, hub, torch, bundle, report, markdown or charts."""
    out: Path
    """The new folder to write; atlas (.parquet), bundle (.zip) and report (.html) are files. Nothing may be there."""
    arm: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """An arm to export; once for each (default: all)."""
    split: SplitName = "test"
    """Split whose images are encoded."""
    no_images: bool = False
    """Leave the images themselves out."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class Push:
    """Send a run's arms to a repository of the Hugging Face Hub, with a model card (docs/exports.md).

    The token is HF_TOKEN, or that of `hf auth login`; HF_ENDPOINT names another server.
    """

    run: tyro.conf.Positional[Path]
    """Folder of the run."""
    repository: tyro.conf.Positional[str]
    """OWNER/NAME, or NAME for one of your own; it is made where there is none."""
    arm: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """An arm to send; once for each (default: all). One alone lies at the top of the repository, several in folders."""
    private: bool = False
    """Let only the repository's owner see it."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class Layouts:
    """Compute the PCA, t-SNE and UMAP layouts that the app shows first, and keep them in the run's folder."""

    run: tyro.conf.Positional[Path]
    """Folder of the run."""


@dataclass(frozen=True, kw_only=True)
class TrainClassifier:
    """Train the classifier that says which class the app's samples show, on the run's training images."""

    run: tyro.conf.Positional[Path]
    """Folder of a run on these images; its arms play no part."""
    out: Path | None = None
    """Folder to keep it in (default: the user's data folder, where the app looks)."""
    dir: Path | None = None
    """Folder of the data sets (default: TVAE_DATA, else the user's cache folder)."""


@dataclass(frozen=True, kw_only=True)
class Warm:
    """Compile the numerical code for this machine in advance; takes about a minute."""


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """Say what is right on this machine and what to do where it is not: versions, folders, disk, GPU, data, queue.

    Nothing is changed or fetched. The exit status is 1 where something is wrong, else 0.
    """

    json: bool = False
    """Print one JSON array: subject, verdict (right, better or wrong), text and advice of each finding."""


@dataclass(frozen=True, kw_only=True)
class App:
    """Start the app and open it in the browser; further options go to Streamlit, as in `app --server.port 8600`."""

    streamlit_options: tyro.conf.Positional[tuple[str, ...]] = ()
    """As `streamlit run --help` lists them."""
