"""Layers for pictures against PyTorch: first weights bit for bit, values, gradients, repr, states."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, as_array, both_raise  # noqa: E402

import pellucid  # noqa: E402

SEQUENCE, PICTURE, VOLUME = (2, 4, 9), (2, 4, 7, 6), (2, 4, 5, 4, 6)
LAYERS = {
    "Conv1d(4, 6, 3)": SEQUENCE,
    "Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2)": SEQUENCE,
    "Conv1d(4, 4, 3, padding='same', groups=4, bias=False)": SEQUENCE[1:],
    "Conv2d(4, 6, 3)": PICTURE,
    "Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(0, 1), dilation=(1, 2), groups=2, bias=False)": PICTURE,
    "Conv2d(4, 8, kernel_size=1, groups=4)": PICTURE[1:],
    "Conv2d(4, 6, 3, padding='valid')": PICTURE,
    "Conv2d(4, 6, (3, 4), padding='same', padding_mode='reflect')": PICTURE,
    "Conv2d(4, 6, 3, padding=(1, 2), padding_mode='replicate')": PICTURE,
    "Conv2d(4, 6, 3, padding=1, padding_mode='circular', stride=2)": PICTURE,
    "Conv3d(4, 6, (3, 2, 3), padding=1, stride=(1, 2, 2))": VOLUME,
    "ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1)": SEQUENCE,
    "ConvTranspose1d(4, 6, 3, 1, 2, 1, dilation=2)": SEQUENCE,
    "ConvTranspose2d(4, 6, 3)": PICTURE,
    "ConvTranspose2d(4, 6, (3, 2), stride=2, padding=(1, 0), output_padding=(1, 0), groups=2, bias=False)":
        PICTURE,
    "ConvTranspose3d(4, 6, 2, stride=2)": VOLUME,
    "MaxPool1d(2)": SEQUENCE, "MaxPool1d(3, 2, 1, ceil_mode=True)": SEQUENCE,
    "MaxPool2d(2)": PICTURE, "MaxPool2d((3, 2), stride=(2, 1), padding=1, dilation=1)": PICTURE,
    "MaxPool3d(2, stride=None)": VOLUME,
    "AvgPool1d(2)": SEQUENCE, "AvgPool1d(3, 2, 1, True, False)": SEQUENCE,
    "AvgPool2d(2)": PICTURE, "AvgPool2d((3, 2), 2, (1, 0), True, False)": PICTURE,
    "AvgPool2d(2, divisor_override=3)": PICTURE[1:], "AvgPool3d(2, 1)": VOLUME,
    "LPPool1d(2, 3, stride=2)": SEQUENCE, "LPPool2d(2, (3, 2))": PICTURE,
    "LPPool3d(2, 2, ceil_mode=True)": VOLUME,
    "AdaptiveAvgPool1d(4)": SEQUENCE, "AdaptiveAvgPool2d((None, 3))": PICTURE,
    "AdaptiveAvgPool2d(1)": PICTURE, "AdaptiveAvgPool3d((2, 3, 1))": VOLUME, "AdaptiveMaxPool1d(4)": SEQUENCE,
    "AdaptiveMaxPool2d((None, 3))": PICTURE, "AdaptiveMaxPool3d(2)": VOLUME,
    "Unfold(3)": PICTURE, "Unfold((3, 2), dilation=1, padding=1, stride=2)": PICTURE,
    "Fold((4, 3), (2, 2))": (2, 8, 6),
    "Upsample(scale_factor=2)": PICTURE, "Upsample((5, 9), mode='bilinear', align_corners=True)": PICTURE,
    "Upsample(scale_factor=(1.5, 2), mode='bicubic')": PICTURE, "Upsample(size=12, mode='linear')": SEQUENCE,
    "Upsample(scale_factor=1.7, mode='trilinear', recompute_scale_factor=True)": VOLUME,
    "UpsamplingNearest2d(scale_factor=3)": PICTURE, "UpsamplingBilinear2d((10, 9))": PICTURE,
    "PixelShuffle(2)": PICTURE, "PixelUnshuffle(2)": (2, 3, 4, 6), "ChannelShuffle(2)": PICTURE,
    "ZeroPad1d(2)": SEQUENCE, "ZeroPad2d((1, 2, 0, 3))": PICTURE, "ZeroPad3d(1)": VOLUME,
    "ConstantPad1d((2, 1), 3.5)": SEQUENCE, "ConstantPad2d((1, -1, 2, 0), 0.5)": PICTURE,
    "ConstantPad3d(1, 2)": VOLUME, "ReflectionPad1d(3)": SEQUENCE, "ReflectionPad2d((1, 2, 0, 3))": PICTURE,
    "ReflectionPad3d(1)": VOLUME, "ReplicationPad1d((0, 3))": SEQUENCE, "ReplicationPad2d(2)": PICTURE[1:],
    "ReplicationPad3d((1, 0, 2, 1, 0, 3))": VOLUME, "CircularPad1d((2, 1))": SEQUENCE,
    "CircularPad2d((1, 2, 3, 0))": PICTURE, "CircularPad3d(2)": VOLUME,
    "BatchNorm2d(4)": PICTURE, "BatchNorm2d(4, eps=0.1, momentum=0.3, bias=False)": PICTURE,
    "BatchNorm2d(4, affine=False, momentum=None)": PICTURE, "BatchNorm3d(4)": VOLUME,
    "BatchNorm2d(4, track_running_stats=False)": PICTURE,
    "GroupNorm(2, 4)": PICTURE, "GroupNorm(4, 4, eps=0.1, affine=False)": SEQUENCE,
    "GroupNorm(1, 4, bias=False)": (3, 4),
    "InstanceNorm1d(4)": SEQUENCE, "InstanceNorm2d(4, affine=True)": PICTURE,
    "InstanceNorm2d(4, momentum=0.3, track_running_stats=True)": PICTURE, "InstanceNorm3d(4, 0.1)": VOLUME,
    "InstanceNorm2d(4, affine=True, bias=False)": PICTURE[1:],
    "LocalResponseNorm(2)": PICTURE, "LocalResponseNorm(3, alpha=0.2, beta=0.5, k=2)": SEQUENCE,
    "Dropout2d(0.5)": PICTURE,
}


def made(m, text, seed=7):
    m.manual_seed(seed)
    return eval(text, vars(m.nn))


@pytest.mark.parametrize("text", LAYERS)
def test_first_weights_and_repr(text):
    ours, theirs = made(pellucid, text), made(torch, text)
    assert repr(ours) == repr(theirs)
    for (name, value), (wanted_name, wanted) in zip(ours.state_dict().items(), theirs.state_dict().items(),
                                                    strict=True):
        assert name == wanted_name
        np.testing.assert_array_equal(as_array(value), as_array(wanted))
    np.testing.assert_array_equal(pellucid.rand(3).numpy(), torch.rand(3).numpy(), "what is drawn next")


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("text", LAYERS)
def test_values_gradients_and_states(text):
    layers = {m: made(m, text) for m in (pellucid, torch)}

    def both_modes(m, x, *weights):
        layer = layers[m]
        m.manual_seed(3)
        first = layer.train()(x)
        again = layer(x * 2)
        return [first, again, *[value for name, value in layer.state_dict().items() if "running" in name],
                layer.eval()(x)]
    agree(both_modes, LAYERS[text], rtol=2e-5, second="Pad" not in text and "Norm" not in text)

    def weights(m, x):
        layer = layers[m].train()
        return m.autograd.grad((layer(x) ** 2).sum(), list(layer.parameters()))
    if list(layers[torch].parameters()):
        agree(weights, LAYERS[text], grad=False, rtol=2e-5, atol=3e-5)


@pytest.mark.parametrize("name, shape", [("MaxPool1d", (2, 3, 8)), ("MaxPool2d", (2, 3, 6, 4)),
                                         ("MaxPool3d", (3, 4, 4, 6))])
def test_pool_and_unpool(name, shape):
    def there_and_back(m, x):
        y, places = getattr(m.nn, name)(2, return_indices=True)(x)
        back = getattr(m.nn, name.replace("Max", "MaxUn").replace("UnPool", "Unpool"))(2, stride=2)
        assert repr(back).startswith(name.replace("Pool", "Unpool"))
        return [y, places, back(y, places), back(y, places, output_size=list(shape[-int(name[-2]):]))]
    agree(there_and_back, shape)


def test_output_size_of_a_transposed_convolution():
    layers = {m: made(m, "ConvTranspose2d(4, 2, 3, stride=(2, 3), padding=1)") for m in (pellucid, torch)}
    agree(lambda m, x: [layers[m](x, output_size=(14, 16)), layers[m](x, output_size=[2, 2, 13, 18])],
          PICTURE)
    for size in ((13, 15), (15, 16), (13, 16, 1)):
        both_raise(lambda m, x, size=size: layers[m](x, output_size=size), PICTURE)


@pytest.mark.parametrize("text", [
    "Conv2d(4, 6, 3, groups=3)", "Conv2d(4, 6, 3, groups=0)", "Conv2d(4, 6, 3, padding_mode='wrap')",
    "Conv2d(4, 6, 3, padding='full')", "Conv2d(4, 6, 3, padding='same', stride=2)",
    "ConvTranspose2d(4, 6, 3, padding_mode='reflect')", "GroupNorm(3, 4)", "BatchNorm2d(4)(ones(2, 4, 3))",
    "BatchNorm3d(4)(ones(2, 4, 3, 3))", "InstanceNorm2d(4)(ones(2, 4))", "InstanceNorm1d(4)(ones(2, 4, 1))",
    "InstanceNorm2d(5, affine=True)(ones(2, 4, 3, 3))", "ReflectionPad2d(1)(ones(2, 3))",
    "Upsample()(ones(2, 3, 4, 4))", "Fold((4, 4), 2)(ones(2, 3, 4))",
])
def test_bad_settings(text):
    both_raise(lambda m: eval(text, {**vars(m.nn), "ones": m.ones}))


def test_a_wrong_number_of_features_is_told_where_it_does_not_matter():
    with pytest.warns(UserWarning, match="4 channels, num_features is 5"):
        y = pellucid.nn.InstanceNorm2d(5)(pellucid.ones(2, 4, 3, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = torch.nn.InstanceNorm2d(5)(torch.ones(2, 4, 3, 3))
    np.testing.assert_array_equal(y.numpy(), theirs.numpy())


def test_a_small_network_learns_alike():
    """Three steps of SGD through convolution, batch norm, pooling and a linear layer."""
    losses = {}
    for m in (pellucid, torch):
        nn = m.nn
        m.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
                            nn.Conv2d(6, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d((3, 3)), nn.Flatten(),
                            nn.Linear(72, 10))
        x, target = m.randn(16, 1, 20, 20), m.arange(16) % 10
        step = m.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        losses[m] = []
        for _ in range(3):
            loss = nn.functional.cross_entropy(net(x), target)
            step.zero_grad()
            loss.backward()
            step.step()
            losses[m].append(loss.item())
    np.testing.assert_allclose(losses[pellucid], losses[torch], rtol=1e-5)
