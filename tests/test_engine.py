"""The walk back through the graph: order, sums, hooks, second passes, threads, memory."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import pellucid as pl
from pellucid import autograd, engine
from pellucid.engine import op
from pellucid.node import node_of
from pellucid.op import REGISTRY


def leaf(*values, dtype=pl.float64):
    return pl.tensor(values, dtype=dtype, requires_grad=True)


def test_a_chain_of_20_000_ops_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [1.0001 ** 20_000], rtol=1e-9)
    del y                                                        # and none to be forgotten


def test_second_derivative_of_a_long_chain():
    x = leaf(0.5)
    y = x
    for _ in range(3_000):
        y = y * 1.0 + 0.0
    (g,) = autograd.grad((y * y).sum(), x, create_graph=True)
    (gg,) = autograd.grad(g.sum(), x)
    assert gg.item() == 2.0


def test_a_node_used_several_times_adds_up():
    x = leaf(2.0, 3.0)
    y = x * x
    (y * y + y + y.sum() * y).sum().backward()                   # y = x^2, L = y^2 + y + (y1 + y2) y
    expected = [2 * 2 * (2 * 4 + 1 + 4 + 9 + 13 - 0), 2 * 3 * (2 * 9 + 1 + 4 + 9 + 13)]
    np.testing.assert_allclose(x.grad.numpy(), expected)


def test_a_leaf_used_twice_in_one_op():
    x = leaf(3.0)
    (x + x).sum().backward()
    assert x.grad.item() == 2.0


def test_gradients_of_two_leaves_never_share_memory():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x + y).sum().backward()
    x.grad.zero_()
    assert y.grad.tolist() == [1.0, 1.0]


def test_the_gradient_passed_in_is_not_kept():
    x, g = leaf(1.0, 2.0), pl.ones(2, dtype=pl.float64)
    x.backward(g)
    x.grad.zero_()
    assert g.tolist() == [1.0, 1.0]


def test_the_gradient_of_one_of_several_outputs_is_not_kept():
    @op()
    def pair(x, y):
        return (np.copy(x), np.copy(y)), ()

    @pair.vjp
    def _(g, _out, _saved, _x, _y):
        return g[0], g[1]

    x, y = pl.ones(2, requires_grad=True), pl.ones(2, requires_grad=True)
    tripled = (x * 3).sum()
    first, _ = pair(x, y)
    gradient = pl.full((2,), 7.0)
    autograd.backward([first, tripled], [gradient, None])
    assert x.grad.tolist() == [10.0, 10.0] and gradient.tolist() == [7.0, 7.0]
    REGISTRY.pop("pair")


def test_backward_accumulates_over_passes():
    x = leaf(2.0)
    for _ in range(3):
        (x * x).sum().backward()
    assert x.grad.item() == 12.0


def test_the_graph_is_used_up_unless_retained():
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8.0
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()


def test_backward_needs_a_scalar_or_a_gradient_of_its_shape():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"only for a scalar, this tensor has shape \(2,\)"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match=r"gradient has shape \(3,\), the tensor \(2,\)"):
        (x * 2).backward(pl.ones(3))
    with pytest.raises(RuntimeError, match="does not require grad"):
        pl.ones(1).backward()


def test_only_floats_require_grad():
    with pytest.raises(RuntimeError, match="only floating tensors"):
        pl.tensor([1, 2], requires_grad=True)


def test_grad_leaves_the_leaves_alone():
    x, w = leaf(2.0), leaf(5.0)
    (gx,) = autograd.grad((x * w).sum(), x)
    assert gx.item() == 5.0 and x.grad is None and w.grad is None


def test_grad_of_an_intermediate_result_and_of_an_unused_input():
    x, z = leaf(2.0), leaf(1.0)
    y = x * 3
    out = (y * y).sum()
    gy, gz = autograd.grad(out, [y, z], allow_unused=True, retain_graph=True)
    assert gy.item() == 12.0 and gz is None
    with pytest.raises(RuntimeError, match=r"do not depend on inputs\[1\]"):
        autograd.grad(out, [y, z], retain_graph=True)
    assert autograd.grad(out, [z], materialize_grads=True)[0].item() == 0.0


def test_grad_of_a_late_result_does_not_search_what_came_before(monkeypatch):
    x = leaf(1.0, 2.0)
    early = z = x * 2
    for _ in range(200):
        z = z * 1.01
    y, seen = (z * z).sum(), []
    monkeypatch.setattr(engine, "node_of", lambda edge: seen.append(edge) or node_of(edge))
    (dz,) = autograd.grad(y, z, retain_graph=True)
    assert len(seen) < 20
    np.testing.assert_allclose(dz.numpy(), 2 * z.detach().numpy())
    late, former, first = autograd.grad(y, (z, early, x))
    np.testing.assert_allclose(late.numpy(), dz.numpy())
    np.testing.assert_allclose(former.numpy(), dz.numpy() * 1.01**200)
    np.testing.assert_allclose(first.numpy(), 2 * former.numpy())


def test_grad_computes_no_gradient_that_nobody_asked_for():
    asked = []

    @op()
    def spy(x, w):
        """y = x w"""
        return x * w, ()

    @spy.vjp
    def _(g, _y, _saved, x, w, *, needs=(True, True)):
        asked.append(tuple(needs))
        return g * w, g * x

    x, w = leaf(2.0), leaf(3.0)
    autograd.grad(spy(x, w).sum(), x)
    spy(x, w).sum().backward()
    REGISTRY.pop("spy")
    assert asked == [(True, False), (True, True)]


def test_backward_into_chosen_inputs_only():
    x, w = leaf(2.0), leaf(3.0)
    (x * w).sum().backward(inputs=[x])
    assert x.grad.item() == 3.0 and w.grad is None


def test_hooks_see_and_replace_gradients():
    x = leaf(1.0, 2.0)
    y = x * 2
    seen = []
    handle = y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: seen.append(g.tolist()))
    (y * 3).sum().backward(retain_graph=True)
    assert seen == [[3.0, 3.0], [60.0, 60.0]] and x.grad.tolist() == [60.0, 60.0]
    handle.remove()
    (y * 3).sum().backward()
    assert len(seen) == 3


def test_a_leaf_hook_runs_once_with_the_whole_gradient():
    x, seen = leaf(1.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 2 + x * 3).sum().backward()
    assert seen == [5.0]


def test_post_accumulate_hook():
    x, seen = leaf(1.0), []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.item()))
    (x * 2).sum().backward()
    assert seen == [2.0]


def test_retain_grad():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    (y * 3).sum().backward()
    assert y.grad.item() == 3.0 and x.grad.item() == 12.0


def test_results_are_freed_without_the_garbage_collector():
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = (x * 2).exp().tanh()
        y.retain_grad()
        dead = weakref.ref(y), weakref.ref(y.grad_fn)
        del y
        assert dead[0]() is None and dead[1]() is None
    finally:
        gc.enable()


def test_no_grad_in_all_its_forms():
    x = leaf(1.0)

    @pl.no_grad()
    def with_call():
        return x * 2

    @pl.no_grad
    def without_call():
        return x * 2

    with pl.no_grad():
        inside = x * 2
        with pl.enable_grad():
            again = x * 2
    assert not (inside.requires_grad or with_call().requires_grad or without_call().requires_grad)
    assert again.requires_grad and (x * 2).requires_grad
    with pl.set_grad_enabled(False):
        assert not (x * 2).requires_grad
    pl.set_grad_enabled(False)
    assert not pl.is_grad_enabled()
    pl.set_grad_enabled(True)
    with pl.inference_mode():
        assert not (x * 2).requires_grad
    assert pl.is_grad_enabled()


def test_no_grad_ends_after_an_error():
    with pytest.raises(ZeroDivisionError), pl.no_grad():
        raise ZeroDivisionError
    assert pl.is_grad_enabled()


def test_no_grad_belongs_to_its_thread():
    seen = []
    with pl.no_grad():
        thread = threading.Thread(target=lambda: seen.append((leaf(1.0) * 2).requires_grad))
        thread.start()
        thread.join()
    assert seen == [True]


def test_what_a_rule_does_not_read_is_not_kept():
    x = leaf(*range(1000))
    y = x * 2.0
    data = weakref.ref(y._data)
    z = (y + 1.0).exp()
    del y
    assert data() is None
    z.sum().backward()


def test_changing_what_a_rule_needs_raises():
    x = leaf(1.0, 2.0)
    y = x * 2
    z = y * y
    y.add_(1.0)
    with pytest.raises(RuntimeError, match="gradient of mul needs its input.*modified by an inplace"):
        z.sum().backward()
    y = x.exp()
    z = y * 2
    y.mul_(2.0)
    with pytest.raises(RuntimeError, match="gradient of exp needs its own result"):
        z.sum().backward()


def test_changing_what_no_rule_needs_is_fine():
    x = leaf(1.0, 2.0)
    y = x * 2
    z = y + 1
    y.add_(5.0)
    (z.sum() + y.sum()).backward()
    assert x.grad.tolist() == [4.0, 4.0]


def test_a_leaf_cannot_be_changed_while_recording():
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="a leaf that requires grad cannot be changed"):
        x += 1
    with pl.no_grad():
        x += 1
    assert x.item() == 2.0 and x.is_leaf


def test_keywords_and_their_errors():
    x = pl.ones(2, 3)
    assert pl.sum(input=x, axis=1, keepdims=True).shape == (2, 1)
    assert pl.add(x, other=x, alpha=2).sum().item() == 18
    with pytest.raises(TypeError, match=r"sum\(\) has no argument 'colour'; it takes x, dim"):
        pl.sum(x, colour=1)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        pl.add(x=x, alpha=1)
    with pytest.raises(TypeError, match="add: y must be a Tensor or a number, got str"):
        pl.add(x, "one")


def test_shape_errors_name_the_op_and_the_shapes():
    with pytest.raises(RuntimeError, match=r"add: .*x float32 \(2, 3\), y float32 \(4,\)"):
        pl.ones(2, 3) + pl.ones(4)


class Cube(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x ** 2


class Exp(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


def test_a_function_of_ones_own_and_its_second_derivative():
    x = leaf(2.0, 3.0)
    rise = np.exp(x._data)
    for function, first, second in ((Cube, 3 * x._data ** 2, 6 * x._data), (Exp, rise, rise)):
        (g,) = autograd.grad(function.apply(x).sum(), x, create_graph=True)
        (gg,) = autograd.grad(g.sum(), x)
        np.testing.assert_allclose(g.detach().numpy(), first)
        np.testing.assert_allclose(gg.numpy(), second)


def test_a_function_with_setup_context_and_two_outputs():
    class Split(autograd.Function):
        @staticmethod
        def forward(x, factor):
            return x * factor, x + 1, (x * 0).long()

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.factor = inputs[1]
            ctx.mark_non_differentiable(output[2])

        @staticmethod
        def backward(ctx, g1, g2, g3):
            return g1 * ctx.factor + g2, None

    x = leaf(1.0, 2.0)
    a, b, c = Split.apply(x, 4.0)
    assert not c.requires_grad
    a.sum().backward(retain_graph=True)                          # nothing came to b: zeros
    assert x.grad.tolist() == [4.0, 4.0]
    (a + b).sum().backward()
    assert x.grad.tolist() == [9.0, 9.0]


def test_errors_of_functions():
    class Wrong(autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, g):
            return g

    class Shape(Cube):
        @staticmethod
        def backward(ctx, g):
            return g[:1].reshape(1, 1)

    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="backward returned 1 gradients, forward took 2 inputs"):
        Wrong.apply(x, x).sum().backward()
    with pytest.raises(RuntimeError, match=r"gradient 0 has shape \(1, 1\), its input \(2,\)"):
        Shape.apply(x).sum().backward()
    y = Cube.apply(x)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="used up"):
        y.sum().backward()


def test_a_custom_op_records_like_any_other():
    @op()
    def double(x):
        """y = 2 x"""
        return 2 * x, ()

    @double.vjp
    def _(g, _y, _saved, _x):
        return 2 * g

    x = leaf(1.5)
    double(x).sum().backward()
    REGISTRY.pop("double")
    assert x.grad.item() == 2.0


def test_errors_of_ops_on_several_tensors_name_their_places():
    told = r"^cat: .*tensors\[0\] float32 \(2, 3\), tensors\[1\] float32 \(2, 4\)"
    with pytest.raises(RuntimeError, match=told):
        pl.cat([pl.ones(2, 3), pl.ones(2, 4)])


def test_no_grad_around_a_generator_holds_while_it_runs_only():
    @pl.no_grad()
    def modes():
        try:
            received = yield pl.is_grad_enabled()
            yield received, pl.is_grad_enabled()
        finally:
            closed.append(pl.is_grad_enabled())

    closed: list = []
    steps = modes()
    assert next(steps) is False
    assert pl.is_grad_enabled()
    assert steps.send(5) == (5, False)
    steps.close()
    assert closed == [False] and pl.is_grad_enabled()
    with pytest.raises(KeyError):
        steps = modes()
        next(steps)
        steps.throw(KeyError("x"))
    assert closed == [False, False] and pl.is_grad_enabled()


def test_grad_takes_only_inputs():
    x = leaf(2.0)
    (slope,) = autograd.grad(outputs=(x * x).sum(), inputs=x, create_graph=True, only_inputs=True)
    assert slope.item() == 4.0
    with pytest.raises(ValueError, match="only_inputs"):
        autograd.grad((x * x).sum(), x, only_inputs=False)


def test_a_grad_has_the_dtype_of_its_tensor():
    x = leaf(2.0)
    with pytest.raises(RuntimeError, match="float64, got pellucid.float32"):
        x.grad = pl.ones(1)
