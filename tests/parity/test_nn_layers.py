"""Every layer against PyTorch: first weights bit for bit, values, gradients, state_dict, repr."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, as_array, both_raise, to_pellucid, to_torch  # noqa: E402

import pellucid  # noqa: E402

INTS = np.array([[0, 3, 1], [3, 3, 2]])
# How a layer is made, and what it is called with: shapes of normal inputs, or arrays.
LAYERS = {
    "Identity": (lambda nn: nn.Identity(5, unused=3), (2, 3)),
    "Linear": (lambda nn: nn.Linear(3, 4), (5, 3)),
    "Linear without bias": (lambda nn: nn.Linear(3, 4, bias=False), (2, 5, 3)),
    "Linear on a vector": (lambda nn: nn.Linear(3, 4), (3,)),
    "Linear on nothing": (lambda nn: nn.Linear(3, 4), (0, 3)),
    "Bilinear": (lambda nn: nn.Bilinear(3, 4, 2), (5, 3), (5, 4)),
    "Bilinear without bias": (lambda nn: nn.Bilinear(3, 4, 2, bias=False), (2, 5, 3), (2, 5, 4)),
    "Embedding": (lambda nn: nn.Embedding(4, 3), INTS),
    "Embedding padding": (lambda nn: nn.Embedding(4, 3, padding_idx=3), INTS),
    "Embedding negative padding": (lambda nn: nn.Embedding(4, 3, padding_idx=-1), INTS),
    "Embedding max_norm": (lambda nn: nn.Embedding(4, 3, max_norm=0.7), INTS),
    "Embedding norm_type": (lambda nn: nn.Embedding(4, 3, max_norm=0.7, norm_type=1.0), INTS),
    "Embedding by frequency": (lambda nn: nn.Embedding(4, 3, scale_grad_by_freq=True), INTS),
    "EmbeddingBag": (lambda nn: nn.EmbeddingBag(4, 3), INTS),
    "EmbeddingBag sum": (lambda nn: nn.EmbeddingBag(4, 3, mode="sum", padding_idx=1), INTS),
    "EmbeddingBag max": (lambda nn: nn.EmbeddingBag(4, 3, mode="max"), INTS),
    "EmbeddingBag offsets": (lambda nn: nn.EmbeddingBag(4, 3), INTS.reshape(-1), np.array([0, 2, 2])),
    "EmbeddingBag last offset": (lambda nn: nn.EmbeddingBag(4, 3, include_last_offset=True), INTS.reshape(-1),
                                 np.array([0, 2, 6])),
    "Flatten": (lambda nn: nn.Flatten(), (2, 3, 4)),
    "Flatten some": (lambda nn: nn.Flatten(0, 1), (2, 3, 4)),
    "Unflatten": (lambda nn: nn.Unflatten(1, (2, 3)), (4, 6)),
    "Unflatten with -1": (lambda nn: nn.Unflatten(-1, (2, -1)), (4, 6)),
    "BatchNorm1d": (lambda nn: nn.BatchNorm1d(3), (6, 3)),
    "BatchNorm1d sequence": (lambda nn: nn.BatchNorm1d(3, eps=0.1, momentum=0.3), (2, 3, 4)),
    "BatchNorm1d average": (lambda nn: nn.BatchNorm1d(3, momentum=None), (6, 3)),
    "BatchNorm1d plain": (lambda nn: nn.BatchNorm1d(3, affine=False, track_running_stats=False), (6, 3)),
    "BatchNorm1d without bias": (lambda nn: nn.BatchNorm1d(3, bias=False), (6, 3)),
    "LayerNorm": (lambda nn: nn.LayerNorm(4), (2, 3, 4)),
    "LayerNorm of two": (lambda nn: nn.LayerNorm([3, 4], eps=0.1), (2, 3, 4)),
    "LayerNorm without bias": (lambda nn: nn.LayerNorm(4, bias=False), (3, 4)),
    "LayerNorm plain": (lambda nn: nn.LayerNorm(4, elementwise_affine=False), (3, 4)),
    "RMSNorm": (lambda nn: nn.RMSNorm(4), (2, 3, 4)),
    "RMSNorm of two": (lambda nn: nn.RMSNorm((3, 4), eps=0.1, elementwise_affine=False), (2, 3, 4)),
    "CosineSimilarity": (lambda nn: nn.CosineSimilarity(), (3, 4), (3, 4)),
    "CosineSimilarity dim": (lambda nn: nn.CosineSimilarity(dim=-1, eps=0.5), (2, 3, 4), (3, 4)),
    "PairwiseDistance": (lambda nn: nn.PairwiseDistance(), (3, 4), (3, 4)),
    "PairwiseDistance p": (lambda nn: nn.PairwiseDistance(p=1.5, eps=0.1, keepdim=True), (3, 4), (4,)),
    "PairwiseDistance of vectors": (lambda nn: nn.PairwiseDistance(p=3.0), (4,), (4,)),
    "PReLU": (lambda nn: nn.PReLU(), (3, 4)),
    "PReLU per channel": (lambda nn: nn.PReLU(4, init=0.1), (3, 4, 2)),
    "Sequential": (lambda nn: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2, bias=False)), (5, 3)),
}
ACTIVATIONS = [
    "ReLU()", "ReLU(True)", "ReLU6()", "ReLU6(inplace=True)", "LeakyReLU()", "LeakyReLU(0.2, True)", "ELU()",
    "ELU(0.7, inplace=True)", "CELU()", "CELU(0.4, True)", "SELU()", "SELU(True)", "GELU()", "GELU('tanh')",
    "GELU(approximate='tanh')", "SiLU()", "SiLU(inplace=True)", "Mish()", "Mish(True)", "Softplus()",
    "Softplus(2.0, 1.5)", "Softsign()", "Softshrink()", "Softshrink(0.2)", "Hardshrink()", "Hardshrink(0.2)",
    "Tanhshrink()", "Hardtanh()", "Hardtanh(-0.3, 0.6, True)", "Hardtanh(min_val=-0.5)", "Hardsigmoid()",
    "Hardsigmoid(True)", "Hardswish()", "Hardswish(inplace=True)", "Sigmoid()", "LogSigmoid()", "Tanh()",
    "Softmax(dim=1)", "Softmax(-1)", "LogSoftmax(dim=1)", "LogSoftmax(0)", "Softmin(dim=1)",
    "Threshold(0.1, 2)", "Threshold(0.1, 2.5, True)", "GLU()", "GLU(dim=0)", "RReLU(0.1, 0.4)", "RReLU()",
    "RReLU(inplace=True)",
]

STRAIGHT = ("ReLU", "LeakyReLU", "RReLU", "Hardshrink", "Softshrink", "Hardtanh", "Hardsigmoid",
            "Threshold", "ReLU6")                                # no second derivative: PyTorch returns zeros


def made(module, make, seed=7):
    """A layer from PyTorch's stream of this seed, and its inputs' converter."""
    module.manual_seed(seed)
    return make(module.nn)


def run(module, make, inputs, convert):
    """Train for one pass, then evaluate: outputs, gradients, buffers, outputs in evaluation."""
    layer = made(module, make)
    rng = np.random.RandomState(3)
    arrays = [rng.standard_normal(i).astype(np.float32) if isinstance(i, tuple) else i for i in inputs]
    tensors = [convert(a, True) for a in arrays]
    y = layer(*tensors)
    weights = convert(rng.standard_normal(tuple(y.shape)).astype(np.float32), False)
    (y * weights).sum().backward()
    found = {"output": y}
    found.update({f"gradient of input {i}": t.grad for i, t in enumerate(tensors)
                  if t.dtype.is_floating_point})
    found.update({f"gradient of {name}": p.grad for name, p in layer.named_parameters()})
    found.update({f"state {name}": value for name, value in layer.state_dict().items()})
    layer.eval()
    found["output in evaluation"] = layer(*[t.detach() for t in tensors])
    return layer, found


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name):
    make, *inputs = LAYERS[name]
    ours, found = run(pellucid, make, inputs, to_pellucid)
    theirs, expected = run(torch, make, inputs, to_torch)
    assert repr(ours) == repr(theirs)
    assert list(found) == list(expected)
    for what, value in expected.items():
        np.testing.assert_allclose(as_array(found[what]), as_array(value), rtol=1e-5, atol=1e-6, err_msg=what)
        assert as_array(found[what]).dtype == as_array(value).dtype, what


@pytest.mark.parametrize("name", LAYERS)
def test_same_seed_same_first_weights(name):
    make = LAYERS[name][0]
    ours, theirs = made(pellucid, make), made(torch, make)
    for (key, value), (wanted_key, wanted) in zip(ours.state_dict().items(), theirs.state_dict().items(),
                                                  strict=True):
        assert key == wanted_key
        allowed = 1e-6 if "Embedding" in name else 0             # normal draws; uniform ones agree entirely
        np.testing.assert_allclose(as_array(value), as_array(wanted), rtol=0, atol=allowed)
    np.testing.assert_array_equal(pellucid.rand(3).numpy(), torch.rand(3).numpy(), "what is drawn next")


@pytest.mark.parametrize("name", [name for name in LAYERS if "Embedding" not in name])
def test_second_derivatives(name):
    make, *inputs = LAYERS[name]
    layers = {pellucid: made(pellucid, make), torch: made(torch, make)}
    agree(lambda m, *xs: layers[m](*xs), *inputs)


@pytest.mark.parametrize("text", ACTIVATIONS)
def test_activation(text):
    def compute(m, x):
        layer = eval(text, vars(m.nn))
        m.manual_seed(5)
        return layer(x * 1), layer.eval()(x * 1)

    assert repr(eval(text, vars(pellucid.nn))) == repr(eval(text, vars(torch.nn)))
    agree(compute, (4, 6), second=text.split("(")[0] not in STRAIGHT)
    far = np.array([-30.0, -3, -1, -0.0, 0, 0.3, 3, 30, 90, -90], np.float32)
    agree(compute, far.reshape(2, 5).repeat(2, 1), second=False)
    agree(compute, (0, 4), second=False)


def test_softmax2d():
    agree(lambda m, x: [m.nn.Softmax2d()(x), m.nn.Softmax2d()(x[0])], (2, 3, 4, 5))
    both_raise(lambda m, x: m.nn.Softmax2d()(x), (2, 3))


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax", "Softmin"])
@pytest.mark.parametrize("shape", [(4,), (2, 3), (2, 3, 4), (2, 3, 4, 2)])
def test_unnamed_dim_is_guessed_as_in_pytorch_with_a_warning(name, shape):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        agree(lambda m, x: getattr(m.nn, name)()(x), shape, second=False)
    assert any("dim is not given" in str(w.message) and w.filename == __file__ for w in caught)
    assert repr(getattr(pellucid.nn, name)()) == repr(getattr(torch.nn, name)())


DROPOUTS = [("Dropout", (3, 50)), ("Dropout1d", (4, 6, 3)), ("Dropout1d", (6, 3)),
            ("Dropout2d", (3, 5, 2, 2)), ("Dropout3d", (2, 6, 2, 2, 2)), ("AlphaDropout", (4, 40)),
            ("FeatureAlphaDropout", (4, 6, 3))]


@pytest.mark.parametrize("name, shape", DROPOUTS)
@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 1.0])
def test_dropout(name, shape, p):
    def compute(m, x):
        layer = getattr(m.nn, name)(p)
        m.manual_seed(11)
        return layer(x), layer(x * 2), getattr(m.nn, name)(p, inplace=True)(x * 3), layer.eval()(x)

    agree(compute, shape)
    assert repr(getattr(pellucid.nn, name)(p)) == repr(getattr(torch.nn, name)(p))


def test_batch_norm_over_several_batches():
    layers = {m: m.nn.BatchNorm1d(3, momentum=None) for m in (pellucid, torch)}
    rng = np.random.RandomState(0)
    for _ in range(3):
        x = rng.standard_normal((5, 3)).astype(np.float32)
        agree(lambda m, x: layers[m](x), x, second=False)
    layers[pellucid].eval(), layers[torch].eval()
    agree(lambda m, x: layers[m](x), (5, 3))
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        np.testing.assert_allclose(getattr(layers[pellucid], name).numpy(),
                                   getattr(layers[torch], name).numpy(), rtol=1e-5)
        layers[pellucid].reset_running_stats(), layers[torch].reset_running_stats()


def test_prelu_weights_and_embeddings_from_tables():
    table = np.arange(6, dtype=np.float32).reshape(3, 2)

    def compute(m, x):
        frozen = m.nn.Embedding.from_pretrained(x)
        bag = m.nn.EmbeddingBag.from_pretrained(x, freeze=False, mode="sum")
        assert not frozen.weight.requires_grad and bag.weight.requires_grad
        return frozen(m.tensor([2, 0])), bag(m.tensor([[2, 0]]))

    agree(compute, table, grad=False)


WRONG = {
    "Linear": lambda m, x: m.nn.Linear(3, 5)(x),
    "Linear, double": lambda m, x: m.nn.Linear(4, 5)(x.double()),
    "Embedding, floats": lambda m, x: m.nn.Embedding(3, 4)(x),
    "Embedding, outside": lambda m, x: m.nn.Embedding(3, 4)(m.tensor([3])),
    "Embedding, negative": lambda m, x: m.nn.Embedding(3, 4)(m.tensor([-1])),
    "Dropout": lambda m, x: m.nn.Dropout(1.5),
    "BatchNorm1d, one sample": lambda m, x: m.nn.BatchNorm1d(4)(x[:1]),
    "BatchNorm1d, other channels": lambda m, x: m.nn.BatchNorm1d(3)(x),
    "BatchNorm1d, a vector": lambda m, x: m.nn.BatchNorm1d(4)(x[0]),
    "LayerNorm": lambda m, x: m.nn.LayerNorm(3)(x),
    "RMSNorm": lambda m, x: m.nn.RMSNorm(3)(x),
    "Unflatten": lambda m, x: m.nn.Unflatten(1, (2, 3))(x),
    "Unflatten, floats": lambda m, x: m.nn.Unflatten(1, (2, 2.5))(x),
    "GLU": lambda m, x: m.nn.GLU()(x[:, :3]),
    "Bilinear": lambda m, x: m.nn.Bilinear(3, 4, 2)(x, x),
    "Bilinear, nothing": lambda m, x: m.nn.Bilinear(0, 4, 2),
    "Hardtanh": lambda m, x: m.nn.functional.hardtanh(x, 1.0, -1.0),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_raises_as_in_pytorch(name):
    assert both_raise(WRONG[name], (3, 4), errors=(Exception,))
