"""Pages on losses: what they send back into the network."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import distributions, optim
from ....nn import functional as F
from ....ops import exp, logsigmoid, sigmoid, tensor
from ..derivation import derive
from ..exact import sympy
from .page import BLUE, GREEN, GREY, ORANGE, Page, close


def sigmoid_and_cross_entropy(page: Page) -> None:
    """p - y."""
    s = sympy()
    page.say("A sigmoid turns a score $z$ into a probability $p = 1 / (1 + e^{-z})$, and the binary "
             "cross entropy is the surprise at the outcome $y$, 0 or 1. Both have exponentials and "
             "logarithms in their slopes, and together nearly all of it cancels.")
    page.code("derive(nn.functional.binary_cross_entropy_with_logits, z=(), y=())")
    made = derive(lambda z, y: F.binary_cross_entropy_with_logits(z, y), z=(), y=())
    z, y = made.symbols["z"].item(), made.symbols["y"].item()
    p = 1 / (1 + s.exp(-z))
    page.prove(("L", made.value.item(), -y * s.log(p) - (1 - y) * s.log(1 - p),
                r"-y \ln p - (1 - y) \ln(1 - p)"),
               (r"\frac{\partial L}{\partial z}", made.gradients["z"].item(), p - y, "p - y"))
    page.say("So the slope is how wrong the probability is: never more than 1, and near 1 as long as "
             "the answer is plainly wrong. The squared error of the same probability has the slope")
    square = derive(lambda z, y: (sigmoid(z) - y) ** 2 / 2, z=(), y=())
    page.prove((r"\frac{\partial}{\partial z} \tfrac12 (p - y)^2", square.gradients["z"].item(),
                (p - y) * p * (1 - p), "(p - y) p (1 - p)"))
    page.say("which goes to 0 where $p$ is near 0 or 1, also if that is wrong: the network stops to learn.")
    rows = []
    for score in (-4, 0, 2):
        at, at2 = made.at(z=score, y=1), square.at(z=score, y=1)
        close(page, (at.gradients["z"], at.run_gradients["z"]), (at2.gradients["z"], at2.run_gradients["z"]))
        rows.append((score, 1 / (1 + np.exp(-score)), float(at.value), float(at.gradients["z"]),
                     float(at2.gradients["z"])))
    page.table(("$z$", "$p$", "$L$ for $y=1$", "$p - y$", "of the squared error"), rows)

    def draw(figure: Any) -> None:
        ax, x = figure.add_subplot(), np.linspace(-8, 8, 161)
        q = 1 / (1 + np.exp(-x))
        ax.plot(x, q - 1, color=BLUE, label="cross entropy: p - y")
        ax.plot(x, (q - 1) * q * (1 - q), color=ORANGE, ls="--", label="squared error: (p - y) p (1 - p)")
        ax.set(xlabel="score z, while y = 1", ylabel="slope by z")
        ax.legend(frameon=False)
    page.picture("Slopes by the score for y = 1: that of the cross entropy goes from -1 to 0, that of the "
                 "squared error is near 0 on both sides", draw)


def softmax_and_cross_entropy(page: Page) -> None:
    """p - onehot."""
    s = sympy()
    page.say("With several classes the softmax $p_i = e^{x_i} / \\sum_j e^{x_j}$ takes the place of the "
             "sigmoid. Here are three classes, and the second is right.")
    page.code("derive(nn.functional.cross_entropy, x=(1, 3), target=tensor([1]))")
    made = derive(lambda x, target: F.cross_entropy(x, target), x=(1, 3), target=tensor([1]))
    x = made.symbols["x"][0]
    p = [s.exp(v) / sum(map(s.exp, x)) for v in x]
    page.prove(("L", made.value.item(), -s.log(p[1]), r"-\ln p_2"),
               *((rf"\frac{{\partial L}}{{\partial x_{i + 1}}}", made.gradients["x"][0, i],
                  p[i] - int(i == 1),
                  f"p_{i + 1}" + (" - 1" if i == 1 else "")) for i in range(3)))
    page.say("Each score is pulled by its probability, the right one by $p - 1$; the three slopes add "
             "up to 0. The code subtracts the largest score before it takes exponentials, so that none "
             "of them overflows; that cancels, and was checked to cancel here.")
    at = made.at(x=[[2.0, 1.0, 0.0]])
    close(page, (at.gradients["x"], at.run_gradients["x"]), (at.gradients["x"].sum(), 0))
    probabilities = np.exp([2.0, 1.0, 0.0]) / np.exp([2.0, 1.0, 0.0]).sum()
    page.table(("class", "score $x_i$", "$p_i$", "slope"),
               [(str(i + 1), 2.0 - i, probabilities[i], at.gradients["x"][0, i]) for i in range(3)])

    def draw(figure: Any) -> None:
        ax = figure.add_subplot()
        ax.bar(np.arange(3) - 0.18, probabilities, 0.34, color=BLUE, label="probability")
        ax.bar(np.arange(3) + 0.18, at.gradients["x"][0], 0.34, color=ORANGE, hatch="//", label="slope p - y")
        ax.axhline(0, color=GREY, lw=0.8)
        ax.set_xticks(range(3), ["class 1, score 2", "class 2, score 1 (right)", "class 3, score 0"])
        ax.legend(frameon=False)
    page.picture("Bars of three probabilities and their slopes; only the right class has a negative "
                 "slope", draw)


def weight_decay(page: Page) -> None:
    """L2 regularisation is weight decay."""
    s = sympy()
    page.say("Add half of $\\lambda$ times the squared weights to a loss. What changes in a step of gradient "
             "descent? Here with the loss $\\tfrac12 (w_1 x_1 + w_2 x_2 - y)^2$ of one linear neuron.")
    made = derive(lambda w, x, y, lam: (w @ x - y) ** 2 / 2 + lam / 2 * (w * w).sum(),
                  w=(2,), x=(2,), y=(), lam=())
    (w1, w2), (x1, x2) = made.symbols["w"], made.symbols["x"]
    y, lam = made.symbols["y"].item(), made.symbols["lam"].item()
    error, eta = w1 * x1 + w2 * x2 - y, s.Symbol("eta")
    page.prove((r"\frac{\partial L}{\partial w_1}", made.gradients["w"][0], error * x1 + lam * w1,
                r"(w \cdot x - y) x_1 + \lambda w_1"),
               (r"w_1 - \eta \frac{\partial L}{\partial w_1}", w1 - eta * made.gradients["w"][0],
                (1 - eta * lam) * w1 - eta * error * x1, r"(1 - \eta\lambda) w_1 - \eta (w \cdot x - y) x_1"))
    page.say("Every step multiplies the weight by $1 - \\eta\\lambda$ first: it decays. That is what "
             "`weight_decay` of an optimizer computes, without the term in the loss. For Adam the two "
             "differ, because it divides the gradient, decay and all, by its size; AdamW decays apart "
             "from it.")
    start = [2.0, -1.0]
    a, b = (tensor(start, requires_grad=True) for _ in range(2))
    paths = _two_paths(a, b)
    close(page, (paths[0], paths[1]))
    page.table(("step", "$w_1$ with the term in the loss", "$w_1$ with `weight_decay`"),
               [(str(k), paths[0][k][0], paths[1][k][0]) for k in (0, 1, 2, 10)])

    def draw(figure: Any) -> None:
        ax = figure.add_subplot()
        for decay, colour, style in ((0.0, GREY, ":"), (0.3, BLUE, "-"), (1.0, ORANGE, "--")):
            ax.plot([2.0 * (1 - 0.1 * decay) ** k for k in range(31)], style, color=colour,
                    label=f"λ = {decay:g}")
        ax.set(xlabel="step", ylabel="weight, if the loss does not need it")
        ax.legend(frameon=False)
    page.picture("A weight that the loss does not need shrinks by the same share in every step", draw)


def _two_paths(a: Any, b: Any) -> tuple:
    """Ten steps with the squares in the loss, and with weight_decay."""
    x, lam = tensor([1.0, 3.0]), 0.3
    first, second = optim.SGD([a], 0.05), optim.SGD([b], 0.05, weight_decay=lam)
    paths: tuple[list, list] = ([a.tolist()], [b.tolist()])
    for _ in range(10):
        for optimizer, w, path in ((first, a, paths[0]), (second, b, paths[1])):
            optimizer.zero_grad()
            loss = (w @ x - 1) ** 2 / 2
            (loss + lam / 2 * (w * w).sum() if w is a else loss).backward()
            optimizer.step()
            path.append(w.tolist())
    return paths


def variational_autoencoder(page: Page) -> None:
    """KL in closed form, and the reparameterised gradients."""
    s = sympy()
    page.say("A variational autoencoder pays for every bit that its code $z \\sim N(\\mu, \\sigma^2)$ "
             "differs from $N(0, 1)$: the Kullback-Leibler divergence $\\int q(z) \\ln "
             "\\frac{q(z)}{p(z)} dz$. With $l = \\ln \\sigma^2$, which a network can give without "
             "bounds, it is")
    made = derive(_divergence, mu=(), l=())
    mu, log_variance = made.symbols["mu"].item(), made.symbols["l"].item()
    page.prove(("D", made.value.item(), (mu ** 2 + s.exp(log_variance) - 1 - log_variance) / 2,
                r"\tfrac12 \left(\mu^2 + \sigma^2 - 1 - \ln \sigma^2\right)"),
               (r"\frac{\partial D}{\partial \mu}", made.gradients["mu"].item(), mu, r"\mu"),
               (r"\frac{\partial D}{\partial l}", made.gradients["l"].item(), (s.exp(log_variance) - 1) / 2,
                r"\tfrac12 (\sigma^2 - 1)"))
    page.say("SymPy integrates to the same:")
    t, m, sd = s.Symbol("z", real=True), s.Symbol("mu", real=True), s.Symbol("sigma", positive=True)
    density = s.exp(-(t - m) ** 2 / (2 * sd ** 2)) / (sd * s.sqrt(2 * s.pi))
    ratio = -(t - m) ** 2 / (2 * sd ** 2) - s.log(sd) + t ** 2 / 2
    integral = s.simplify(s.integrate(s.expand(density * ratio), (t, -s.oo, s.oo)))
    page.prove((r"\int_{-\infty}^{\infty} q \ln \frac{q}{p}\, dz", integral,
                (m ** 2 + sd ** 2 - 1) / 2 - s.log(sd), r"\tfrac12 (\mu^2 + \sigma^2 - 1) - \ln \sigma"))
    page.say("A sample cannot be differentiated, but $z = \\mu + \\sigma\\varepsilon$ with "
             "$\\varepsilon \\sim N(0, 1)$ can. For a decoder that loses $\\tfrac12 (z - a)^2$:")
    code = derive(lambda mu, sigma, eps, a: (mu + sigma * eps - a) ** 2 / 2, mu=(), sigma=(), eps=(), a=())
    m, sd, e, a = (code.symbols[k].item() for k in ("mu", "sigma", "eps", "a"))
    page.prove((r"\frac{\partial L}{\partial \mu}", code.gradients["mu"].item(), m + sd * e - a, "z - a"),
               (r"\frac{\partial L}{\partial \sigma}", code.gradients["sigma"].item(), (m + sd * e - a) * e,
                r"(z - a)\, \varepsilon"))
    _divergences(page, made)


def _divergence(mu: Any, l: Any) -> Any:  # noqa: E741 (the page's letter for the logarithm)
    """KL(N(mu, e^l) | N(0, 1))."""
    return -(1 + l - mu ** 2 - exp(l)) / 2


def _divergences(page: Page, made: Any) -> None:
    """The numbers and the picture of the page on the autoencoder."""
    rows, normal = [], distributions.Normal
    for mean, sd in ((0.0, 1.0), (1.0, 1.0), (1.0, 0.5)):
        at = made.at(mu=mean, l=float(np.log(sd ** 2)))
        right = distributions.kl_divergence(normal(tensor(mean), tensor(sd)),
                                            normal(tensor(0.0), tensor(1.0)))
        close(page, (at.value, float(right)))
        rows.append((mean, sd, float(at.value), float(right)))
    page.table((r"$\mu$", r"$\sigma$", "$D$ by the formula", "`distributions.kl_divergence`"), rows)

    def draw(figure: Any) -> None:
        ax, x = figure.add_subplot(), np.linspace(-3, 3, 121)
        for sd, colour, style in ((1.0, BLUE, "-"), (0.5, ORANGE, "--"), (0.1, GREEN, ":")):
            ax.plot(x, (x ** 2 + sd ** 2 - 1) / 2 - np.log(sd), style, color=colour, label=f"σ = {sd:g}")
        ax.set(xlabel="μ", ylabel="D")
        ax.legend(frameon=False)
    page.picture("The divergence is a parabola in the mean, higher the smaller the deviation", draw)


def adversarial(page: Page) -> None:
    """GAN: the optimal discriminator; the saturating and the non-saturating gradient."""
    s = sympy()
    page.say("At a point $x$ with density $p$ of real and $q$ of generated data, a discriminator that "
             "answers $D$ earns $V = p \\ln D + q \\ln(1 - D)$. Where does its slope vanish?")
    made = derive(lambda D, p, q: p * D.log() + q * (1 - D).log(), D=(), p=(), q=(), positive=("D", "p", "q"))
    d, p, q = (made.symbols[k].item() for k in ("D", "p", "q"))
    best, = s.solve(made.gradients["D"].item(), d)
    page.prove((r"\frac{\partial V}{\partial D}", made.gradients["D"].item(), p / d - q / (1 - d)),
               ("D^*", best, p / (p + q)))
    page.say("Where real and generated data are equally dense, the best answer is one half, and it earns "
             "$-2 p \\ln 2$: nothing is left to tell them apart by.")
    page.prove((r"V(D^*)\big|_{q = p}", made.value.item().subs({d: best}).subs({q: p}), -2 * p * s.log(2)))
    page.say("The generator sees the discriminator's score $a$ with $D = 1 / (1 + e^{-a})$. To make "
             "$\\ln(1 - D)$ small is the game as it was posed, to make $-\\ln D$ small is what is done.")
    posed, done = derive(lambda a: logsigmoid(-a), a=()), derive(lambda a: -logsigmoid(a), a=())
    score = posed.symbols["a"].item()
    page.prove((r"\frac{\partial}{\partial a} \ln(1 - D)", posed.gradients["a"].item(),
                -1 / (1 + s.exp(-score)), "-D"),
               (r"\frac{\partial}{\partial a} (-\ln D)", done.gradients["a"].item(),
                1 / (1 + s.exp(-score)) - 1, "D - 1"))
    page.say("At the start the discriminator is sure that what it sees is generated: $D$ is near 0, so "
             "the first slope is near 0 (it saturates), the second near $-1$.")
    rows = []
    for value in (-6, 0, 6):
        first, second = posed.at(a=value), done.at(a=value)
        close(page, (first.gradients["a"], first.run_gradients["a"]),
              (second.gradients["a"], second.run_gradients["a"]))
        rows.append((value, 1 / (1 + np.exp(-value)), float(first.gradients["a"]),
                     float(second.gradients["a"])))
    page.table(("$a$", "$D$", "saturating: $-D$", "non-saturating: $D - 1$"), rows)

    def draw(figure: Any) -> None:
        ax, x = figure.add_subplot(), np.linspace(-8, 8, 161)
        ax.plot(x, -1 / (1 + np.exp(-x)), color=ORANGE, ls="--", label="saturating: -D")
        ax.plot(x, 1 / (1 + np.exp(-x)) - 1, color=BLUE, label="non-saturating: D - 1")
        ax.set(xlabel="score a of a generated sample", ylabel="slope for the generator")
        ax.legend(frameon=False)
    page.picture("Where the discriminator is sure, at low scores, the saturating slope is 0 and the "
                 "other -1", draw)
