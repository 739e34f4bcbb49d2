"""Pages on steps in time: a recurrent network's, and an optimizer's."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import optim
from ....autograd import grad
from ....ops import tanh, tensor
from ..derivation import derive
from ..exact import sympy
from .page import BLUE, GREEN, GREY, ORANGE, Page, close


def recurrent(page: Page) -> None:
    """One step, and the product of Jacobians through T of them."""
    s = sympy()
    page.say("A recurrent network of one unit: the new state is made of the old one and the input.")
    page.code("derive(lambda h, x, w, u, b: tanh(w * h + u * x + b), h=(), x=(), w=(), u=(), b=())")
    made = derive(lambda h, x, w, u, b: tanh(w * h + u * x + b), h=(), x=(), w=(), u=(), b=())
    h, x, w, u, b = (made.symbols[k].item() for k in ("h", "x", "w", "u", "b"))
    new = s.tanh(w * h + u * x + b)
    page.prove(("h'", made.value.item(), new),
               (r"\frac{\partial h'}{\partial h}", made.gradients["h"].item(), w * (1 - new ** 2),
                r"w (1 - h'^2)"),
               (r"\frac{\partial h'}{\partial w}", made.gradients["w"].item(), h * (1 - new ** 2),
                r"h (1 - h'^2)"))
    page.say("After three steps the slope by the first state is the product of three such factors, and "
             "each weight collects from every step:")
    three = derive(_run, h=(), x=(3,), w=())
    h0, xs, w = three.symbols["h"].item(), three.symbols["x"], three.symbols["w"].item()
    states = [h0]
    for value in xs:
        states.append(s.tanh(w * states[-1] + value))
    factors = [1 - state ** 2 for state in states[1:]]
    page.prove((r"\frac{\partial h_3}{\partial h_0}", three.gradients["h"].item(),
                w ** 3 * factors[0] * factors[1] * factors[2], r"w^3 (1 - h_1^2)(1 - h_2^2)(1 - h_3^2)"),
               (r"\frac{\partial h_3}{\partial w}", three.gradients["w"].item(),
                factors[2] * (states[2] + w * factors[1] * (states[1] + w * factors[0] * h0)),
                r"(1 - h_3^2) \left(h_2 + w (1 - h_2^2) \left(h_1 + w (1 - h_1^2) h_0\right)\right)"))
    _long_products(page)


def _long_products(page: Page) -> None:
    """The product of the slopes of many steps."""
    page.formula(r"\frac{\partial h_T}{\partial h_0} = \prod_{t=1}^{T} w (1 - h_t^2)")
    page.say("A product of many factors vanishes if they are below 1, and explodes if they are above. "
             "The unit is kept near 0 here, where tanh has the slope 1, so that the factor is nearly "
             "$w$.")
    lengths = (1, 5, 10, 20, 40)
    page.table(("$w$", *(f"$T = {t}$" for t in lengths)),
               [(weight, *(_through_time(weight, t) for t in lengths)) for weight in (0.5, 0.9, 1.0, 1.2)])

    def draw(figure: Any) -> None:
        ax = figure.add_subplot()
        for weight, colour, style in ((0.5, ORANGE, "--"), (0.9, GREEN, ":"), (1.0, GREY, "-"),
                                      (1.2, BLUE, "-.")):
            ax.semilogy(range(1, 41), [_through_time(weight, t) for t in range(1, 41)], style, color=colour,
                        label=f"w = {weight:g}")
        ax.set(xlabel="steps T", ylabel="slope of the last state by the first")
        ax.legend(frameon=False)
    page.picture("The slope through time falls to nothing for w below 1 and grows without bounds above", draw)


def _run(h: Any, x: Any, w: Any) -> Any:
    """A state carried through the inputs."""
    for t in range(x.shape[0]):
        h = tanh(w * h + x[t])
    return h


def _through_time(weight: float, steps: int) -> float:
    """The slope of the last state by the first, by backward, from a state so small that tanh is straight."""
    h = tensor(1e-9, dtype=_double(), requires_grad=True)
    return float(grad(_run(h, tensor(np.zeros(steps)), weight), h)[0])


def _double() -> Any:
    from ....dtypes import float64

    return float64


def adam(page: Page) -> None:
    """Why Adam divides by 1 - beta^t."""
    s = sympy()
    page.say("Adam keeps a running mean of gradients, which starts at 0 and is drawn towards each new one: "
             "$m_t = \\beta m_{t-1} + (1 - \\beta) g_t$. After three steps:")
    page.code("derive(lambda g, beta: ..., g=(3,), beta=())    # m = beta * m + (1 - beta) * g[t]")
    made = derive(_running_mean, g=(3,), beta=())
    g, beta = made.symbols["g"], made.symbols["beta"].item()
    page.prove(("m_3", made.value.item(), (1 - beta) * (beta ** 2 * g[0] + beta * g[1] + g[2]),
                r"(1 - \beta)\left(\beta^2 g_1 + \beta g_2 + g_3\right)"))
    page.say("Were all gradients the same number $g$, their mean should be $g$. It is too small by a "
             "factor that is known, so one can divide by it:")
    same = s.Symbol("g", real=True)
    mean = made.value.item().subs(dict.fromkeys(g, same))
    page.prove((r"m_3\big|_{g_t = g}", s.factor(mean), (1 - beta ** 3) * same, r"(1 - \beta^3)\, g"),
               (r"\frac{m_3}{1 - \beta^3}", mean / (1 - beta ** 3), same))
    page.say("The weights of the gradients add up to $1 - \\beta^t$ in general. The same holds for the "
             "running mean of squares $v_t$ with its own $\\beta$. So the first step of Adam,")
    page.formula(r"w_1 = w_0 - \eta\, \frac{m_1 / (1 - \beta_1)}{\sqrt{v_1 / (1 - \beta_2)} + \epsilon} "
                 r"\approx w_0 - \eta \operatorname{sign} g_1")
    page.say("has the length $\\eta$ whatever the size of the gradient; without the corrections it "
             "would be $(1 - \\beta_1) / \\sqrt{1 - \\beta_2} \\approx 3.16$ times as long. A constant "
             "gradient of 5, with $\\eta = 0.1$:")
    run, raw = _adam_steps(5.0, 30)
    close(page, (run[:3], [-0.1, -0.2, -0.3]), (raw[0], -0.1 * 0.1 / np.sqrt(0.001)))
    page.table(("step", "`optim.Adam`", "without correction"),
               [(str(t + 1), run[t], raw[t]) for t in (0, 1, 2, 9)])

    def draw(figure: Any) -> None:
        ax = figure.add_subplot()
        ax.plot(range(31), [0, *run], color=BLUE, label="optim.Adam: 0.1 in each step")
        ax.plot(range(31), [0, *raw], color=ORANGE, ls="--", label="without correction")
        ax.set(xlabel="step", ylabel="weight, under a constant gradient")
        ax.legend(frameon=False)
    page.picture("Adam moves by 0.1 in each step; without the corrections its first steps are several times "
                 "as long", draw)


def _running_mean(g: Any, beta: Any) -> Any:
    """Adam's first moment."""
    m = 0.0
    for t in range(g.shape[0]):
        m = beta * m + (1 - beta) * g[t]
    return m


def _adam_steps(slope: float, steps: int) -> tuple[list, list]:
    """The weight under a constant gradient: by the optimizer, and by its formula without corrections."""
    w = tensor(0.0, dtype=_double(), requires_grad=True)
    optimizer, run, raw = optim.Adam([w], 0.1, eps=1e-12), [], []
    m = v = plain = 0.0
    for _ in range(steps):
        optimizer.zero_grad()
        (slope * w).backward()
        optimizer.step()
        run.append(w.item())
        m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope ** 2
        plain -= 0.1 * m / np.sqrt(v)
        raw.append(plain)
    return run, raw
