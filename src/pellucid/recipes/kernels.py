"""kernels: what a window of weights does to a photograph, and how a network finds such a window itself.

Reaches   every picture within 1e-5 of scipy.ndimage's; Sobel's kernel learned to within 0.001
Protocol  scikit-learn's china.jpg, colours from 0 to 1; Sobel, sharpen, blur, emboss and Laplace by conv2d
          and by scipy.ndimage.correlate, at strides 1 and 2; the sizes of 16 outputs counted and computed;
          then a kernel of random weights, seed 0, is taught to answer as Sobel's does on china.jpg by 30
          steps of LBFGS on the squared error, and tested on flower.jpg
Seconds   5 on 2 cores
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .. import datasets, nn, no_grad, optim, tensor
from ..extras import need
from ..nn import functional as F
from .job import Job

EXPECTED = {"largest_difference_at_most": 1e-5, "kernel_error_at_most": 1e-3}
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32)
BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / 16
KERNELS = {                                              # name: (weights, what it does)
    "Sobel across": (SOBEL, "right minus left: edges that stand upright"),
    "Sobel down": (SOBEL.T, "below minus above: edges that lie"),
    "sharpen": (np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.float32), "away from its neighbours"),
    "blur": (np.outer(BINOMIAL, BINOMIAL), "the mean of a neighbourhood, the middle counting most"),
    "emboss": (np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float32), "as if lit from one corner"),
    "Laplace": (np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float32), "edges of any direction"),
}
GREY = np.array([0.299, 0.587, 0.114], np.float32)       # how bright red, green and blue seem


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 30            # steps of LBFGS, each over the whole photograph; 15 would do


def convolve(channels: np.ndarray, kernel: np.ndarray, stride: int = 1,
             padding: int | None = None) -> np.ndarray:
    """Every channel under one kernel, by conv2d; as many zeros around it as keep its size, unless said.

    Shapes:  channels (C, H, W), kernel (K, K) -> (C, H', W')
    """
    border = len(kernel) // 2 if padding is None else padding
    weight = tensor(kernel[None, None].repeat(len(channels), 0))
    with no_grad():
        return F.conv2d(tensor(channels[None]), weight, None, stride, border, groups=len(channels))[0].numpy()


def main(job: Job) -> dict[str, Any]:
    colours = np.moveaxis(datasets.photograph("china"), -1, 0).copy()            # (3, 427, 640)
    filtered = {name: convolve(colours, kernel) for name, (kernel, _) in KERNELS.items()}
    difference = max(differences(colours).values())
    job.say(f"largest difference from scipy.ndimage over {len(KERNELS)} kernels: {difference:.1e}")
    sizes = table_of_sizes(colours[:1])
    learned, losses, kernels = learn(job, grey(colours))
    error = float(np.abs(kernels[-1] - SOBEL).max())
    other = grey(np.moveaxis(datasets.photograph("flower"), -1, 0))
    unseen = float(np.abs(convolve(other, kernels[-1]) - convolve(other, SOBEL)).max())
    job.say(f"the learned kernel is within {error:.1e} of Sobel's")
    job.keep(learned.state_dict())
    job.run.describe(model=repr(learned), parameters=9)
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i, "loss": loss, "kernel_error": float(np.abs(kernels[i] - SOBEL).max())}
        for i, loss in enumerate(losses, 1)])
    draw(job, colours, filtered, sizes, kernels)
    return {"largest_difference": difference, "kernel_error": error, "unseen_difference": unseen,
            "sizes_right": int(sum(row[-1] == row[-2] for row in sizes)), "sizes": len(sizes)}


def grey(colours: np.ndarray) -> np.ndarray:
    """The brightness of a picture, (3, H, W) -> (1, H, W)."""
    return np.tensordot(GREY, colours, 1)[None]


def differences(colours: np.ndarray) -> dict[str, float]:
    """For each kernel, at strides 1 and 2, the largest difference from SciPy's picture."""
    correlate = need("scipy.ndimage", extra="data").correlate
    found = {}
    for name, (kernel, _) in KERNELS.items():
        theirs = np.stack([correlate(channel.astype(np.float64), kernel.astype(np.float64), mode="constant")
                           for channel in colours])
        for stride in (1, 2):
            ours = convolve(colours, kernel, stride)
            found[f"{name}, stride {stride}"] = float(np.abs(ours - theirs[:, ::stride, ::stride]).max())
    return found


