"""A new image in an arm, against the numbers in the run folder."""

from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.explore.new_image import encode_new_image
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.runs.weights import network

RUN = read_run(Path(__file__).parents[2] / "checkpoints" / "digits")


@pytest.mark.parametrize("arm", ["vae", "tvae"])
def test_an_image_of_the_split_is_encoded_as_in_the_run_folder(arm, digits):
    encoding = read_encoding(RUN, "test")
    assert encoding is not None
    known = encoding.arms[arm]
    new = encode_new_image(network(RUN, arm), known, encoding.labels, 10, digits.test.images[17], 5)
    np.testing.assert_allclose(new.mean, known.means[17], atol=1e-5)
    assert new.error == pytest.approx(known.errors[17], rel=1e-4)
    assert new.share_below == pytest.approx(np.mean([error < known.errors[17] for error in known.errors]), abs=0.004)
    assert new.votes.nearest.rows[0, 0] == 17, "the image itself is among the split's"
    distances = [float(np.sqrt(((mean - known.means[17]) ** 2).sum())) for mean in known.means]
    assert sorted(new.votes.nearest.rows[0]) == sorted(np.argsort(distances)[:5])
    difference = np.abs(new.reconstruction / 255 - digits.test.images[17] / 255)
    assert (difference**2).sum() == pytest.approx(new.error, rel=0.05)


def test_an_image_of_another_size_is_refused(digits):
    encoding = read_encoding(RUN, "test")
    assert encoding is not None
    with pytest.raises(InputError, match="this arm takes uint8 of 8 x 8"):
        encode_new_image(
            network(RUN, "vae"), encoding.arms["vae"], encoding.labels, 10, np.zeros((28, 28), np.uint8), 5
        )
