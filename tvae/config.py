"""Run settings: frozen, validated dataclasses, to and from JSON; presets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from tvae.errors import InputError, require, require_choice, require_int, require_real, require_schema

SCHEMA = 1
"""Version of the JSON form of `RunConfig`; a file of another version is refused."""

Reconstruction = Literal["squared-l2", "bernoulli"]
TripletForm = Literal["hinge", "softplus", "sigmoid"]
Triplets = Literal["sampled", "batch-all", "all", "semi-hard", "hardest"]
ArmTriplets = Literal["", "sampled", "batch-all", "all", "semi-hard", "hardest"]
"""Those of an arm; empty: those of the run."""
Prior = Literal["standard", "by-class"]
Schedule = Literal["constant", "flat-cosine", "warmup-cosine"]
Step = Literal["plain", "fast", "fast-float32", "fast-bfloat16"]
Device = Literal["auto", "cpu", "cuda"]
NetworkKind = Literal["mlp", "conv"]


ADDED = {"added": True}
"""Metadata of a field that the first files of this schema lack: runs of such files were made with its default."""


def notion() -> Any:
    """A field of a `Section` that holds the name of a notion of similarity, or an empty text."""
    return field(default="", metadata={"empty": True, **ADDED})


def number(default: float, low: float, high: float, *, added: bool = False) -> Any:
    """A field of a `Section` that holds a number from `low` to `high`; `added` as in `ADDED`."""
    return field(default=default, metadata={"low": low, "high": high, **(ADDED if added else {})})


@dataclass(frozen=True, kw_only=True)
class Section:
    """A group of settings: the one place where a setting is written.

    From a field's type, default, range and docstring come its check, its option on the command line with its help, the
    comparison of two runs and the JSON form.
    """

    SECTION: ClassVar[str]
    """First part of each option's name."""

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InputError: an impossible value; the message names its option.
        """
        hints = _type_hints(type(self))
        for entry in fields(self):
            _check(option_name(self, entry.name), getattr(self, entry.name), hints[entry.name], entry.metadata)

    def options(self) -> dict[str, Any]:
        """Value of each setting by its option on the command line without the dashes, such as `loss.margin`."""
        return {option_name(self, entry.name): getattr(self, entry.name) for entry in fields(self)}


def option_name(section: Section | type[Section], field_name: str) -> str:
    """Name of a field's option on the command line, such as `loss.triplet-weight`."""
    return f"{section.SECTION}.{field_name.replace('_', '-')}"


_type_hints = cache(get_type_hints)


def _check(option: str, value: object, kind: Any, metadata: Any) -> None:
    """Check a value by the type and the range of its field."""
    if get_origin(kind) is Literal:
        require_choice(option, value, get_args(kind))
    elif kind is int:
        require_int(option, value, metadata["low"], metadata["high"])
    elif kind is float:
        require_real(option, value, metadata["low"], metadata["high"])
    elif "empty" in metadata:
        require(isinstance(value, str), option, value, "a text")
    else:
        require(isinstance(value, str) and value != "", option, value, "a text that is not empty")


