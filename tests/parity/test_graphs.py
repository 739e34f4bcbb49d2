"""What graph networks do with lists of edges: sums, means, maxima over neighbours, attention along edges."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree  # noqa: E402

EDGES = np.random.RandomState(0).randint(0, 6, (2, 20))          # of 7 nodes, so that one has no neighbour
NODES = 7


def edge_softmax(m, scores, target):
    """The softmax of the scores (E, H) over the edges that lead to the same node."""
    index = target.unsqueeze(-1).expand_as(scores)
    largest = m.full((NODES, scores.shape[1]), -1e9).scatter_reduce(0, index, scores, "amax")
    weights = (scores - largest[target]).exp()
    total = m.zeros(NODES, scores.shape[1]).scatter_add(0, index, weights)
    return weights / (total[target] + 1e-16)


def attention(m, x, w, a, edges):
    source, target = edges
    h = (x @ w).view(NODES, 2, 3)
    scores = m.nn.functional.leaky_relu((h[source] * a[0]).sum(-1) + (h[target] * a[1]).sum(-1), 0.2)
    messages = h[source] * edge_softmax(m, scores, target).unsqueeze(-1)
    return m.zeros(NODES, 2, 3).index_add(0, target, messages).mean(1)


CASES = {
    "sum": lambda m, x, e: [m.zeros(NODES, 4).index_add_(0, e[1], x[e[0]]),
                            m.zeros(NODES, 4).index_add(0, e[1], x[e[0]], alpha=0.5),
                            m.zeros(NODES, 4).scatter_add_(0, e[1].unsqueeze(1).expand(-1, 4), x[e[0]]),
                            m.zeros(NODES, 4).index_put((e[1],), x[e[0]], accumulate=True)],
    "reduced": lambda m, x, e: [m.zeros(NODES, 4).scatter_reduce(0, e[1].view(-1, 1).expand(-1, 4), x[e[0]],
                                                                 how, include_self=own)
                                for how in ("sum", "mean", "amax", "amin", "prod") for own in (True, False)],
    "index_reduce": lambda m, x, e: [m.zeros(NODES, 4).index_reduce(0, e[1], x[e[0]], how, include_self=own)
                                     for how in ("mean", "amax", "amin", "prod") for own in (True, False)],
    "degrees": lambda m, x, e: [m.bincount(e[1], minlength=NODES), m.zeros(NODES).index_add_(
        0, e[0], m.ones(20)).clamp(min=1).pow(-0.5), m.unique(e), m.unique(e, return_counts=True)[1]],
    "by adjacency": lambda m, x, e: [m.sparse_coo_tensor(e, m.ones(20), (NODES, NODES)) @ x,
                                     m.sparse.mm(m.sparse_coo_tensor(e, x[e[0], 0], (NODES, NODES)).t(), x)],
    "by edge": lambda m, x, e: [x.index_select(0, e[0]) - x.index_select(0, e[1]),
                                m.cat([x[e[0]], x[e[1]]], dim=-1), (x[e[0]] * x[e[1]]).sum(-1).sigmoid(),
                                m.gather(x, 0, e[0].unsqueeze(1).repeat(1, 4))],
    "loops": lambda m, x, e: [m.cat([e, m.arange(NODES).repeat(2, 1)], 1), e.flip(0), e[:, e[0] != e[1]],
                              m.stack([e[0], e[1]]).t().contiguous()],
}


@pytest.mark.filterwarnings("ignore:index_reduce", "ignore:Sparse invariant")
@pytest.mark.parametrize("name", CASES)
def test_same_as_pytorch(name):
    agree(lambda m, x, e: CASES[name](m, x, e), (NODES, 4), EDGES, second=False)


def test_attention_along_edges():
    agree(attention, (NODES, 4), (4, 6), (2, 2, 3), EDGES, second=False)
