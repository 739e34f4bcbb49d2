"""Pages on layers: a small network, convolution, normalisation, attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....nn import functional as F
from ....ops import tanh, tensor
from ..derivation import derive
from ..exact import sympy
from .page import BLUE, GREY, ORANGE, Page, close


def two_layers(page: Page) -> None:
    """The chain rule through a network of two layers."""
    s = sympy()
    page.say("Two inputs, two hidden units with tanh, one linear output, half the squared error:")
    page.code("derive(lambda x, W, v, y: (v @ tanh(W @ x) - y) ** 2 / 2, x=(2,), W=(2, 2), v=(2,), y=())")
    made = derive(lambda x, W, v, y: (v @ tanh(W @ x) - y) ** 2 / 2, x=(2,), W=(2, 2), v=(2,), y=())
    x, w, v, y = (made.symbols[k] for k in ("x", "W", "v", "y"))
    h = [s.tanh(w[i, 0] * x[0] + w[i, 1] * x[1]) for i in range(2)]
    error = v[0] * h[0] + v[1] * h[1] - y.item()
    delta = [error * v[i] * (1 - h[i] ** 2) for i in range(2)]
    page.formula(r"h_i = \tanh(W_{i1} x_1 + W_{i2} x_2) \qquad \delta = v_1 h_1 + v_2 h_2 - y \qquad "
                 r"\delta_i = \delta\, v_i (1 - h_i^2)")
    page.prove(("L", made.value.item(), error ** 2 / 2, r"\tfrac12 \delta^2"),
               *((rf"\frac{{\partial L}}{{\partial v_{i + 1}}}", made.gradients["v"][i], error * h[i],
                  rf"\delta\, h_{i + 1}") for i in range(2)),
               *((rf"\frac{{\partial L}}{{\partial W_{{{i + 1}{j + 1}}}}}", made.gradients["W"][i, j],
                  delta[i] * x[j], rf"\delta_{i + 1} x_{j + 1}") for i in range(2) for j in range(2)),
               *((rf"\frac{{\partial L}}{{\partial x_{j + 1}}}", made.gradients["x"][j],
                  delta[0] * w[0, j] + delta[1] * w[1, j],
                  rf"\delta_1 W_{{1{j + 1}}} + \delta_2 W_{{2{j + 1}}}") for j in range(2)))
    page.say("Every slope is an error times what came in: the error of a unit is the sum of the errors "
             "that it caused, times the slope of its activation.")
    numbers = {"x": [1.0, -1.0], "W": [[0.5, 0.25], [-0.5, 1.0]], "v": [1.0, -2.0], "y": 0.5}
    at = made.at(**numbers)
    close(page, *((at.gradients[k], at.run_gradients[k]) for k in at.gradients))
    page.table(("symbol", "value", "slope"), [
        (f"${sym.latex(symbol)}$", float(np.asarray(numbers[k])[place]), at.gradients[k][place])
        for sym in [s] for k in ("x", "W", "v") for place, symbol in np.ndenumerate(made.symbols[k])])
    page.picture("The network with its weights on the lines and the slope by each weight in brackets",
                 lambda figure: _network(figure, numbers, at))


def _network(figure: Any, numbers: dict, at: Any) -> None:
    """Units as circles, weights and their slopes on the lines."""
    ax = figure.add_subplot()
    inputs, hidden, output = [(0, 1), (0, 0)], [(1, 1), (1, 0)], (2, 0.5)

    def line(a: tuple, b: tuple, weight: float, slope: float, along: float) -> None:
        ax.plot([a[0], b[0]], [a[1], b[1]], color=BLUE if weight > 0 else ORANGE, lw=0.6 + abs(weight),
                zorder=0)
        ax.text(a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1]), f"{weight:g} ({slope:.2f})",
                ha="center", va="center", fontsize=7.5, bbox={"fc": "white", "ec": "none", "pad": 0.6})
    for j in range(2):
        for i in range(2):
            line(inputs[j], hidden[i], numbers["W"][i][j], at.gradients["W"][i, j], 0.28 if i == j else 0.36)
        line(hidden[j], output, numbers["v"][j], at.gradients["v"][j], 0.5)
    for place, name in zip([*inputs, *hidden, output], ["x₁ = 1", "x₂ = -1", "h₁", "h₂", "out"], strict=True):
        ax.scatter(*place, s=1000, color="white", edgecolor=GREY, zorder=2)
        ax.text(*place, name, ha="center", va="center", fontsize=8, zorder=3)
    ax.set(xlim=(-0.25, 2.25), ylim=(-0.3, 1.3))
    ax.axis("off")


def convolution(page: Page) -> None:
    """The 3x3 window: Sobel on an edge gives 1020; its slopes; the size of the output."""
    page.say("A convolution lays a window of weights on the picture and adds up the products. On a "
             "window of 3 by 3:")
    page.code("derive(nn.functional.conv2d, x=(1, 1, 3, 3), w=(1, 1, 3, 3))")
    made = derive(lambda x, w: F.conv2d(x, w).sum(), x=(1, 1, 3, 3), w=(1, 1, 3, 3))
    x, w = made.symbols["x"][0, 0], made.symbols["w"][0, 0]
    page.prove(("y", made.value.item(), (x * w).sum(), r"\sum_{k, l} w_{kl}\, x_{kl}"),
               (r"\frac{\partial y}{\partial w_{23}}", made.gradients["w"][0, 0, 1, 2], x[1, 2], "x_{23}"))
    page.say("Sobel's weights answer to an edge between left and right. On one from 0 to 255 they give "
             "$255 \\cdot (1 + 2 + 1) = 1020$:")
    sobel = [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
    edge = np.where(np.arange(3) > 0, 255.0, 0.0) * np.ones((3, 1))
    at = made.at(x=edge.reshape(1, 1, 3, 3), w=np.reshape(sobel, (1, 1, 3, 3)))
    close(page, (at.value, 1020), (at.run_value, 1020))
    page.prove((r"\sum_{k,l} w_{kl}\, x_{kl}", int(at.value), 1020, "1020"))
    page.say("Where the window has several places, each weight collects from all of them; so its slope "
             "is itself a convolution, of the picture with what comes back. Here for a window of 2 by 2 "
             "on 2 by 3 numbers:")
    wide = derive(lambda x, w: F.conv2d(x, w), x=(1, 1, 2, 3), w=(1, 1, 2, 2))
    x, g, w = wide.symbols["x"][0, 0], np.asarray(wide.g)[0, 0], wide.symbols["w"][0, 0]
    page.prove(*((rf"\frac{{\partial L}}{{\partial w_{{{k + 1}{m + 1}}}}}", wide.gradients["w"][0, 0, k, m],
                  g[0, 0] * x[k, m] + g[0, 1] * x[k, m + 1],
                  rf"g_{{1}} x_{{{k + 1}{m + 1}}} + g_{{2}} x_{{{k + 1}{m + 2}}}")
                 for k in range(2) for m in range(2)),
               (r"\frac{\partial L}{\partial x_{12}}", wide.gradients["x"][0, 0, 0, 1],
                g[0, 0] * w[0, 1] + g[0, 1] * w[0, 0], r"g_{1} w_{12} + g_{2} w_{11}"))
    page.say("With $p$ zeros around the picture, steps of $s$ and gaps of $d$ in the window, its places are")
    page.formula(r"n' = \left\lfloor \frac{n + 2p - d (k - 1) - 1}{s} \right\rfloor + 1")
    rows = []
    for n, k, p, step, d in ((28, 3, 0, 1, 1), (28, 3, 1, 1, 1), (28, 3, 1, 2, 1), (28, 5, 0, 1, 2),
                             (224, 7, 3, 2, 1)):
        size = (n + 2 * p - d * (k - 1) - 1) // step + 1
        run = F.conv1d(tensor(np.zeros((1, 1, n))), tensor(np.zeros((1, 1, k))), None, step, p, d).shape[-1]
        close(page, (size, run))
        rows.append((n, k, p, step, d, size, run))
    page.table(("$n$", "$k$", "$p$", "$s$", "$d$", "$n'$ by the formula", "of the run"), rows)
    page.picture("Left a picture with an edge from 0 to 255, right what Sobel's weights make of it: 1020 "
                 "beside the edge, 0 elsewhere", lambda figure: _edge(figure, sobel))


def _edge(figure: Any, sobel: list) -> None:
    """A picture and its edges, with their numbers."""
    picture = np.where(np.arange(7) > 2, 255.0, 0.0) * np.ones((5, 1))
    found = F.conv2d(tensor(picture[None, None]), tensor(np.reshape(sobel, (1, 1, 3, 3))))._data[0, 0]
    for k, (name, array) in enumerate((("picture", picture), ("Sobel", found))):
        ax = figure.add_subplot(1, 2, k + 1)
        ax.imshow(array, cmap="cividis")
        for (i, j), value in np.ndenumerate(array):
            ax.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize=7,
                    color="black" if value > 0.5 * array.max() else "white")
        ax.set(title=name, xticks=[], yticks=[])


def batch_norm(page: Page) -> None:
    """Its three gradients."""
    page.say("Batch normalisation moves and scales each feature so that over the batch its mean is 0 "
             "and its variance 1, and then lets the network choose another mean and size. Three samples "
             "of one feature:")
    page.code("derive(lambda x, gamma, beta: nn.functional.batch_norm(x, None, None, gamma, beta, True), "
              "x=(3, 1), gamma=(1,), beta=(1,))")
    made = derive(lambda x, gamma, beta: F.batch_norm(x, None, None, gamma, beta, True),
                  x=(3, 1), gamma=(1,), beta=(1,))
    _normalised(page, made, made.symbols["x"][:, 0], np.asarray(made.g)[:, 0], [made.symbols["gamma"][0]] * 3,
                made.gradients["x"][:, 0])
    n = _parts(made.symbols["x"][:, 0])[0]
    g = np.asarray(made.g)[:, 0]
    page.prove((r"\frac{\partial L}{\partial \gamma}", made.gradients["gamma"][0], (g * n).sum(),
                r"\sum_i g_i n_i"),
               (r"\frac{\partial L}{\partial \beta}", made.gradients["beta"][0], g.sum(), r"\sum_i g_i"))
    page.say("The two means that are taken away say what the layer is for: nothing that moves all "
             "samples alike, and nothing that scales them all, passes back.")
    values = np.array([[1.0], [2.0], [6.0]])
    _numbers(page, made, {"x": values, "gamma": [2.0], "beta": [0.5]}, "sample")


def layer_norm(page: Page) -> None:
    """The same over the features of one sample."""
    page.say("Layer normalisation does for the features of one sample what batch normalisation does for "
             "the samples of one feature. So it needs no other samples, and is the same in training and "
             "afterwards.")
    page.code("derive(lambda x, gamma, beta: nn.functional.layer_norm(x, (3,), gamma, beta), x=(3,), "
              "gamma=(3,), beta=(3,))")
    made = derive(lambda x, gamma, beta: F.layer_norm(x, (3,), gamma, beta), x=(3,), gamma=(3,), beta=(3,))
    x, g, gamma = made.symbols["x"], np.asarray(made.g), made.symbols["gamma"]
    _normalised(page, made, x, g, list(gamma), made.gradients["x"])
    n = _parts(x)[0]
    page.prove((r"\frac{\partial L}{\partial \gamma_1}", made.gradients["gamma"][0], g[0] * n[0], "g_1 n_1"),
               (r"\frac{\partial L}{\partial \beta_1}", made.gradients["beta"][0], g[0], "g_1"))
    _numbers(page, made, {"x": [1.0, 2.0, 6.0], "gamma": [1.0, 2.0, 1.0], "beta": [0.0, 0.5, 0.0]}, "feature")


def _parts(x: Any) -> tuple[Any, Any]:
    """The normalised numbers and their deviation."""
    s = sympy()
    mean = x.sum() / len(x)
    deviation = s.sqrt(((x - mean) ** 2).sum() / len(x) + s.Rational(1, 100000))
    return (x - mean) / deviation, deviation


def _normalised(page: Page, made: Any, x: Any, g: Any, gamma: list, dx: Any) -> None:
    """The formulas that both normalisations have."""
    n, deviation = _parts(x)
    h = g * np.array(gamma, object)
    page.formula(r"m = \tfrac13 \sum_i x_i \qquad s = \sqrt{\tfrac13 \sum_i (x_i - m)^2 + 10^{-5}} \qquad "
                 r"n_i = \frac{x_i - m}{s} \qquad h_i = g_i \gamma_i")
    y = made.value.ravel()
    beta = made.symbols["beta"].ravel()
    page.prove(*((f"y_{i + 1}", y[i], n[i] * gamma[i] + beta[i % len(beta)], rf"\gamma n_{i + 1} + \beta")
                 for i in range(1)),
               *((rf"\frac{{\partial L}}{{\partial x_{i + 1}}}", dx[i],
                  (h[i] - h.sum() / 3 - n[i] * (h * n).sum() / 3) / deviation,
                  rf"\frac1s \left(h_{i + 1} - \tfrac13 \sum_j h_j"
                  rf" - n_{i + 1} \tfrac13 \sum_j h_j n_j\right)")
                 for i in range(3)))


def _numbers(page: Page, made: Any, numbers: dict, what: str) -> None:
    """Three numbers before and after, and their slopes for g = (1, 0, 0)."""
    made.point.update({g: sympy().Integer(int(k == 0)) for k, g in enumerate(np.asarray(made.g).flat)})
    at = made.at(**numbers)
    close(page, (at.value, at.run_value), *((at.gradients[k], at.run_gradients[k]) for k in at.gradients))
    x, y, slopes = (np.ravel(a) for a in (numbers["x"], at.value, at.gradients["x"]))
    close(page, (slopes.sum(), 0))
    page.table((what, "$x$", "$y$", "slope for $g = (1, 0, 0)$"),
               [(str(i + 1), x[i], y[i], slopes[i]) for i in range(3)])

    def draw(figure: Any) -> None:
        ax = figure.add_subplot()
        for level, values, name in ((1, x, "before"), (0, y, "after")):
            ax.axhline(level, color=GREY, lw=0.8, zorder=0)
            ax.scatter(values, [level] * 3, color=BLUE, zorder=2)
            ax.scatter(values.mean(), level, marker="|", s=300, color=ORANGE, zorder=1)
            ax.text(-4.4, level + 0.1, name)
        for a, b in zip(x, y, strict=True):
            ax.plot([a, b], [1, 0], color=BLUE, alpha=0.4)
        ax.set(xlim=(-4.5, 7), ylim=(-0.3, 1.4), yticks=[], xlabel="value; the mean is the upright stroke")
    page.picture("Three numbers before and after: their mean moves to where beta says, their spread to "
                 "gamma", draw)


def attention(page: Page) -> None:
    """Scaled dot-product attention for two tokens is a sigmoid."""
    s = sympy()
    page.say("Two tokens with queries, keys and values; what does the first one get?")
    page.code("derive(nn.functional.scaled_dot_product_attention, q=(2, 2), k=(2, 2), v=(2, 1))")
    made = derive(lambda q, k, v: F.scaled_dot_product_attention(q, k, v), q=(2, 2), k=(2, 2), v=(2, 1))
    q, k, v, g = made.symbols["q"], made.symbols["k"], made.symbols["v"][:, 0], np.asarray(made.g)[:, 0]
    a = [1 / (1 + s.exp(-(q[i] * (k[0] - k[1])).sum() / s.sqrt(2))) for i in range(2)]
    page.formula(r"a_i = \frac{1}{1 + e^{-q_i \cdot (k_1 - k_2) / \sqrt 2}}")
    page.prove(*((f"y_{i + 1}", made.value[i, 0], a[i] * v[0] + (1 - a[i]) * v[1],
                  rf"a_{i + 1} v_1 + (1 - a_{i + 1}) v_2") for i in range(2)))
    page.say("So attention over two keys is a sigmoid of how much better the first one fits, and the "
             "answer a mean of the two values. Backward:")
    slope = a[0] * (1 - a[0]) * g[0] * (v[0] - v[1]) / s.sqrt(2)
    page.prove((r"\frac{\partial L}{\partial v_1}", made.gradients["v"][0, 0], a[0] * g[0] + a[1] * g[1],
                "a_1 g_1 + a_2 g_2"),
               *((rf"\frac{{\partial L}}{{\partial q_{{1{c + 1}}}}}", made.gradients["q"][0, c],
                  slope * (k[0, c] - k[1, c]),
                  rf"a_1 (1 - a_1)\, g_1 (v_1 - v_2) \frac{{k_{{1{c + 1}}} - k_{{2{c + 1}}}}}{{\sqrt 2}}")
                 for c in range(2)))
    page.say("Where one key fits far better, $a (1 - a)$ is near 0 and the query learns nothing. The "
             "products of long vectors are large; the division by the root of their length keeps them "
             "small.")
    numbers = {"q": [[1.0, 0.0], [0.0, 1.0]], "k": [[2.0, 0.0], [0.0, 1.0]], "v": [[10.0], [20.0]]}
    at = made.at(**numbers)
    close(page, (at.value, at.run_value), *((at.gradients[n], at.run_gradients[n]) for n in at.gradients))
    fits = [(2 - 0) / np.sqrt(2), (0 - 1) / np.sqrt(2)]
    page.table(("token", "$q \\cdot (k_1 - k_2) / \\sqrt 2$", "$a$", "$y$"),
               [(str(i + 1), fits[i], 1 / (1 + np.exp(-fits[i])), at.value[i, 0]) for i in range(2)])

    def draw(figure: Any) -> None:
        ax, x = figure.add_subplot(), np.linspace(-6, 6, 121)
        p = 1 / (1 + np.exp(-x))
        ax.plot(x, p, color=BLUE, label="weight a of the first value")
        ax.plot(x, p * (1 - p), color=ORANGE, ls="--", label="what the query learns by: a (1 - a)")
        ax.scatter(fits, [1 / (1 + np.exp(-f)) for f in fits], color=BLUE, zorder=3)
        ax.set(xlabel="how much better the first key fits; dots: the two tokens above")
        ax.legend(frameon=False, loc="center left")
    page.picture("The weight of the first value is a sigmoid of how much better its key fits", draw)
