import numpy as np
import pytest
import torch

from tests.conftest import small_run_config
from tvae.data import Split
from tvae.errors import InputError
from tvae.metrics.anchor_sample import Sampling
from tvae.runs.evaluation import encode_split, evaluate, load_model, sample_rows, triplet_curves
from tvae.runs.recording import record
from tvae.runs.run import read_run


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits):
    folder = tmp_path_factory.mktemp("runs") / "small"
    for _ in record(small_run_config(), digits, folder, "command"):
        pass
    return read_run(folder)


def test_numbers_are_those_of_plain_loops(trained, digits):
    encoding = encode_split(trained, digits.test)
    found = evaluate(trained, encoding, [0.3])["arms"]["tvae"]
    model = load_model(trained, "tvae")
    errors, kls = [], []
    for image in digits.test.pixels():
        with torch.no_grad():
            posterior = model.encode(torch.from_numpy(image)[None])
            back = model.decode(posterior.mean)[0].numpy()
        errors.append(sum((float(x) - float(y)) ** 2 for x, y in zip(image, back, strict=True)))
        mean, log_var = posterior.mean[0].double().numpy(), posterior.log_var[0].double().numpy()
        kls.append(0.5 * float((mean**2 + np.exp(log_var) - 1 - log_var).sum()))
    assert found["reconstruction"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert found["reconstruction_per_pixel"] == pytest.approx(np.mean(errors) / 64, rel=1e-5)
    assert found["kl"] == pytest.approx(np.mean(kls), rel=1e-5)

    means, labels = encoding.means["tvae"].astype(np.float64), encoding.labels
    distances = np.sqrt(((means[:, None] - means[None]) ** 2).sum(-1))
    shares = []
    for a in range(len(labels)):
        positive = np.flatnonzero((labels == labels[a]) & (np.arange(len(labels)) != a))
        negative = np.flatnonzero(labels != labels[a])
        shares.append((distances[a, positive][:, None] - distances[a, negative][None] + 0.3 <= 0).mean())
    assert found["triplet_accuracy"]["0.3"] == pytest.approx(np.mean(shares), abs=1e-9)
    by_class = [np.mean(np.array(shares)[labels == label]) for label in np.unique(labels)]
    assert found["balanced_triplet_accuracy"]["0.3"] == pytest.approx(np.mean(by_class), abs=1e-9)
    assert triplet_curves(encoding)["tvae"].at(0.3).accuracy == pytest.approx(np.mean(shares), abs=1e-6)


def test_of_many_images_the_metrics_are_of_a_sample_and_say_so(trained, digits):
    encoding = encode_split(trained, digits.test)
    exact = evaluate(trained, encoding, [0.0, 0.5])["arms"]
    sampled = evaluate(trained, encoding, [0.0, 0.5], sampling=Sampling(exact_to=100, anchors=80))["arms"]
    for arm, metrics in sampled.items():
        assert exact[arm]["anchor_sample"] is None and "triplet_accuracy_error" not in exact[arm]
        sample = metrics["anchor_sample"]
        assert (sample["of"], sample["seed"]) == (359, 0) and 70 <= sample["counted"] <= 90
        assert metrics["triplets"] < exact[arm]["triplets"] / 3
        for name in ("triplet_accuracy", "balanced_triplet_accuracy"):
            for margin, share in metrics[name].items():
                error = metrics[f"{name}_error"][margin]
                assert 0 < error < 0.03 and abs(share - exact[arm][name][margin]) < 4 * error
        for name in ("knn_accuracy", "r_precision", "map_at_r", "silhouette"):
            assert metrics[name] != exact[arm][name] and abs(metrics[name] - exact[arm][name]) < 0.2


def test_samples_are_reconstructions_of_their_rows(trained, digits):
    encoding = encode_split(trained, digits.test)
    np.testing.assert_array_equal(encoding.sample_images, digits.test.images[encoding.sample_rows])
    for arm, pictures in encoding.sample_reconstructions.items():
        error = ((encoding.sample_images / 255.0 - pictures / 255.0) ** 2).sum((1, 2, 3))
        np.testing.assert_allclose(error, encoding.arms[arm].errors[encoding.sample_rows], rtol=0.05)
    assert set(digits.test.labels[encoding.sample_rows]) == set(range(10))


@pytest.mark.parametrize(("classes", "kept"), [(3, 6), (26, 40), (62, 62), (300, 100)])
def test_all_classes_have_an_image_among_the_samples_as_far_as_there_is_room(classes, kept):
    """Sample images come from all classes, not from the first 20 alone."""
    labels = np.tile(np.arange(classes), 4)
    split = Split("test", np.zeros((len(labels), 2, 2, 1), np.uint8), labels, tuple(map(str, range(classes))))
    taken = labels[sample_rows(split)]
    assert len(taken) == kept and len(set(taken)) == min(classes, 100)
    assert taken.tolist() == sorted(taken)


def test_another_split_is_refused(trained, digits):
    other = Split("test", digits.test.images[::-1].copy(), digits.test.labels, digits.test.class_names)
    with pytest.raises(InputError, match="trained on another test split"):
        encode_split(trained, other)
