import numpy as np
import pytest


@pytest.mark.parametrize("places", [88, 101, 8, 3])
def test_it_is_a_convolution_over_the_places(places):
    import keras

    from ml.neighbourhood import Neighbourhood

    ours = Neighbourhood(reach=4, units=6)
    theirs = keras.layers.Conv1D(6, 9, padding="same", use_bias=False)
    line = np.random.default_rng(1).normal(size=(10, places, 5)).astype(np.float32)
    theirs.build(line.shape)
    ours.build(line.shape)
    ours.kernel.assign(theirs.kernel)
    found = np.array(ours(line.reshape(2, 5, places, 5)))
    assert found.shape[2] % 8 == 0
    np.testing.assert_allclose(found[:, :, :places].reshape(10, places, 6), theirs(line), atol=1e-5)