def table_of_sizes(channel: np.ndarray) -> list[tuple]:
    """Kernel, stride, padding, the size by the formula, and the size of what conv2d gives."""
    rows = []
    for k in (3, 5, 7):
        for stride in (1, 2):
            for padding in sorted({0, 1, k // 2}):
                formula = [(size + 2 * padding - k) // stride + 1 for size in channel.shape[1:]]
                made = convolve(channel, np.ones((k, k), np.float32), stride, padding)
                rows.append((k, stride, padding, *("{} x {}".format(*size)
                                                   for size in (formula, made.shape[1:]))))
    return rows


def learn(job: Job, picture: np.ndarray) -> tuple[nn.Conv2d, list[float], list[np.ndarray]]:
    """A kernel that learns from a picture and its edges alone; the losses, and the kernel after each step."""
    model = nn.Conv2d(1, 1, 3, bias=False)
    x, y = tensor(picture[None]), tensor(convolve(picture, SOBEL, padding=0)[None])
    optimizer = optim.LBFGS(model.parameters(), max_iter=1, line_search_fn="strong_wolfe",
                            tolerance_grad=0.0, tolerance_change=0.0)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        return loss

    kernels, losses = [model.weight.detach().numpy()[0, 0].copy()], []
    for _ in range(job.settings.epochs):
        losses.append(optimizer.step(closure).item())
        kernels.append(model.weight.detach().numpy()[0, 0].copy())
    return model, losses, kernels


def draw(job: Job, colours: np.ndarray, filtered: dict[str, np.ndarray], sizes: list,
         kernels: list[np.ndarray]) -> None:
    """The pictures, the kernels, the table of sizes, and the kernel that is learned."""
    from .. import plot

    def shown(picture: np.ndarray) -> np.ndarray:
        return np.moveaxis(np.clip(picture, 0, 1), 0, -1)

    across, down = (grey(filtered[f"Sobel {way}"])[0] for way in ("across", "down"))
    edges = {"Sobel across": across, "Sobel down": down, "Laplace": grey(filtered["Laplace"])[0],
             "edges: root of the Sobels' squares": np.hypot(across, down)}
    others = {"as it is": shown(colours), "sharpen": shown(filtered["sharpen"]),
              "blur": shown(filtered["blur"]), "emboss": grey(filtered["emboss"])[0]}
    for title, pictures in (("A photograph under the kernels", others), ("Its edges", edges)):
        shown_as = partial(plot.gallery, list(pictures.values()), list(pictures), columns=2, width=2.9)
        job.figure(title, shown_as, "One photograph, and what each window of weights makes of it: for every "
                                    "pixel the weighted sum of its neighbours. Grey pictures go from their "
                                    "least value (black) to their greatest.")
    job.figure("The kernels", lambda: plot.filters(np.stack([np.pad(k, (5 - len(k)) // 2) for k, _ in
                                                             KERNELS.values()])[:, None], list(KERNELS)),
               "The weights, orange above 0 and violet below. "
               + "; ".join(f"{name}: {what}" for name, (_, what) in KERNELS.items()) + ".")
    job.figure("Sizes", lambda: plot.table(["kernel", "stride", "padding", "by the formula", "of the output"],
                                           sizes),
               "Height and width of the output for a picture of 427 x 640: (size + 2 padding - kernel) // "
               "stride + 1, and what conv2d gave. Padding of half the kernel keeps the size at stride 1.")
    steps = [i for i in (0, 1, 2, 3, 5, 8, len(kernels) - 1) if i < len(kernels)]
    job.figure("A kernel that is learned",
               lambda: plot.filters(np.stack([kernels[i] for i in steps] + [SOBEL])[:, None],
                                    [f"step {i}" for i in steps] + ["Sobel"]),
               "Weights that began at random and were shown nothing but a photograph and its edges: after a "
               "few steps they are Sobel's. Networks find their filters in this way.")
