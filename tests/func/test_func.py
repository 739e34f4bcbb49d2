"""torch.func's functions: what only they do (nesting, what stays a constant, random numbers, modules)."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import func, nn
from pellucid.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, linearize, vjp, vmap


def close(a, b):
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-5, atol=1e-6)


def cubes(x):
    return (x ** 3).sum()


def test_derivatives_nest():
    x = pellucid.tensor([2.0, -1.0])
    third = grad(lambda x: grad(lambda x: grad(cubes)(x).sum())(x).sum())(x)
    close(third, pellucid.tensor([6.0, 6.0]))
    close(jacrev(jacrev(cubes))(x), hessian(cubes)(x))
    close(jacfwd(jacfwd(cubes))(x), hessian(cubes)(x))
    close(vmap(hessian(cubes))(pellucid.stack([x, x])), pellucid.stack([hessian(cubes)(x)] * 2))
    close(grad(lambda x: vmap(grad(cubes))(x).sum())(pellucid.ones(2, 2)), 6 * pellucid.ones(2, 2))


def test_only_what_comes_from_outside_keeps_a_graph():
    x, w = pellucid.ones(2), pellucid.tensor([3.0, 4.0], requires_grad=True)
    assert not grad(cubes)(x).requires_grad and not jacrev(cubes)(x).requires_grad
    assert not vjp(cubes, x)[0].requires_grad and not jvp(cubes, (x,), (x,))[1].requires_grad
    slope = grad(lambda x: (x * w ** 2).sum())(x)                # w is a constant for it, but not for us
    slope.sum().backward()
    close(w.grad, 2 * w)
    assert x.grad is None and not x.requires_grad
    y = pellucid.ones(2, requires_grad=True)
    grad(cubes)(y).sum().backward()                              # through the argument's own past
    close(y.grad, 6 * y)


def test_no_grad_outside_does_not_matter():
    with pellucid.no_grad():
        close(grad(cubes)(pellucid.ones(2)), 3 * pellucid.ones(2))


def test_the_linear_function_nearest_to_a_change():
    x, v = pellucid.tensor([1.0, 2.0]), pellucid.tensor([1e-3, 2e-3])
    y, push = linearize(lambda x: x.exp(), x)
    close(y + push(v), (x + v).exp())
    close(push(v), jvp(lambda x: x.exp(), (x,), (v,))[1])


def test_random_numbers_in_vmap():
    def noisy(x):
        return x + pellucid.randn(2)

    x = pellucid.zeros(3)
    with pytest.raises(RuntimeError, match="draws random numbers; say randomness='different' or 'same'"):
        vmap(noisy)(x)
    pellucid.manual_seed(1)
    same = vmap(noisy, randomness="same")(x)
    assert pellucid.equal(same[0], same[2])
    different = vmap(noisy, randomness="different")(x)
    assert not pellucid.equal(different[0], different[1])


def test_what_vmap_refuses():
    for call, text in (
        (lambda: vmap(pellucid.dot)(pellucid.ones(2, 3), pellucid.ones(3, 3)), r"different sizes .*\[2, 3\]"),
        (lambda: vmap(pellucid.dot, in_dims=(0,))(pellucid.ones(2), pellucid.ones(2)), "not fit the nesting"),
        (lambda: vmap(pellucid.sin, in_dims=2)(pellucid.ones(2)), r"in_dims=2 for a tensor of shape \(2,\)"),
        (lambda: vmap(lambda x, n: x)(pellucid.ones(2), 3), "of type int, which has no dimensions; use None"),
        (lambda: vmap(lambda x: 3)(pellucid.ones(2)), "must return Tensors, got int"),
        (lambda: vmap(lambda x: x, out_dims=None)(pellucid.arange(2)), "out_dims=None is for a result"),
        (lambda: vmap(pellucid.sin, randomness="none")(pellucid.ones(2)), "randomness must be"),
    ):
        with pytest.raises(ValueError, match=text):
            call()


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.register_buffer("scale", pellucid.tensor(2.0))

    def forward(self, x, *, shift=0.0):
        return self.second(self.first(x)) * self.scale + shift


def test_a_module_with_other_parameters():
    module, x = Tied(), pellucid.ones(1, 3)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    zeros = pellucid.zeros(3, 3)
    y = functional_call(module, {"first.weight": zeros, "scale": pellucid.tensor(3.0)}, x, {"shift": 1.0})
    close(y[0], module.second.bias * 3 + 1)                         # second.weight is tied to first.weight
    y = functional_call(module, {"first.weight": zeros}, (x,), tie_weights=False)
    close(y, module.second(module.first.bias.reshape(1, 3)) * 2)
    assert all(pellucid.equal(value, before[name]) for name, value in module.state_dict().items())
    with pytest.raises(RuntimeError):
        functional_call(module, {"first.weight": pellucid.zeros(5, 5)}, x)
    assert module.first.weight.shape == (3, 3), "what failed leaves the module as it was"
    for strict, text in (({"nothing": x}, "has no \\['nothing'\\]"), ({}, "are not given")):
        with pytest.raises(RuntimeError, match=text):
            functional_call(module, strict, x, strict=True)
    with pytest.raises(ValueError, match="in several of the dictionaries"):
        functional_call(module, [{"scale": x}, {"scale": x}], x)


def test_an_ensemble_by_vmap():
    models = [nn.Linear(3, 2) for _ in range(4)]
    parameters, buffers = func.stack_module_state(models)
    x = pellucid.randn(5, 3)
    y = vmap(lambda p, b: functional_call(models[0], (p, b), x))(parameters, buffers)
    close(y, pellucid.stack([model(x) for model in models]))
    assert parameters["weight"].requires_grad and parameters["weight"].is_leaf


def test_one_gradient_per_sample():
    module, loss = nn.Linear(3, 1), nn.functional.mse_loss
    x, y = pellucid.randn(4, 3), pellucid.randn(4, 1)
    parameters = {name: value.detach() for name, value in module.named_parameters()}
    each = vmap(grad(lambda p, x, y: loss(functional_call(module, p, x), y)), in_dims=(None, 0, 0))
    found = each(parameters, x, y)
    for i in range(4):
        module.zero_grad()
        loss(module(x[i]), y[i]).backward()
        close(found["weight"][i], module.weight.grad)


def test_absent_names_say_so():
    with pytest.raises(NotImplementedError, match="func.functionalize is not in Pellucid"):
        func.functionalize(cubes)


NETWORKS = {
    "convolution": (lambda: nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(),
                                          nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 2)), (2, 2, 4, 4)),
    "recurrence": (lambda: nn.LSTM(3, 4, batch_first=True), (2, 5, 3)),
    "attention": (lambda: nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), (2, 5, 8)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_change_of_all_parameters_of_a_network(name):
    """J v, by two backward passes through whole layers, equals the difference quotient along v."""
    pellucid.manual_seed(0)
    make, shape = NETWORKS[name]
    network, x, eps = make().double(), pellucid.randn(*shape).double(), 1e-6
    at = {key: value.detach() for key, value in network.named_parameters()}
    along = {key: pellucid.randn(*value.shape).double() for key, value in at.items()}

    def output(parameters):
        y = functional_call(network, parameters, (x,))
        return y[0] if isinstance(y, tuple) else y

    _, slope = jvp(output, (at,), (along,))
    ahead, behind = (output({key: at[key] + step * along[key] for key in at}) for step in (eps, -eps))
    np.testing.assert_allclose(slope.numpy(), ((ahead - behind) / (2 * eps)).detach().numpy(), atol=1e-7)
