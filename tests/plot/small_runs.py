"""Run folders with real numbers: a softmax network in plain NumPy, trained here and recorded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Data:
    """Training and test samples with labels."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    k: int


def digits() -> Data:
    """Return scikit-learn's 1,797 handwritten digits, four fifths for training."""
    import pytest
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y, cut = x[order] / 16.0, y[order], 1437
    return Data(x[:cut], y[:cut], x[cut:], y[cut:], 10)


def circles(n: int = 400) -> Data:
    """Return two noisy circles, one inside the other."""
    rng = np.random.default_rng(1)
    y = np.arange(n) % 2
    angle, radius = rng.uniform(0, 2 * np.pi, n), np.where(y == 0, 1.0, 0.5)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1) + rng.normal(0, 0.09, (n, 2))
    return Data(x[:300], y[:300], x[300:], y[300:], 2)


class Network:
    """Linear layers with relu between them, trained by momentum on cross-entropy."""

    def __init__(self, sizes: list[int], seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.p = {}
        for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
            self.p[f"{2 * i}.weight"] = rng.normal(0, np.sqrt(2 / a), (a, b))
            self.p[f"{2 * i}.bias"] = np.zeros(b)
        self.depth = len(sizes) - 1
        self.velocity = {name: np.zeros_like(value) for name, value in self.p.items()}

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return probabilities (N, K) and what each layer was given, (N, size) each."""
        kept, h = [x], x
        for i in range(self.depth):
            h = h @ self.p[f"{2 * i}.weight"] + self.p[f"{2 * i}.bias"]
            if i < self.depth - 1:
                h = np.maximum(h, 0)
                kept.append(h)
        e = np.exp(h - h.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True), kept

    def gradients(self, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return the gradient of the mean cross-entropy for each parameter."""
        p, kept = self.forward(x)
        g = (p - np.eye(p.shape[1])[y]) / len(x)
        found = {}
        for i in reversed(range(self.depth)):
            found[f"{2 * i}.weight"], found[f"{2 * i}.bias"] = kept[i].T @ g, g.sum(0)
            g = (g @ self.p[f"{2 * i}.weight"].T) * (kept[i] > 0)
        return found

    def step(self, grads: dict[str, np.ndarray], lr: float) -> dict[str, float]:
        """Move the weights and return the size of the step against the weight, for each parameter."""
        ratios = {}
        for name, g in grads.items():
            self.velocity[name] = 0.9 * self.velocity[name] + g
            size = np.linalg.norm(self.p[name]) + 1e-12
            ratios[name] = float(lr * np.linalg.norm(self.velocity[name]) / size)
            self.p[name] = self.p[name] - lr * self.velocity[name]
        return ratios


def scores(network: Network, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return mean cross-entropy and accuracy."""
    p = network.forward(x)[0]
    return float(-np.log(p[np.arange(len(y)), y] + 1e-12).mean()), float((p.argmax(1) == y).mean())


def histogram(values: np.ndarray, prefix: str = "") -> dict[str, list[float]]:
    """Return counts and edges as layers.jsonl holds them."""
    counts, edges = np.histogram(values, bins=40)
    return {prefix + "histogram": counts.tolist(), prefix + "edges": edges.tolist()}


def layer_records(network: Network, epoch: int, grads: dict, ratios: dict, x: np.ndarray) -> list[dict]:
    """Return the records of one epoch: one per parameter, one per activation."""
    records = []
    for name, value in network.p.items():
        records.append({"epoch": epoch, "name": name, "kind": "parameter",
                        "norm": float(np.linalg.norm(value)),
                        "mean": float(value.mean()), "std": float(value.std()), "min": float(value.min()),
                        "max": float(value.max()), "grad_norm": float(np.linalg.norm(grads[name])),
                        "update_ratio": ratios[name], **histogram(value), **histogram(grads[name], "grad_")})
    for i, h in enumerate(network.forward(x)[1][1:]):
        records.append({"epoch": epoch, "name": f"{2 * i + 1}", "kind": "activation",
                        "norm": float(np.linalg.norm(h)),
                        "mean": float(h.mean()), "std": float(h.std()), "min": float(h.min()),
                        "max": float(h.max()),
                        "dead": int((h.max(0) <= 0).sum()), "units": h.shape[1], **histogram(h)})
    return records


def train(network: Network, data: Data, epochs: int, lr: float) -> tuple[list[dict], list[dict]]:
    """Train and return the lines of metrics.jsonl and of layers.jsonl."""
    rng, metrics, layers, ratios, grads = np.random.default_rng(2), [], [], {}, {}
    for epoch in range(1, epochs + 1):
        rate = lr * 0.5 * (1 + np.cos(np.pi * (epoch - 1) / epochs))
        for batch in np.array_split(rng.permutation(len(data.x)), len(data.x) // 32):
            grads = network.gradients(data.x[batch], data.y[batch])
            ratios = network.step(grads, rate)
        loss, accuracy = scores(network, data.x, data.y)
        val_loss, val_accuracy = scores(network, data.x_test, data.y_test)
        metrics.append({"epoch": epoch, "step": epoch * (len(data.x) // 32), "seconds": 0.05 * epoch,
                        "loss": loss,
                        "val_loss": val_loss, "lr": rate, "accuracy": accuracy, "val_accuracy": val_accuracy})
        layers += layer_records(network, epoch, grads, ratios, data.x_test)
    return metrics, layers


def write(folder: Path, name: str, network: Network, data: Data, epochs: int, lr: float, **observed) -> Path:
    """Train `network` on `data` and leave what a run leaves."""
    folder.mkdir(parents=True, exist_ok=True)
    metrics, layers = train(network, data, epochs, lr)
    p = network.forward(data.x_test)[0]
    final = {"test_accuracy": metrics[-1]["val_accuracy"], "test_loss": metrics[-1]["val_loss"]}
    config = {"recipe": name, "argv": ["pellucid", "train", name, "--seed", "0"], "seed": 0, "epochs": epochs,
              "settings": {"hidden": 64, "lr": lr, "momentum": 0.9, "batch_size": 32, "schedule": "cosine"},
              "pellucid": "0.1.0", "numpy": np.__version__, "python": "3.11.2",
              "platform": "Linux-6.1-x86_64",
              "cpu": "a test's processor", "threads": 2, "started": "2026-01-02T03:04:05", "seconds": 3.21,
              "metrics": final, "expected": {"test_accuracy": 0.95},
              "parameters": sum(v.size for v in network.p.values()),
              "description": f"A small network in plain NumPy learns {name}.\n\nIt is trained by momentum.",
              "protocol": "four fifths for training, one fifth for test, seed 0",
              "model": "Sequential(\n  ...\n)"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in metrics),
                                          encoding="utf-8")
    (folder / "layers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in layers), encoding="utf-8")
    np.savez_compressed(folder / "observations.npz", x_test=data.x_test, probabilities=p, targets=data.y_test,
                        **observed)
    return folder


def digits_run(folder: Path, epochs: int = 20) -> Path:
    """Leave a run on the digits."""
    data, network = digits(), Network([64, 64, 32, 10])
    return write(folder, "digits", network, data, epochs, 0.05, image_shape=np.array([8, 8]),
                 class_names=np.array([str(i) for i in range(10)]))


def circles_run(folder: Path, epochs: int = 60) -> Path:
    """Leave a run on the circles, with its decision boundary."""
    data, network = circles(), Network([2, 16, 16, 2])
    gx, gy = np.meshgrid(np.linspace(-1.5, 1.5, 121), np.linspace(-1.5, 1.5, 121))
    folder = write(folder, "circles", network, data, epochs, 0.05,
                   class_names=np.array(["outside", "inside"]))
    with np.load(folder / "observations.npz") as archive:
        kept = dict(archive)
    p = network.forward(np.stack([gx.ravel(), gy.ravel()], 1))[0]
    np.savez_compressed(folder / "observations.npz", **kept, boundary_x=gx, boundary_y=gy,
                        boundary_p=p.reshape(121, 121, 2),
                        points=data.x_test, point_labels=data.y_test)
    return folder
