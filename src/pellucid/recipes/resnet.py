"""resnet: a residual network of 20 layers on 5,000 colour pictures, and the same network without shortcuts.

Reaches   test accuracy >= 60 %, at least 2 % more than the plain network of the same layers and weights
Protocol  the first 5,000 pictures of CIFAR-10, of which 500, stratified, seed 0, are for validation, and the
          first 1,000 of its test part; colours standardised by the training part; every picture mirrored or
          not and shifted by up to 4 pixels anew in each epoch; both networks from the same start: SGD with
          Nesterov's momentum, one-cycle schedule, label smoothing; the weights after the last epoch are
          tested once
Seconds   280 on 2 cores
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets, manual_seed, nn, no_grad, optim, tensor
from ..models.resnet import ResNet, ResNetConfig
from ..nn import functional as F
from ..train import History, Run, Watch, accuracy, fit, predict
from ..vision import augment
from .job import Job

EXPECTED = {"test_accuracy": 0.6, "accuracy_gain": 0.02}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 20
    blocks: int = 3             # in each of three stages: 6 blocks + 2 = 20 layers
    batch_size: int = 64
    lr: float = 0.1             # the peak of the cycle
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    shift: int = 4              # pixels
    validation: int = 500


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    train, validation = datasets.cifar10("train").split(test_size=s.validation, seed=s.seed)
    test = datasets.cifar10("test")
    mean, deviation = (measure(train.images, axis=(0, 2, 3), keepdims=True) for measure in (np.mean, np.std))
    x, x_val, x_test = ((part.images - mean) / deviation for part in (train, validation, test))

    def vary(pictures: np.ndarray) -> np.ndarray:
        return augment.shift(augment.flip(pictures), s.shift)

    model, plain = network(s, True), network(s, False)
    job.run.describe(model=repr(model), parameters=sum(p.numel() for p in model.parameters()))
    data, held_out = augment.batches(x, train.y, vary, s.batch_size), (x_val, validation.y)
    history = learn(job, model, (job.run, job.resume), data, held_out)
    job.say("the same network without shortcuts:")
    without = learn(job, plain, job.part("plain"), data, held_out)
    logits, plain_logits = predict(model, x_test), predict(plain, x_test)
    job.run.observe(x_test=test.x, probabilities=F.softmax(logits, 1).numpy(), targets=test.y,
                    class_names=np.array(test.class_names), image_shape=(3, 32, 32))
    for title, name in (("Accuracy", "val_accuracy"), ("Loss in training", "loss")):
        job.lines(f"{title} with and without shortcuts",
                  {"residual": history[name], "plain": without[name]},
                  f"{title if name == 'loss' else title + ' on the validation part'} by epoch. Both networks "
                  "have the same layers, the same number of weights and see the same pictures; what the "
                  "plain one lacks is the sum of a block's input and output.", x_label="epoch", start=1)
    draw(job, model, x[:6], vary, test.images[0], x_test[:1])
    reached, of_plain = accuracy(logits, test.y), accuracy(plain_logits, test.y)
    return {"test_accuracy": reached, "plain_accuracy": of_plain, "accuracy_gain": reached - of_plain,
            "test_loss": F.cross_entropy(logits, tensor(test.y)).item()}


def network(s: Settings, is_residual: bool) -> ResNet:
    """The network, with the start that belongs to the seed."""
    manual_seed(s.seed)
    return ResNet(ResNetConfig(blocks=s.blocks, is_residual=is_residual, first_stride=2))


def learn(job: Job, model: ResNet, part: tuple[Run, bool], data: Any, held_out: Any) -> History:
    """Train; a run that was interrupted goes on from its last epoch."""
    s, (run, resume) = job.settings, part
    optimizer = optim.SGD(model.parameters(), lr=s.lr, momentum=s.momentum, weight_decay=s.weight_decay,
                          nesterov=True)
    cycle = optim.lr_scheduler.OneCycleLR(optimizer, s.lr, epochs=s.epochs, steps_per_epoch=len(data),
                                          cycle_momentum=False)
    return fit(model, data, validation=held_out, loss=nn.CrossEntropyLoss(label_smoothing=s.label_smoothing),
               optimizer=optimizer, scheduler=cycle, step_scheduler="batch", epochs=s.epochs,
               metrics="accuracy", run=run, verbose=job.verbose, resume=resume,
               callbacks=[Watch(run, max(1, s.epochs // 10))])


def draw(job: Job, model: ResNet, pictures: np.ndarray, vary: Any, test_picture: np.ndarray,
         x: np.ndarray) -> None:
    """The pictures as they are varied, the first filters, and the maps of each stage."""
    from .. import plot

    seen = np.concatenate([pictures[:, None], *(vary(pictures)[:, None] for _ in range(5))], 1)
    seen = np.moveaxis(seen.reshape(-1, *pictures.shape[1:]), 1, -1)
    with no_grad():
        maps = [found[0].numpy() for found in model.eval().maps(tensor(x))]
    stages = {name: found[:8] for name, found in zip(("first convolution", "first stage", "second stage",
                                                      "third stage"), maps, strict=True)}
    job.figure("Pictures as they are seen", lambda: plot.gallery(seen, columns=6),
               "Six pictures of the training part, on the left as they are, then mirrored and shifted as the "
               "network saw them in one epoch or another.")
    job.figure("Filters of the first convolution", lambda: plot.filters(model.conv.weight.detach().numpy()),
               "The sixteen windows of 3 x 3 weights that look at the three colours, each drawn in the "
               "colour that it looks for, grey where it does not care: edges, and differences of colour.")
    job.figure("What each stage finds", lambda: plot.feature_maps(np.moveaxis(test_picture, 0, -1), stages),
               "The first picture of the test part, and the first eight maps after the first convolution and "
               "after each stage: ever smaller, ever less of a picture.")
