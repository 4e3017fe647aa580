"""Run settings: frozen, validated dataclasses, to and from JSON; presets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from tvae.errors import InputError, require, require_choice, require_int, require_real

SCHEMA = 1
"""Version of the JSON form of `RunConfig`; a file of another version is refused."""
ADDED = {"added": True}
"""Marks a field that the first files of this version lack: these runs were made with what is its default."""


Reconstruction = Literal["squared-l2", "bernoulli"]
Triplets = Literal["sampled", "batch-all"]
Schedule = Literal["constant", "flat-cosine"]
Step = Literal["plain", "fast", "fast-float32", "fast-bfloat16"]
Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which images a run sees."""

    name: str = "mnist"
    """mnist, fashion-mnist, kmnist (28x28 pixels, fetched once) or digits (8x8 pixels, comes with scikit-learn)."""

    def __post_init__(self) -> None:
        require(isinstance(self.name, str) and self.name != "", "data.name", self.name, "the name of a data set")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Two fully connected layers each way, as in section 3 of the paper."""

    hidden: int = 400
    """Width of the one hidden layer of the encoder and of the decoder (the paper does not give it)."""
    latent_dim: int = 20
    """Number of latents (the paper: 20)."""

    def __post_init__(self) -> None:
        require_int("model.hidden", self.hidden, 1, 16_384)
        require_int("model.latent-dim", self.latent_dim, 1, 1_024)


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Eq. 2 with a weight before each term: w_rec * rec + w_kl * KL + w_tri * triplet."""

    margin: float = 1.0
    """Margin m of the triplet hinge max(0, D(a,p) - D(a,n) + m) between latent means (Eq. 1)."""
    triplet_weight: float = 15.0
    """Weight of the triplet term; 0 gives a plain VAE."""
    kl_weight: float = 1.0
    """Weight of the KL divergence to the prior, in nats."""
    reconstruction_weight: float = 1.0
    """Weight of the reconstruction term."""
    reconstruction: Reconstruction = "squared-l2"
    """squared-l2: squared pixel distance summed over the image (the paper's); bernoulli: cross-entropy in nats."""

    def __post_init__(self) -> None:
        require_real("loss.margin", self.margin, 0.0, 1e6)
        for name in ("triplet_weight", "kl_weight", "reconstruction_weight"):
            require_real(f"loss.{name.replace('_', '-')}", getattr(self, name), 0.0, 1e6)
        require_choice("loss.reconstruction", self.reconstruction, get_args(Reconstruction))


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How the weights are found; shared by all arms of a run."""

    epochs: int = 20
    """Epochs; in one epoch as many triplets are drawn as the split has images."""
    batch_size: int = 128
    """Triplets a step; each brings three images through encoder and decoder."""
    learning_rate: float = 1e-3
    """Adam's step size (at the start, where the schedule lowers it)."""
    schedule: Schedule = "flat-cosine"
    """constant, or flat-cosine: constant for the first half, then down to 0 along half a cosine."""
    triplets: Triplets = "sampled"
    """sampled: the drawn triplets alone (the paper's); batch-all: also every other triplet that the labels
    allow among the images of the batch (Hermans et al. 2017), which costs no further pass of the encoder."""
    seed: int = 0
    """Seed of the initial weights, the triplets and the noise."""
    step: Step = field(default="plain", metadata=ADDED)
    """plain: gradients by automatic differentiation, the reference; fast: written by hand, with the large products
    in bfloat16 where the processor has instructions for it (then about 2.2 times as fast), else in float32 (1.4);
    fast-float32, fast-bfloat16: as named on every processor. In float32 the results equal the plain step's up to
    rounding, in bfloat16 within what another seed changes."""
    device: Device = "auto"
    """auto: the GPU if there is one, else the CPU."""

    def __post_init__(self) -> None:
        require_int("train.epochs", self.epochs, 1, 100_000)
        require_int("train.batch-size", self.batch_size, 1, 65_536)
        require_real("train.learning-rate", self.learning_rate, 1e-9, 10.0)
        require_choice("train.schedule", self.schedule, get_args(Schedule))
        require_choice("train.triplets", self.triplets, get_args(Triplets))
        require_int("train.seed", self.seed, 0, 2**63 - 1)
        require_choice("train.step", self.step, get_args(Step))
        require_choice("train.device", self.device, get_args(Device))


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """One run: arms that differ in their loss alone, trained side by side on the same batches."""

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
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, plain: object) -> RunConfig:
        """The run that `to_json` gave.

        Raises:
            InputError: an unknown or missing field, a wrong type, an impossible value, another schema version.
        """
        if not isinstance(plain, dict):
            raise InputError(f"config: expected an object, found {type(plain).__name__}")
        if plain.get("schema") != SCHEMA:
            raise InputError(f"config: schema version {plain.get('schema')!r}; this program reads version {SCHEMA}")
        return _from_plain(cls, {key: value for key, value in plain.items() if key != "schema"}, "config")


def _from_plain(kind: Any, plain: object, where: str) -> Any:
    """Rebuild a value of the annotated type `kind` from plain JSON values, strictly."""
    if is_dataclass(kind):
        if not isinstance(plain, dict):
            raise InputError(f"{where}: expected an object, found {type(plain).__name__}")
        names = {f.name for f in fields(kind)}
        for key in plain.keys() - names:
            raise InputError(f"{where}: unknown field {key!r}; known are {', '.join(sorted(names))}")
        for key in {f.name for f in fields(kind) if f.metadata != ADDED} - plain.keys():
            raise InputError(f"{where}: field {key!r} is missing")
        hints = get_type_hints(kind)
        return kind(**{key: _from_plain(hints[key], value, f"{where}.{key}") for key, value in plain.items()})  # type: ignore[operator]
    if get_origin(kind) is dict:
        if not isinstance(plain, dict):
            raise InputError(f"{where}: expected an object, found {type(plain).__name__}")
        return {key: _from_plain(get_args(kind)[1], value, f"{where}.{key}") for key, value in plain.items()}
    return plain  # numbers and words: the dataclass that holds them checks them


def vae_and_tvae(loss: LossConfig) -> dict[str, LossConfig]:
    """The paper's two arms: the TVAE with this loss, and the VAE, which differs in its triplet weight of 0 alone."""
    return {"vae": replace(loss, triplet_weight=0.0), "tvae": loss}


def _ladder() -> dict[str, LossConfig]:
    """Arms that differ in triplet weight at margin 1, then arms that differ in margin at the paper preset's weight."""
    weights = {f"w{weight:g}": LossConfig(triplet_weight=weight) for weight in (0.3, 1, 3, 10, 30, 100)}
    margins = {f"m{margin:g}": LossConfig(margin=margin) for margin in (0.2, 0.5, 1, 2, 5)}
    return {"vae": LossConfig(triplet_weight=0), **weights, **margins}


PRESETS: dict[str, RunConfig] = {
    "paper": RunConfig(),
    "best": RunConfig(
        model=ModelConfig(hidden=1000),
        train=TrainConfig(triplets="batch-all"),
        arms=vae_and_tvae(LossConfig(margin=2.0, triplet_weight=10.0)),
    ),
    "ladder": RunConfig(arms=_ladder()),
}
"""Runs worth starting from: the paper's setting, the best trade that we found, a ladder from weak to strong."""
