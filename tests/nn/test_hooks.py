"""Forward and backward hooks: order, what they see, what they may replace."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn


class Twice(nn.Module):
    def forward(self, x, factor=2.0):
        if factor == 0:
            raise KeyError("factor")
        return x * factor


class Pair(nn.Module):
    def forward(self, x, y, label):
        return x * 2, y * 3, label


def test_order_and_prepend():
    module, seen = Twice(), []
    for name in "ab":
        module.register_forward_pre_hook(lambda m, args, name=name: seen.append(f"pre {name}"))
        module.register_forward_hook(lambda m, args, y, name=name: seen.append(f"post {name}"))
    module.register_forward_pre_hook(lambda m, args: seen.append("pre first"), prepend=True)
    last = module.register_forward_hook(lambda m, args, y: seen.append("post first"), prepend=True)
    module(pellucid.ones(1))
    assert seen == ["pre first", "pre a", "pre b", "post first", "post a", "post b"]
    last.remove()
    seen.clear()
    module(pellucid.ones(1))
    assert seen == ["pre first", "pre a", "pre b", "post a", "post b"]


def test_results_replace():
    module = Twice()
    module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    module.register_forward_hook(lambda m, args, y: y * 10)
    assert module(pellucid.ones(1)).item() == 40.0
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"factor": 5.0}), with_kwargs=True)
    seen = []
    module.register_forward_hook(lambda m, args, kwargs, y: seen.append((args[0].item(), kwargs)),
                                 with_kwargs=True)
    assert module(pellucid.ones(1)).item() == 100.0 and seen == [(2.0, {"factor": 5.0})]
    module.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="expected None or a pair"):
        module(pellucid.ones(1))


def test_always_call():
    module, seen = Twice(), []
    module.register_forward_hook(lambda m, args, y: seen.append("only after success"))
    module.register_forward_hook(lambda m, args, y: seen.append(y), always_call=True)
    with pytest.raises(KeyError):
        module(pellucid.ones(1), factor=0)
    assert seen == [None]
    module.register_forward_hook(lambda m, args, y: 1 / 0, always_call=True)
    with pytest.raises(KeyError), pytest.warns(UserWarning, match="always_call=True raised ZeroDivision"):
        module(pellucid.ones(1), factor=0)


def test_backward_hooks_see_and_replace():
    module, seen = Twice(), []
    module.register_full_backward_pre_hook(lambda m, out: (out[0] * 10,))
    module.register_full_backward_hook(lambda m, grads, out: seen.append((grads[0].item(), out[0].item())))
    module.register_full_backward_hook(lambda m, grads, out: grads[0] + 1)
    x = pellucid.ones(1, requires_grad=True)
    y = module(x)
    y.backward()
    assert seen == [(20.0, 10.0)] and x.grad.item() == 21.0


def test_backward_hooks_with_several_inputs_and_outputs():
    module, seen = Pair(), []
    module.register_full_backward_hook(lambda m, grads, out: seen.append((grads, out)))
    x, y = pellucid.ones(1, requires_grad=True), pellucid.ones(1)
    a, b, label = module(x, y, "label")
    assert label == "label" and not b.requires_grad
    (a * 5).backward()
    (grads, out), = seen
    assert [g if g is None else g.item() for g in grads] == [10.0, None, None]
    assert [g if g is None else g.item() for g in out] == [5.0, None, None]


def test_backward_hook_of_a_layer_whose_input_has_no_gradient():
    module, seen = nn.Linear(2, 1), []
    module.register_full_backward_hook(lambda m, grads, out: seen.append((grads, out[0].item())))
    module(pellucid.ones(1, 2)).sum().backward()
    assert seen == [((None,), 1.0)] and module.weight.grad is not None
    module.register_full_backward_hook(lambda m, grads, out: (pellucid.ones(1, 2),))
    with pytest.raises(RuntimeError, match="no input of this module requires grad"):
        module(pellucid.ones(1, 2)).sum().backward()


def test_what_a_hook_keeps_is_not_changed_later():
    module, kept = Twice(), []
    module.register_full_backward_hook(lambda m, grads, out: kept.append((grads[0], out[0])))
    x = pellucid.ones(2, requires_grad=True)
    (module(x) + x * 3).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0] and kept[0][0].tolist() == [2.0, 2.0]


def test_wrong_number_of_gradients():
    module = Twice()
    module.register_full_backward_hook(lambda m, grads, out: (grads[0], grads[0]))
    with pytest.raises(RuntimeError, match="returned 2 gradients in place of the 1 of grad_input"):
        module(pellucid.ones(1, requires_grad=True)).backward()


def test_hooks_do_not_disturb():
    """No gradient mode, second derivatives, in-place activations and copies work around the gates."""
    import copy

    module = nn.Sequential(nn.Linear(2, 2), nn.ReLU(inplace=True))
    seen = []
    module[1].register_full_backward_hook(lambda m, grads, out: seen.append(out[0].tolist()))
    x = pellucid.ones(1, 2, requires_grad=True)
    with pellucid.no_grad():
        assert not module(x).requires_grad
    module(x).sum().backward()
    assert len(seen) == 1 and seen[0] == [[1.0, 1.0]]
    copy.deepcopy(module)(x).sum().backward()
    assert len(seen) == 2

    cube = Twice()
    cube.register_full_backward_hook(lambda m, grads, out: None)
    z = pellucid.tensor(2.0, requires_grad=True)
    slope, = pellucid.autograd.grad(cube(z ** 3), z, create_graph=True)
    curvature, = pellucid.autograd.grad(slope, z)
    assert slope.item() == 24.0 and curvature.item() == 24.0


def test_a_removed_hook_is_gone():
    module = Twice()
    with module.register_forward_hook(lambda m, args, y: y * 100):
        assert module(pellucid.ones(1)).item() == 200.0
    assert module(pellucid.ones(1)).item() == 2.0


def test_hooks_on_every_module():
    calls = []
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    model[1].register_forward_hook(lambda m, x, y: calls.append("own"))
    handles = [
        nn.register_module_forward_pre_hook(lambda m, x: calls.append(f"before {type(m).__name__}")),
        nn.register_module_forward_hook(lambda m, x, y: calls.append(f"after {type(m).__name__}")),
        nn.register_module_full_backward_pre_hook(lambda m, g: calls.append(f"g {type(m).__name__}")),
        nn.register_module_full_backward_hook(lambda m, dx, g: calls.append(f"dx {type(m).__name__}"))]
    try:
        model(pellucid.ones(1, 2).requires_grad_()).sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    assert calls == ["before Sequential", "before Linear", "after Linear", "before Tanh", "after Tanh", "own",
                     "after Sequential", "g Sequential", "g Tanh", "dx Tanh", "g Linear", "dx Linear",
                     "dx Sequential"]
    calls.clear()
    model(pellucid.ones(1, 2))
    assert calls == ["own"]
    with nn.register_module_forward_hook(lambda m, x, y: y * 0):
        assert not model(pellucid.ones(1, 2)).any()