@dataclass(frozen=True, kw_only=True)
class DataConfig(Section):
    """The images of a run."""

    SECTION = "data"

    name: str = "mnist"
    """mnist, fashion-mnist, kmnist, emnist-balanced, emnist-letters, emnist-digits, qmnist (28x28 pixels), usps
    (16x16), all fetched once, digits (8x8 pixels, comes with scikit-learn), or a name given by `data add`."""
    notion: str = notion()
    """Notion of similarity that triplets come from and arms are judged by: the label column, such as class or writer,
    in which similar images are equal (default: the data set's first column)."""
    validation_share: float = number(0.0, low=0.0, high=0.5, added=True)
    """Share of each class of the training images that is held out as the validation split, always the same images; no
    model is trained on them."""
    triplets: str = field(default="", metadata={"empty": True, **ADDED})
    """File of triplets to train on in place of those that the labels give: text or .npy with three training images a
    row, anchor, positive and negative, by row counted from 0 or by name (docs/own-triplets.md). In the config of a run:
    SHA-256 of its own copy, triplets.npy."""
    triplets_share: float = number(1.0, low=0.01, high=1.0, added=True)
    """Share of each batch that is drawn from the given triplets; the rest from the labels."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Section):
    """The network of every arm."""

    SECTION = "model"

    kind: NetworkKind = field(default="mlp", metadata=ADDED)
    """mlp: two fully connected layers each way, as in section 3 of the paper; conv: convolutions before two fully
    connected hidden layers (Burgess et al. 2018), for colour and for images of more than 32 pixels a side."""
    hidden: int = number(400, low=1, high=16_384)
    """Units of each fully connected hidden layer of the encoder and of the decoder (the paper does not give it; Burgess
    et al. have 256)."""
    latent_dim: int = number(20, low=1, high=1_024)
    """Number of latents (the paper: 20)."""


@dataclass(frozen=True, kw_only=True)
class LossConfig(Section):
    """Eq. 2 with a weight before each term: w_rec * rec + w_kl * KL + w_tri * triplet.

    The defaults are the paper's terms. The other choices are those of the literature; docs/science.md has the formula
    and the source of each.
    """

    SECTION = "loss"

    margin: float = number(1.0, low=0.0, high=1e6)
    """Margin m of the triplet hinge max(0, D(a,p) - D(a,n) + m) between latent means (Eq. 1)."""
    triplet_weight: float = number(15.0, low=0.0, high=1e6)
    """Weight of the triplet term; 0 gives a plain VAE."""
    kl_weight: float = number(1.0, low=0.0, high=1e6)
    """Weight of the KL divergence to the prior, in nats."""
    reconstruction_weight: float = number(1.0, low=0.0, high=1e6)
    """Weight of the reconstruction term."""
    reconstruction: Reconstruction = "squared-l2"
    """squared-l2: squared pixel distance summed over the image (the paper's); bernoulli: cross-entropy in nats."""
    notion: str = notion()
    """Notion of similarity of an arm's triplets: a label column of the data set (default: the run's, data.notion)."""
    triplet_form: TripletForm = field(default="hinge", metadata=ADDED)
    """Cost of a triplet with x = D(a,p) - D(a,n) + m. hinge: max(0, x) (Eq. 1); softplus: t * log(1 + exp(x / t)), the
    soft margin (Hermans et al. 2017); sigmoid: 1 / (1 + exp(-x / t)), a smooth count of wrong triplets."""
    temperature: float = number(1.0, low=1e-3, high=1e6, added=True)
    """Temperature t of softplus and sigmoid: the range of x over which they bend."""
    triplets: ArmTriplets = field(default="", metadata=ADDED)
    """Triplets that an arm forms of the images of a batch, as train.triplets (default: as the run's)."""
    triplet_warmup: int = number(0, low=0, high=10**9, added=True)
    """Steps over which the triplet weight grows evenly from 0; 0: all at once. hardest collapses without."""
    surgery: float = number(0.0, low=0.0, high=1e3, added=True)
    """Gradient surgery on each image's mean: where the triplet term's gradient points against the reconstruction's, it
    loses this many times its part along that; 1 as in PCGrad (Yu et al. 2020), 0: none."""
    classifier_weight: float = number(0.0, low=0.0, high=1e6, added=True)
    """Weight of the cross-entropy of a linear classifier on the mean, which is trained with the arm; 0: there is
    none."""
    prior: Prior = field(default="standard", metadata=ADDED)
    """standard: KL to N(0, I), the paper's; by-class: to N(c, I) with a centre c of each class that is learned, so the
    prior is a mixture, the model is no longer the paper's, and its KL takes the class for known."""

    @property
    def choices(self) -> tuple[str, ...]:
        """Options on the command line in which this loss departs from Eq. 1 and 2, where it makes use of them."""
        usual = LossConfig()
        names = ["classifier_weight", "prior"]
        if self.triplet_weight:
            names += ["triplet_form", "triplet_warmup", "surgery"]
        return tuple(option_name(self, name) for name in names if getattr(self, name) != getattr(usual, name))

    def triplet_weight_at(self, step: int) -> float:
        """Weight of the triplet term at a step, counted from 1."""
        return (
            self.triplet_weight * min(1.0, step / self.triplet_warmup) if self.triplet_warmup else self.triplet_weight
        )


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Section):
    """Settings of the training, the same for all arms of a run."""

    SECTION = "train"

    epochs: int = number(20, low=1, high=100_000)
    """Epochs; in one epoch as many whole batches of triplets are drawn as fit into the number of images."""
    most_steps: int = number(0, low=0, high=10**9, added=True)
    """Greatest number of training steps; training may end sooner, with its last epoch. 0: no limit."""
    batch_size: int = number(128, low=1, high=65_536)
    """Triplets a step; each brings three images through encoder and decoder."""
    learning_rate: float = number(1e-3, low=1e-9, high=10.0)
    """Adam's step size (at the start, where the schedule lowers it)."""
    schedule: Schedule = "flat-cosine"
    """constant; flat-cosine: constant for the first half, then down to 0 along half a cosine; warmup-cosine: up from 0
    over 100 steps, and down along half a cosine over all steps."""
    triplets: Triplets = "sampled"
    """sampled: the drawn triplets alone (the paper's). The others form triplets of each drawn anchor with the images of
    the batch, which costs no further pass of the encoder: batch-all: its drawn positive with all images of other
    classes; all: all of its class with all of other classes (Hermans et al. 2017); semi-hard: of those the ones in the
    right order by less than the margin (Schroff et al. 2015); hardest: the farthest of its class with the nearest of
    another (Hermans et al. 2017)."""
    seed: int = number(0, low=0, high=2**63 - 1)
    """Seed of the initial weights, the triplets and the noise."""
    step: Step = field(default="plain", metadata=ADDED)
    """plain: gradients by automatic differentiation, the reference; fast: written by hand, with the large products
    in bfloat16 where the processor has instructions for it (then about 2.2 times as fast), else in float32 (1.4);
    fast-float32, fast-bfloat16: as named on every processor. In float32 the results equal the plain step's up to
    rounding, in bfloat16 within what another seed changes."""
    device: Device = "auto"
    """auto: the GPU if there is one, else the CPU."""

    def steps(self, images: int) -> int:
        """Steps of a training on so many images."""
        steps = self.epochs * (images // self.batch_size)
        return min(steps, self.most_steps) if self.most_steps else steps


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """One run: arms that differ in their loss alone, trained side by side on the same images and noise.

    They see the same triplets too, unless they differ in their notion of similarity: then each forms its own among the
    images of a batch.
    """

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    arms: dict[str, LossConfig] = field(default_factory=lambda: vae_and_tvae(LossConfig()))
    """Loss of each arm by the arm's name."""

    def __post_init__(self) -> None:
        require(1 <= len(self.arms) <= 64, "arms", len(self.arms), "1 to 64 arms")
        for name in self.arms:
            safe = name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
            require(safe and len(name) <= 64 and name[0] != ".", "arms", name, "letters, digits, '-', '_' and '.'")

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` takes back unchanged."""
        return {"schema": SCHEMA, **asdict(self, dict_factory=_plain_values)}

    def settings(self) -> dict[str, Any]:
        """Value of each setting by its option on the command line, an arm's own as `ARM: loss.margin`."""
        common = {**self.data.options(), **self.model.options(), **self.train.options()}
        of_arms = {f"{arm}: {option}": v for arm, loss in self.arms.items() for option, v in loss.options().items()}
        return {**common, **of_arms}

    @classmethod
    def from_json(cls, plain: object) -> RunConfig:
        """Config from the plain values that `to_json` returned.

        Raises:
            InputError: an unknown or missing field, a wrong type, an impossible value, another schema version.
        """
        if not isinstance(plain, dict):
            raise InputError(f"config: expected an object, found {type(plain).__name__}")
        require_schema(plain.get("schema"), SCHEMA, "config")
        return _from_plain(cls, {key: value for key, value in plain.items() if key != "schema"}, "config")


def _plain_values(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """The items as a dictionary, NumPy's numbers as Python's."""
    return {name: value.item() if hasattr(value, "item") else value for name, value in items}


def _from_plain(kind: Any, plain: object, where: str) -> Any:
    """Rebuild a value of the annotated type `kind` from plain JSON values, strictly."""
    if is_dataclass(kind):
        if not isinstance(plain, dict):
            raise InputError(f"{where}: expected an object, found {type(plain).__name__}")
        names = {f.name for f in fields(kind)}
        for key in plain.keys() - names:
            raise InputError(f"{where}: unknown field {key[:60]!r}; known are {', '.join(sorted(names))}")
        for key in {f.name for f in fields(kind) if "added" not in f.metadata} - plain.keys():
            raise InputError(f"{where}: field {key!r} is missing")
        hints = _type_hints(kind)
        return kind(**{key: _from_plain(hints[key], value, f"{where}.{key}") for key, value in plain.items()})  # type: ignore[operator]
    if get_origin(kind) is dict:
        if not isinstance(plain, dict):
            raise InputError(f"{where}: expected an object, found {type(plain).__name__}")
        return {key: _from_plain(get_args(kind)[1], value, f"{where}.{key}") for key, value in plain.items()}
    return plain  # numbers and words: the dataclass that holds them checks them


RECONSTRUCTION_NAMES: dict[Reconstruction, str] = {"squared-l2": "squared error", "bernoulli": "cross-entropy, nats"}
"""Name of the quantity that each kind of reconstruction term measures, with its unit where it has one."""


def with_default_notions(config: RunConfig, first: str) -> RunConfig:
    """The config with an empty text for each notion that is the default, so that it has one form however it was named.

    Args:
        first: the data set's first notion, which is a run's default.
    """
    own = config.data.notion or first
    arms = {arm: replace(loss, notion="") if loss.notion == own else loss for arm, loss in config.arms.items()}
    return replace(config, data=replace(config.data, notion="" if own == first else own), arms=arms)


def check_notions(config: RunConfig, notions: Sequence[str]) -> None:
    """Check that a run's data set has labels of the run's notion and of each arm's own.

    Args:
        notions: those that the data set has.

    Raises:
        InputError: it has no such label column (see `check_notion`).
    """
    wanted = {"data.notion": config.data.notion}
    wanted |= {f"arms.{arm}.notion": loss.notion for arm, loss in config.arms.items()}
    for option, notion in wanted.items():
        check_notion(option, notion, notions, f"data set {config.data.name!r}")


def check_notion(option: str, notion: str, notions: Sequence[str], where: str) -> None:
    """Check that a notion is among those of a data set or an image source; an empty name stands for the first one.

    Args:
        notions: those that are there.
        where: what has them, in words.

    Raises:
        InputError: there are none; the message begins with the option and names those that are there.
    """
    if notion and notion not in notions:
        raise InputError(f"{option}: {where} has no label column {notion!r}; it has {', '.join(notions)}")


def reconstruction_name(losses: Iterable[LossConfig]) -> str:
    """Name of the quantity that the reconstruction term measures; the names of all where these losses differ in it."""
    return " or ".join(dict.fromkeys(RECONSTRUCTION_NAMES[loss.reconstruction] for loss in losses))


def triplet_name(losses: Iterable[LossConfig]) -> str:
    """Name of the triplet term, with its form where these losses have one in common."""
    forms = {loss.triplet_form for loss in losses if loss.triplet_weight} or {"hinge"}
    return f"triplet {forms.pop()}" if len(forms) == 1 else "triplet term"


def vae_and_tvae(loss: LossConfig) -> dict[str, LossConfig]:
    """The paper's two arms: the TVAE with this loss, and the VAE, which differs in its triplet weight of 0 alone.

    It has neither a classifier nor a prior by class either: then it would be no plain VAE.
    """
    return {"vae": replace(loss, triplet_weight=0.0, classifier_weight=0.0, prior="standard"), "tvae": loss}


def _ladder() -> dict[str, LossConfig]:
    """Arms that differ in triplet weight at margin 1, then arms that differ in margin at our preset's weight of 15."""
    weights = {f"w{weight:g}": LossConfig(triplet_weight=weight) for weight in (0.3, 1, 3, 10, 30, 100)}
    margins = {f"m{margin:g}": LossConfig(margin=margin) for margin in (0.2, 0.5, 1, 2, 5)}
    return {"vae": LossConfig(triplet_weight=0), **weights, **margins}


def _literature() -> dict[str, LossConfig]:
    """Arms of the literature, all trained on the same images and noise.

    vae              Kingma & Welling 2013
    tvae             Ishfaq, Hoogi & Rubin 2018, with every negative of a batch
    softplus         soft margin: Hermans, Beyer & Leibe 2017
    sigmoid          smooth count of wrong triplets
    semi-hard        Schroff, Kalenichenko & Philbin 2015
    hardest          batch hard with a soft margin: Hermans, Beyer & Leibe 2017; with a warm-up, else it collapses
    surgery          sigmoid with PCGrad (Yu et al. 2020) on the latents
    triplet-network  no ELBO: Hoffer & Ailon 2015
    beta-vae         Higgins et al. 2017
    classifier       a VAE with a linear classifier on its mean; Joy et al. 2021 have one on the latents
    mixture-prior    a prior with a centre for each class; Jiang et al. 2017 learn such a mixture without labels

    The weights of sigmoid, softplus and tvae are those of experiments on MNIST; the others were set so that each
    trains, not searched for.
    """
    vae = LossConfig(triplet_weight=0.0)
    sigmoid = LossConfig(triplet_form="sigmoid", temperature=0.5, margin=0.0, triplet_weight=50.0, triplets="all")
    return {
        "vae": vae,
        "tvae": LossConfig(margin=2.0, triplet_weight=10.0, triplets="batch-all"),
        "softplus": LossConfig(
            triplet_form="softplus", temperature=0.3, margin=0.0, triplet_weight=60.0, triplets="all"
        ),
        "sigmoid": sigmoid,
        "semi-hard": LossConfig(margin=1.0, triplet_weight=15.0, triplets="semi-hard"),
        "hardest": LossConfig(
            triplet_form="softplus", margin=0.0, triplet_weight=5.0, triplets="hardest", triplet_warmup=1_000
        ),
        "surgery": replace(sigmoid, surgery=1.0),
        "triplet-network": LossConfig(reconstruction_weight=0.0, kl_weight=0.0, triplet_weight=1.0, triplets="all"),
        "beta-vae": replace(vae, kl_weight=4.0),
        "classifier": replace(vae, classifier_weight=10.0),
        "mixture-prior": replace(vae, prior="by-class"),
    }


PRESETS: dict[str, RunConfig] = {
    "paper": RunConfig(),
    "best": RunConfig(
        model=ModelConfig(hidden=1000),
        train=TrainConfig(epochs=15, batch_size=85, learning_rate=0.0015, schedule="warmup-cosine", triplets="all"),
        arms=vae_and_tvae(
            LossConfig(triplet_form="sigmoid", temperature=0.5, margin=0.0, triplet_weight=60.0, surgery=1.5)
        ),
    ),
    "ladder": RunConfig(arms=_ladder()),
    "vae": RunConfig(arms={"vae": LossConfig(triplet_weight=0.0)}),
    "literature": RunConfig(model=ModelConfig(hidden=1000), arms=_literature()),
}
"""Runs worth starting from.

`paper`: our preset for the paper's two models; its Eq. 2 has all weights 1, and it gives no margin, epochs or batch.
`best`: of the losses that were searched, the one with 99 % of MNIST's triplets in order for the fewest nats of the ELBO
(docs/science.md). `ladder`: from weak to strong; its arm `w1` has the weights of Eq. 2 as written. `vae`: one arm, for
labels without any triplet. `literature`: eleven arms, each with its source in `_literature` and docs/science.md.
"""
