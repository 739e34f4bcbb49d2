"""Shapes, orders, joins and splits against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

X = (2, 3, 4)
EXPRESSIONS = {
    "reshape": lambda m, x: [x.reshape(6, 4), x.reshape((4, -1)), m.reshape(x, (24,)), x.reshape(-1),
                             x.reshape([2, 12])],
    "reshape copies": lambda m, x: x.transpose(0, 2).reshape(6, 4),
    "view": lambda m, x: [x.view(6, 4), x.view((4, -1)), x.view(-1), x.view_as(x.reshape(4, 6)),
                          x[:, 1:].view(2, 8)],
    "reshape_as": lambda m, x: x.reshape_as(x.view(4, 6)),
    "flatten": lambda m, x: [x.flatten(), x.flatten(1), m.flatten(x, 0, 1), x.flatten(-2, -1),
                             x.flatten(start_dim=1)],
    "ravel": lambda m, x: [x.ravel(), m.ravel(x.transpose(0, 1))],
    "unflatten": lambda m, x: [x.unflatten(2, (2, 2)), m.unflatten(x, -1, (-1, 2)),
                               x.unflatten(dim=0, sizes=(1, 2))],
    "squeeze": lambda m, x: [x[:, :1].squeeze(), x[:, :1].squeeze(1), x[:1, :1].squeeze((0, 1)), x.squeeze(0),
                             m.squeeze(x[:1], -3), x[:1, :1, :1].squeeze()],
    "unsqueeze": lambda m, x: [x.unsqueeze(0), x.unsqueeze(-1), m.unsqueeze(x, 2), x.unsqueeze(dim=-4)],
    "expand": lambda m, x: [x.expand(5, 2, 3, 4), x[:1].expand(3, -1, 4), x[:, :1].expand((2, 3, 4)),
                            x.expand(-1, -1, -1),
                            x[:, 0, 0].reshape(2, 1).expand_as(x[:, :, 0])],
    "sum_to_size": lambda m, x: [x.sum_to_size(3, 1), x.sum_to_size((1, 1, 4)), x.sum_to_size(2, 3, 4)],
    "broadcast_to": lambda m, x: [m.broadcast_to(x, (2, 2, 3, 4)), x.broadcast_to((1, 2, 3, 4))],
    "broadcast_tensors": lambda m, x: list(m.broadcast_tensors(x, x[0], x[:1, :1])),
    "repeat": lambda m, x: [x.repeat(2, 1, 3), x.repeat((2, 1, 1, 1)), x[0, 0].repeat(3), x.repeat(0, 1, 1)],
    "tile": lambda m, x: [x.tile(2, 1, 3), x.tile((2,)), m.tile(x, (1, 2, 1, 1))],
    "repeat_interleave": lambda m, x: [x.repeat_interleave(2), x.repeat_interleave(3, 1),
                                       m.repeat_interleave(x, 2, dim=-1),
                                       x.repeat_interleave(m.tensor([1, 0, 2]), dim=1),
                                       x.repeat_interleave(0, 1)],
    "atleast": lambda m, x: [m.atleast_1d(x[0, 0, 0]), m.atleast_2d(x[0, 0]), m.atleast_3d(x[0]),
                             m.atleast_3d(x[0, 0]),
                             *m.atleast_2d(x, x[0, 0, 0])],
    "permute": lambda m, x: [x.permute(2, 0, 1), x.permute((1, 0, 2)), m.permute(x, (-1, 0, 1)),
                             x.permute(dims=(0, 2, 1))],
    "transpose": lambda m, x: [x.transpose(0, 2), m.transpose(x, -1, 1), x.swapaxes(0, 1), x.swapdims(1, 2),
                               x[0].t(),
                               x[0].T, x.mT, m.t(x[0, 0]), m.swapaxes(x, 0, -1), x.transpose(dim0=0, dim1=1)],
    "movedim": lambda m, x: [x.movedim(0, 2), m.movedim(x, (0, 1), (-1, 0)), x.moveaxis(-1, 0),
                             m.moveaxis(x, 2, 1)],
    "flip": lambda m, x: [x.flip(0), x.flip(0, 2), m.flip(x, (1,)), x.flip((-1,)), x.fliplr(), m.flipud(x),
                          x.flip(dims=[0])],
    "roll": lambda m, x: [x.roll(2), x.roll(-1, 1), m.roll(x, (1, 2), (0, 2)), x.roll(shifts=5, dims=-1)],
    "rot90": lambda m, x: [x.rot90(), m.rot90(x, 2), x.rot90(3, (1, 2)), x.rot90(-1), x.rot90(4),
                           m.rot90(x, 1, (2, 0))],
    "tril": lambda m, x: [x.tril(), x.tril(1), m.tril(x, -1), m.tril(x, diagonal=7)],
    "triu": lambda m, x: [x.triu(), x.triu(1), m.triu(x, -1), m.triu(x, diagonal=-7)],
    "diagonal": lambda m, x: [x.diagonal(), x.diagonal(1), m.diagonal(x, -1, 2, 0),
                              x.diagonal(dim1=1, dim2=2), x.diagonal(9)],
    "diag": lambda m, x: [x[0].diag(), m.diag(x[0], 1), x[0, 0].diag(), m.diag(x[0, 0], -2), x.diagflat(),
                          m.diagflat(x[0], 1)],
    "diag_embed": lambda m, x: [x.diag_embed(), m.diag_embed(x, 1), x.diag_embed(-1, 0, 2),
                                m.diag_embed(x, 0, 1, 0)],
    "trace": lambda m, x: [m.trace(x[0]), x[:, :, 0].trace()],
    "unfold": lambda m, x: [x.unfold(2, 2, 1), x.unfold(-1, 3, 2), x.unfold(1, 3, 1), x.unfold(0, 1, 1)],
    "narrow_copy": lambda m, x: x.narrow_copy(1, 1, 2),
    "cat": lambda m, x: [m.cat([x, x], 0), m.cat((x, x[:, :1]), dim=1), m.cat([x, x, x], -1), m.concat([x]),
                         m.concatenate((x, x), dim=2), m.cat([m.zeros(0), x])],
    "stack": lambda m, x: [m.stack([x, x * 2]), m.stack((x, x), dim=-1), m.stack([x, x, x], 2),
                           m.stack([x[0, 0, 0]] * 2)],
    "hstack": lambda m, x: [m.hstack((x, x)), m.hstack([x[0, 0], x[0, 1]]),
                            m.hstack([x[0, 0, 0], x[0, 0, 1]])],
    "vstack": lambda m, x: [m.vstack((x, x)), m.vstack([x[0, 0], x[0, 1]]), m.row_stack([x[0], x[1]])],
    "dstack": lambda m, x: [m.dstack((x, x)), m.dstack([x[0], x[1]]), m.dstack([x[0, 0], x[0, 1]])],
    "column_stack": lambda m, x: m.column_stack([x[0, :, 0], x[0]]),
    "split": lambda m, x: [*x.split(2, 2), *m.split(x, 3, dim=2), *x.split([1, 2], 1), *x.split(5),
                           *x.split_with_sizes((1, 3), -1)],
    "chunk": lambda m, x: [*x.chunk(2, 1), *m.chunk(x, 3, -1), *x.chunk(5, 2), *x.chunk(1)],
    "tensor_split": lambda m, x: [*x.tensor_split(3, 2), *m.tensor_split(x, (1, 3), dim=-1),
                                  *x.tensor_split([3, 1], 2),
                                  *x.tensor_split((-1, 9), 1), *x.tensor_split(m.tensor([1, 2]), 2)],
    "hsplit": lambda m, x: [*x.hsplit(3), *m.hsplit(x[0, 0], 2), *x.hsplit([1])],
    "vsplit": lambda m, x: [*x.vsplit(2), *m.vsplit(x, [1]), *m.dsplit(x, 2), *x.dsplit([1, 3])],
    "unbind": lambda m, x: [*x.unbind(), *m.unbind(x, 1), *x.unbind(-1)],
    "unbind some": lambda m, x: [x.unbind(1)[2], x.split(1)[1] * 2],
    "iterate": lambda m, x: [row * (i + 1) for i, row in enumerate(x)],
    "block_diag": lambda m, x: [m.block_diag(x[0], x[0, 0], x[0, 0, 0]), m.block_diag(x[1, :2])],
    "chain": lambda m, x: m.cat([p.permute(1, 0).flatten()
                                 for p in (x * x).unbind(0)]).view(4, 6).chunk(2, 1)[1],
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_same_as_pytorch(name):
    agree(EXPRESSIONS[name], X)


@pytest.mark.parametrize("name", [n for n in EXPRESSIONS if n not in ("view", "reshape_as")])
def test_same_on_views_with_other_strides(name):
    agree(lambda m, x: EXPRESSIONS[name](m, x.permute(2, 0, 1)), (3, 4, 2), second=False)


@pytest.mark.parametrize("name", [n for n in EXPRESSIONS if n not in ("trace",)])
@pytest.mark.parametrize("dtype", [np.int64, np.bool_])
def test_same_for_integers_and_bools(name, dtype):
    if dtype is np.bool_ and name in ("stack", "unbind some", "iterate", "chain"):
        pytest.skip("multiplies")
    agree(EXPRESSIONS[name], (np.arange(24).reshape(X) % 5).astype(dtype))


EMPTY = {
    "reshape": lambda m, x: [x.reshape(3, 0), x.view(0), x.flatten(), x.reshape(0, 5), x.reshape(-1, 3)],
    "squeeze": lambda m, x: [x.squeeze(), x.unsqueeze(1), x.expand(2, 0, 3), x.repeat(2, 2), x.tile(3, 1)],
    "order": lambda m, x: [x.t(), x.flip(0), x.roll(1, 0), x.roll(1), x.rot90(), x.tril(), x.diagonal(),
                           x.movedim(0, 1)],
    "join": lambda m, x: [m.cat([x, x], 1), m.stack([x, x]), m.hstack([x, x]), m.cat([x, x])],
    "split": lambda m, x: [*x.split(2), *x.chunk(3, 1), *x.chunk(3, 0), *x.tensor_split(2), *x.unbind(1),
                           *x.split(0)],
    "unbind": lambda m, x: len(x.unbind(0)) == 0 and x,
    "interleave": lambda m, x: [x.repeat_interleave(2, 0), x.repeat_interleave(2, 1)],
}


@pytest.mark.parametrize("name", EMPTY)
def test_same_for_empty_tensors(name):
    agree(EMPTY[name], (0, 3))


SCALAR = {
    "shape": lambda m, x: [x.reshape(1, 1), x.view(1), x.view(()), x.flatten(), x.ravel(), x.squeeze(),
                           x.squeeze(0), x.unsqueeze(0)],
    "expand": lambda m, x: [x.expand(2, 3), x.repeat(3), x.tile(2, 2), x.repeat_interleave(3), x.expand(())],
    "order": lambda m, x: [x.permute(()), x.transpose(0, -1), x.t(), x.roll(1), x.movedim(0, 0), x.flip(())],
    "join": lambda m, x: [m.stack([x, x]), m.hstack([x, x]), m.atleast_1d(x), m.atleast_3d(x), m.diagflat(x)],
}


@pytest.mark.parametrize("name", SCALAR)
def test_same_for_0d_tensors(name):
    agree(SCALAR[name], ())


ERRORS = {
    "reshape size": lambda m, x: x.reshape(5, 5),
    "reshape two -1": lambda m, x: x.reshape(-1, -1),
    "reshape -2": lambda m, x: x.reshape(-2, 12),
    "view strides": lambda m, x: x.transpose(0, 1).view(-1),
    "view size": lambda m, x: x.view(7),
    "flatten order": lambda m, x: x.flatten(2, 1),
    "flatten dim": lambda m, x: x.flatten(0, 3),
    "unflatten": lambda m, x: x.unflatten(2, (3, 2)),
    "unflatten -1": lambda m, x: x.unflatten(2, (3, -1)),
    "squeeze dim": lambda m, x: x.squeeze(3),
    "unsqueeze dim": lambda m, x: x.unsqueeze(4),
    "expand": lambda m, x: x.expand(3, 3, 4),
    "expand few": lambda m, x: x.expand(4),
    "expand -1": lambda m, x: x.expand(-1, 2, 3, 4),
    "repeat": lambda m, x: x.repeat(2),
    "repeat_interleave": lambda m, x: x.repeat_interleave(m.tensor([1, 2]), 1),
    "broadcast_to": lambda m, x: m.broadcast_to(x, (2, 3, 5)),
    "sum_to_size": lambda m, x: x.sum_to_size(2, 2),
    "broadcast_tensors": lambda m, x: m.broadcast_tensors(x, x[:, :2]),
    "broadcast_shapes": lambda m, x: m.broadcast_shapes((2,), (3,)),
    "permute few": lambda m, x: x.permute(0, 1),
    "permute twice": lambda m, x: x.permute(0, 1, 1),
    "permute dim": lambda m, x: x.permute(0, 1, 3),
    "transpose dim": lambda m, x: x.transpose(0, 3),
    "t": lambda m, x: x.t(),
    "movedim": lambda m, x: x.movedim((0, 1), (2,)),
    "movedim twice": lambda m, x: x.movedim((0, 0), (1, 2)),
    "flip dim": lambda m, x: x.flip(3),
    "flip twice": lambda m, x: x.flip(0, 0),
    "fliplr": lambda m, x: x[0, 0].fliplr(),
    "roll": lambda m, x: x.roll((1, 2), (0,)),
    "roll dim": lambda m, x: x.roll(1, 5),
    "rot90": lambda m, x: x.rot90(1, (0, 0)),
    "tril": lambda m, x: x[0, 0].tril(),
    "diagonal": lambda m, x: x.diagonal(0, 1, 1),
    "diagonal dim": lambda m, x: x.diagonal(0, 1, 4),
    "diag": lambda m, x: x.diag(),
    "trace": lambda m, x: x.trace(),
    "unfold size": lambda m, x: x.unfold(2, 5, 1),
    "unfold step": lambda m, x: x.unfold(2, 1, 0),
    "cat sizes": lambda m, x: m.cat([x, x[:, :, :1]], 1),
    "cat ndim": lambda m, x: m.cat([x, x[0]]),
    "cat dim": lambda m, x: m.cat([x, x], 3),
    "cat nothing": lambda m, x: m.cat([]),
    "cat 0-d": lambda m, x: m.cat([x[0, 0, 0], x[0, 0, 0]]),
    "cat tensor": lambda m, x: m.cat(x),
    "stack sizes": lambda m, x: m.stack([x, x[:1]]),
    "stack dim": lambda m, x: m.stack([x, x], 4),
    "stack nothing": lambda m, x: m.stack([]),
    "split sum": lambda m, x: x.split([1, 1], 1),
    "split dim": lambda m, x: x.split(1, 3),
    "split zero": lambda m, x: x.split(0, 1),
    "split 0-d": lambda m, x: x[0, 0, 0].split(1),
    "chunk zero": lambda m, x: x.chunk(0),
    "tensor_split": lambda m, x: x.tensor_split(0),
    "hsplit": lambda m, x: x.hsplit(2),
    "vsplit": lambda m, x: x[0, 0].vsplit(2),
    "unbind 0-d": lambda m, x: x[0, 0, 0].unbind(),
    "unbind dim": lambda m, x: x.unbind(3),
}


@pytest.mark.parametrize("name", ERRORS)
def test_raises_where_pytorch_raises(name):
    both_raise(ERRORS[name], X)


def test_dtypes_mix_when_joined():
    for dtypes in ((np.int64, np.float32), (np.bool_, np.int32), (np.float32, np.float64),
                   (np.uint8, np.int64)):
        a, b = (np.array([[1, 0], [1, 1]], d) for d in dtypes)
        agree(lambda m, x, y: [m.cat([x, y]), m.stack([x, y]), m.hstack([x, y])], a, b)


VIEWS = {
    "reshape": lambda x: x.reshape(6, 4), "view": lambda x: x.view(-1), "flatten": lambda x: x.flatten(1),
    "transpose": lambda x: x.transpose(0, 1), "permute": lambda x: x.permute(2, 0, 1),
    "squeeze": lambda x: x[:1].squeeze(0),
    "unsqueeze": lambda x: x.unsqueeze(0), "diagonal": lambda x: x.diagonal(1, 1, 2),
    "chunk": lambda x: x.chunk(2, 2)[1],
    "split": lambda x: x.split([1, 2], 1)[1], "unbind": lambda x: x.unbind(1)[2],
    "movedim": lambda x: x.movedim(0, 2),
    "chain": lambda x: x.transpose(0, 1).unbind(0)[1].t()[1:3], "mT": lambda x: x.mT,
    "unflatten": lambda x: x.unflatten(2, (2, 2)),
    "expand": lambda x: x.expand(2, 3, 4),
}


# PyTorch refuses to write into one of several views; into a slice it writes.
SLICES = {
    "chunk": lambda x: x[:, :, 2:], "split": lambda x: x[:, 1:3], "unbind": lambda x: x[:, 2],
    "chain": lambda x: x.transpose(0, 1)[1].t()[1:3],
}


@pytest.mark.parametrize("name", VIEWS)
def test_writing_into_a_view_reaches_the_base(name):
    def write(m, x):
        y = x * 1.0
        before = (y + y).sum()
        part = SLICES.get(name, VIEWS[name])(y) if m is torch else VIEWS[name](y)
        part.mul_(3.0)
        return [y, part, y * part.sum(), before]
    agree(write, X)


@pytest.mark.parametrize("name", VIEWS)
def test_writing_into_the_base_reaches_the_view(name):
    def write(m, x):
        y = x * 1.0
        part = SLICES.get(name, VIEWS[name])(y) if m is torch else VIEWS[name](y)
        y.mul_(3.0)
        return [y, part * 2.0]
    agree(write, X)


def test_what_copies_does_not_share():
    def write(m, x):
        made = [x.flip(0), x.roll(0), x.repeat(1, 1, 1), x.tril(9), x[0].diag(), m.cat([x]), m.stack([x]),
                x.rot90(0),
                x.repeat_interleave(1, 0), m.tile(x, (1,)), x.transpose(0, 2).reshape(-1)]
        for y in made:
            y.mul_(2.0)
        return [x, *made]
    agree(write, X, grad=False)


IN_PLACE = {
    "unsqueeze_": lambda m, y: y.unsqueeze_(1), "squeeze_": lambda m, y: y[:1].squeeze_(0), "t_": lambda m,
    y: y[0].t_(),
    "transpose_": lambda m, y: y.transpose_(0, 2), "swapaxes_": lambda m, y: y.swapaxes_(1, 2),
    "twice": lambda m, y: y.unsqueeze_(0).transpose_(0, 1).squeeze_(1).mul_(2.0), "tril_": lambda m,
    y: y.tril_(1),
    "triu_": lambda m, y: y.triu_(), "addmm_": lambda m, y: y[0].addmm_(y[1] * 1.0, m.ones(4, 4), beta=0.5),
    "baddbmm_": lambda m, y: y.baddbmm_(y * 2.0, m.ones(2, 4, 4)), "view": lambda m,
    y: y[1].unsqueeze_(1).mul_(3.0),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_changes_in_place(name):
    def change(m, x):
        y = x * 1.0
        z = IN_PLACE[name](m, y)
        return [y * 1.5, z * 2.0]
    agree(change, X, second=name != "baddbmm_")


@pytest.mark.parametrize("name", ["unsqueeze_", "transpose_", "tril_"])
def test_a_leaf_that_requires_grad_is_not_changed(name):
    for m, x in ((torch, torch.ones(2, 3, requires_grad=True)),
                 (pellucid, pellucid.ones(2, 3, requires_grad=True))):
        with pytest.raises(RuntimeError, match="leaf"):
            getattr(x, name)(*{"unsqueeze_": [0], "transpose_": [0, 1], "tril_": []}[name])
        with m.no_grad():
            assert tuple(x.transpose_(0, 1).shape) == (3, 2)
