"""denoise: networks that learned to mend spoilt pictures mend pictures that they have never seen.

Reaches   on unseen patterns a squared error at most a tenth of the noisy pictures'; on MNIST's test part at
          least 8 dB more peak signal-to-noise
Protocol  4,000 stripes, checkers and gradients of 16 x 16 pixels, a quarter of them for testing, seed 0;
          MNIST's official 60,000 / 10,000 split; normal noise of deviation 0.3, drawn anew at every look;
          the test parts' noise from seed 1234; on the patterns linear layers 256-512-512-256, on MNIST
          784-512-512-784; squared error, Adam, one-cycle schedule; tested once, after the last epoch; the
          network of MNIST is also tested on noise that it was not taught: a fifth of the pixels 0, or a
          fifth 0 or 1
Seconds   100 on 2 cores

Source:  Vincent et al. 2010, "Stacked Denoising Autoencoders", JMLR 11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets, get_rng_state, manual_seed, nn, no_grad, optim, set_rng_state, tensor
from ..models.autoencoder import Autoencoder, AutoencoderConfig
from ..models.denoising import (
    Corruption,
    DenoisingAutoencoder,
    gaussian_noise,
    masking_noise,
    salt_and_pepper,
)
from ..nn import functional as F
from ..train import Callback, Run, Watch, fit, predict
from .filming import filmed
from .job import Job

EXPECTED = {"patterns_error_ratio_at_most": 0.1, "mnist_psnr_gain": 8.0}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 8             # over MNIST
    pattern_epochs: int = 60
    noise: float = 0.3          # deviation
    hidden: int = 512           # wider than the input: the noise, not a narrow code, keeps it from copying
    samples: int = 4000         # patterns
    batch_size: int = 128
    lr: float = 2e-3            # the peak of the cycle


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    corrupt = gaussian_noise(s.noise)
    patterns, unseen = datasets.patterns(s.samples, seed=s.seed).split(test_size=0.25, seed=s.seed)
    train, test = datasets.mnist("train"), datasets.mnist("test")
    spoilt, noisy = spoiled(unseen.x, corrupt), spoiled(test.x, corrupt)
    manual_seed(s.seed)
    first = network(256, s, corrupt)
    watching = filmed(job, "Patterns while it learns",
                      lambda training: frame(first, spoilt[:10], unseen.x[:10], (16, 16), training.epoch),
                      "Noisy patterns that it is not taught, what it makes of them, and what they were.",
                      every=max(1, s.pattern_epochs // 10))
    learn(job, first, patterns.x, s.pattern_epochs, job.part("patterns"), watching, 32)
    manual_seed(s.seed)
    model = network(784, s, corrupt)
    job.run.describe(model=repr(model), parameters=sum(p.numel() for p in model.parameters()))
    watching = filmed(job, "Digits while it learns",
                      lambda training: frame(model, noisy[:10], test.x[:10], (28, 28), training.epoch),
                      "Noisy digits of the test part, what it makes of them, and what they were.")
    learn(job, model, train.x, s.epochs, (job.run, job.resume), [Watch(job.run, samples=64), *watching],
          s.batch_size)
    others = {"masking": masking_noise(0.2), "salt and pepper": salt_and_pepper(0.2)}
    damaged = {"normal": noisy, **{name: spoiled(test.x, how) for name, how in others.items()}}
    mended = {name: predict(model, x).numpy() for name, x in damaged.items()}
    clean = predict(first, spoilt).numpy()
    draw(job, (unseen, spoilt, clean), test, damaged, mended)
    gains = {f"gain_{name.replace(' ', '_')}": psnr(mended[name], test.x) - psnr(x, test.x)
             for name, x in damaged.items() if name in others}
    return {"patterns_error_ratio": error(clean, unseen.x) / error(spoilt, unseen.x),
            "patterns_error": error(clean, unseen.x),
            "mnist_psnr_gain": psnr(mended["normal"], test.x) - psnr(noisy, test.x),
            "mnist_psnr": psnr(mended["normal"], test.x), "mnist_psnr_noisy": psnr(noisy, test.x), **gains}


def network(n: int, s: Settings, corrupt: Corruption) -> DenoisingAutoencoder:
    """A denoising autoencoder of n pixels, with its weights as they start."""
    return DenoisingAutoencoder(Autoencoder(AutoencoderConfig(n, (s.hidden,), s.hidden)), corrupt)


def learn(job: Job, model: nn.Module, x: np.ndarray, epochs: int, part: tuple[Run, bool],
          callbacks: list[Callback], batch_size: int) -> None:
    """Train; a run that was interrupted goes on from its last epoch."""
    run, resume = part
    optimizer = optim.Adam(model.parameters(), lr=job.settings.lr)
    cycle = optim.lr_scheduler.OneCycleLR(optimizer, job.settings.lr, epochs=epochs,
                                          steps_per_epoch=-(-len(x) // batch_size))
    fit(model, (x, x), loss=F.mse_loss, optimizer=optimizer, scheduler=cycle, step_scheduler="batch",
        epochs=epochs, batch_size=batch_size, callbacks=callbacks, run=run, resume=resume,
        verbose=job.verbose)


def spoiled(x: np.ndarray, corrupt: Corruption) -> np.ndarray:
    """x corrupted in a way that is always the same, as if no random number had been drawn."""
    state = get_rng_state()
    manual_seed(1234)
    try:
        with no_grad():
            return corrupt(tensor(x)).numpy()
    finally:
        set_rng_state(state)


def error(y: np.ndarray, x: np.ndarray) -> float:
    """mean (y - x)^2"""
    return float(((y - x) ** 2).mean())


def psnr(y: np.ndarray, x: np.ndarray) -> float:
    """Peak signal-to-noise ratio of pictures from 0 to 1, in decibels: -10 log10 mean (y - x)^2."""
    return float(-10 * np.log10(error(y, x)))


def frame(model: nn.Module, noisy: np.ndarray, clean: np.ndarray, shape: tuple[int, int], epoch: int) -> Any:
    """A frame: noisy pictures, what the network makes of them, and what they were."""
    from .. import plot

    rows = np.concatenate([noisy, predict(model, noisy).numpy(), clean]).reshape(-1, *shape)
    return plot.mosaic(rows.clip(0, 1), len(noisy), width=3.6, title=f"epoch {epoch}")


def draw(job: Job, patterns: tuple[Any, np.ndarray, np.ndarray], test: Any, damaged: dict[str, np.ndarray],
         mended: dict[str, np.ndarray]) -> None:
    """Patterns and digits: spoilt, mended, as they were."""
    from .. import plot

    unseen, spoilt, clean = patterns
    rows = np.stack([each[:30].reshape(3, 10, 16, 16) for each in (spoilt, clean, unseen.x)], 1)
    job.figure("Unseen patterns", lambda: plot.mosaic(rows.reshape(-1, 16, 16).clip(0, 1)),
               "Thirty patterns of the test part, ten at a time: with noise, what the network makes of them, "
               "and what they were.")
    names = list(damaged)
    digits = [each for name in names for each in (damaged[name][:10], mended[name][:10])]
    whole = np.concatenate([*digits, test.x[:10]]).reshape(-1, 28, 28).clip(0, 1)
    job.figure("Digits", lambda: plot.mosaic(whole),
               f"The first digits of the test part, spoilt and mended, by {', '.join(names)} noise; the last "
               "row is what they were. The network was taught the first kind alone.")
