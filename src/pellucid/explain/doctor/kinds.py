"""Every kind of fault that the doctor knows: how bad it is, why it matters, what to do, what it causes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    severity: int                                                # 3: nothing is learned; 2: worse; 1: waste
    why: str                                                     # two sentences
    do: str                                                     # code; {name} is one of the finding's numbers
    explains: frozenset[str] = frozenset()                       # kinds that are its consequences


SLOW = frozenset({"cannot overfit one batch", "underfitting", "plateau", "learning rate too low",
                  "initial loss",
                  "vanishing gradients", "loss of rank"})
WILD = frozenset({"exploding gradients", "not finite", "dead units", "saturation", "plateau", "underfitting",
                  "cannot overfit one batch", "initial loss", "loss of rank", "collapsed embeddings"})
RATES = frozenset({"learning rate too high", "learning rate too low", "update ratio"})
ALL_OF_LEARNING = SLOW | WILD | RATES | {"class imbalance", "overfitting", "labels do not fit the inputs"}

KINDS: dict[str, Kind] = {
    "fails": Kind(
        3, "The first step of training raises this error. Nothing can be learned before it is gone.",
        "model(x); loss(model(x), y)     # run these two alone, and look at the shapes", ALL_OF_LEARNING),
    "inputs not finite": Kind(
        3, "A nan or an infinity in the inputs reaches every weight in one step. From then on all outputs "
                              "are nan.",
        "x = np.nan_to_num(x)            # or drop those rows: x[np.isfinite(x).all(1)]", ALL_OF_LEARNING),
    "inputs not scaled": Kind(
        2, "Weights start for inputs of about unit size; with larger or very unequal ones the first "
                              "layer's gradients are out of proportion. Training then needs a tiny "
                              "learning rate, or saturates and stops.",
        "mean, std = x_train.mean(0), x_train.std(0) + 1e-8\n"
        "x_train, x_val = (x_train - mean) / std, (x_val - mean) / std", ALL_OF_LEARNING | {"fails"}),
    "inputs constant": Kind(
        3, "All inputs are the same, so no function of them can tell the samples apart. The best that can "
                            "be learned is the mean of the targets.",
        "print(x[:3])                    # look at what the loading gave", ALL_OF_LEARNING),
    "labels out of range": Kind(
        3, "A label must be the number of an output, from 0 to the number of classes less one. Another one "
                                "is an error here, and silently wrong memory or a crash elsewhere.",
        "classes, y = np.unique(y, return_inverse=True)     # labels 0, 1, 2, ...",
                                ALL_OF_LEARNING | {"fails"}),
    "labels do not fit the inputs": Kind(
        3, "The labels cannot be told from the inputs any better than by guessing. Where rows were "
                                         "shuffled, x and y probably got different orders, and a network "
                                         "can only learn them by heart.",
        "order = np.random.permutation(len(x))\nx, y = x[order], y[order]     # one order for both",
        ALL_OF_LEARNING),
    "softmax before the loss": Kind(
        3, "The loss applies {what} itself; given probabilities it applies it twice, and differences between "
           "scores are squashed into [0, 1]. Gradients become small, and the loss cannot come near zero.",
        "return scores                   # no softmax or sigmoid at the end of forward; only to look at "
                                    "answers",
        SLOW),
    "probabilities where logarithms belong": Kind(
        3, "nll_loss picks the number at the label and takes it for a logarithm. Given probabilities it is "
                                                  "bounded below by -1 and barely punishes a wrong answer.",
        "loss = F.cross_entropy(scores, y)     # or F.nll_loss(F.log_softmax(scores, 1), y)", SLOW),
    "softmax over the wrong axis": Kind(
        3, "Softmax shares one out along an axis; along this one, samples or positions compete that have "
                                        "nothing to do with each other. An answer then depends on what "
                                        "else is in the batch.",
        "F.softmax(scores, dim={right})          # the axis of the classes (or keys)",
        SLOW | {"softmax before the loss"}),
    "shapes broadcast": Kind(
        3, "(n, 1) minus (n,) is (n, n): every answer is compared with every target. The best that such a "
                             "loss can learn is the mean of the targets.",
        "prediction = prediction.squeeze(-1)     # or target = target.unsqueeze(-1)",
                             ALL_OF_LEARNING | {"fails"}),
    "no gradient": Kind(
        3, "A parameter without a gradient stays what it was at the start. Usually a detach(), .data, "
                        "no_grad(), a round trip through NumPy, or a layer that forward forgot stands "
                        "between it and the loss.",
        "for name, p in model.named_parameters():\n    print(name, p.grad is not None)", SLOW),
    "not in the optimizer": Kind(
        3, "The optimiser changes only what it was given. These parameters get gradients and are never "
                                 "moved.",
        "optimizer = optim.Adam(model.parameters(), lr=...)     # after every layer was made", SLOW),
    "training in eval mode": Kind(
        2, "In eval mode dropout does nothing and batch norm uses averages that no training step updates. "
                                  "The network trains as another one than the one you wrote down.",
        "model.train()                   # before each epoch; model.eval() only around evaluation",
        frozenset({"overfitting", "initial loss"})),
    "gradients not cleared": Kind(
        3, "backward() adds to the gradients that are there. Without zero_grad() each step goes along the "
                                  "sum of all gradients so far, as with a momentum that never forgets.",
        "optimizer.zero_grad()\nloss.backward()\noptimizer.step()", WILD | RATES),
    "train and validation overlap": Kind(
        2, "What the network has seen in training it may know by heart. A validation score on the same "
                                         "rows is too good, and hides overfitting.",
        "x = np.unique(x, axis=0)        # remove copies first, split afterwards"),
    "time series shuffled": Kind(
        2, "Windows of a series that lie side by side are almost the same. Shuffled before the split, "
                                 "validation windows have their neighbours in the training set, and the "
                                 "score tells nothing about the future.",
        "cut = int(0.8 * len(x))\nx_train, x_val = x[:cut], x[cut:]     # by time; shuffle the training part "
        "only"),
    "scaler fitted on all data": Kind(
        2, "Mean and spread of the validation rows went into the training inputs. The validation score is "
                                      "then better than what new data will give.",
        "scaler = StandardScaler().fit(x_train)\nx_train, x_val = scaler.transform(x_train), "
        "scaler.transform(x_val)"),
    "attention row all masked": Kind(
        3, "A query that may look at no key has no weights to share out: softmax of only -inf is 0 / 0. "
                                     "The nan, or the zeros that stand for it, go into everything behind.",
        "mask[..., 0] = True             # let every query see at least one key, or leave padded queries out",
        ALL_OF_LEARNING),
    "initial loss": Kind(
        2, "A network that knows nothing should give every class the same chance, and ln(number of "
                         "classes) as loss. A larger one means that it starts with certainty in wrong "
                         "answers, and spends its first steps unlearning it.",
        "nn.init.normal_(last.weight, std=0.01); nn.init.zeros_(last.bias)     # and scale the inputs",
        frozenset({"update ratio", "exploding gradients"})),
    "cannot overfit one batch": Kind(
        3, "A few samples can always be learned by heart, if gradients and targets are right. Where that "
                                     "fails, more data and more epochs will not help.",
        "for _ in range(300): step(x[:16], y[:16])     # make this work before anything else"),
    "not finite": Kind(
        3, "One nan or infinity reaches all weights in the next step. Nothing after it can be mended by "
                       "training on.",
        "with torch.autograd.set_detect_anomaly(True): ...     # or a lower learning rate, "
                       "clip_grad_norm_, log(p + 1e-8)", ALL_OF_LEARNING - {"inputs not finite"}),
    "exploding gradients": Kind(
        3, "Gradients grow from layer to layer on their way back, or from step to step. A single such step "
                                "throws the weights far away from all that was learned.",
        "nn.utils.clip_grad_norm_(model.parameters(), 1.0)     # between backward and step; and normalise "
                                "layers",
        frozenset({"update ratio", "learning rate too high", "plateau", "underfitting", "dead units",
                   "saturation",
                   "cannot overfit one batch"})),
    "vanishing gradients": Kind(
        3, "The gradient is multiplied by each layer's slope on its way back. With slopes below 1 the "
                                "first layers get next to nothing and stay as they were drawn.",
        "nn.ReLU() in place of sigmoid or tanh; nn.init.kaiming_normal_(weight); shortcuts x + f(x); a "
                                "norm layer",
        SLOW | {"saturation", "update ratio"}),
    "dead units": Kind(
        2, "A ReLU that is zero for every sample passes no gradient, and can never come back. The layer is "
                       "narrower than you paid for.",
        "nn.LeakyReLU(0.01) in place of nn.ReLU(); a lower learning rate; no large negative biases",
        SLOW | {"update ratio"}),
    "saturation": Kind(
        2, "On its flat ends tanh or sigmoid has a slope of almost zero. What lies before such a unit "
                       "learns almost nothing.",
        "nn.init.xavier_uniform_(layer.weight); inputs of mean 0 and deviation 1; a norm layer before it",
        SLOW | {"update ratio"}),
    "update ratio": Kind(
        1, "A step usually changes weights by about a thousandth of their size. Far more overshoots, far "
                         "less gets nowhere in the epochs that you have.",
        "print([(group['lr'], len(group['params'])) for group in optimizer.param_groups])"),
    "learning rate too high": Kind(
        3, "Each step overshoots: the loss jumps or grows where a smaller step would lower it. Part of the "
                                   "network's units may be lost for good in the first steps.",
        "for group in optimizer.param_groups:\n    group['lr'] = {better_lr}", WILD | {"update ratio"}),
    "learning rate too low": Kind(
        2, "The loss goes down all the way, but so slowly that the epochs end long before it does. The "
                                  "same budget would reach much further with larger steps.",
        "for group in optimizer.param_groups:\n    group['lr'] = {better_lr}",
        frozenset({"underfitting", "plateau", "update ratio", "cannot overfit one batch",
                   "class imbalance"})),
    "overfitting": Kind(
        2, "The training loss falls while the validation loss rises: the network learns its rows by heart. "
                        "Its answers to new data get worse and more certain.",
        "EarlyStopping('val_loss', patience=10); weight_decay=1e-2; nn.Dropout(0.3); more or varied data"),
    "underfitting": Kind(
        2, "After all its epochs the network is hardly better than a guess, also on its own training data. "
                         "It is too small, its inputs do not hold the answer, or it is not trained as you "
                         "think.",
        "overfit one batch first; then a wider or deeper network, a larger learning rate, more epochs"),
    "plateau": Kind(
        1, "The loss has stood still for half of the training. Those epochs changed nothing.",
        "optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.3, patience=5)"),
    "loss of rank": Kind(
        2, "The layer gives almost one and the same direction for all samples. What it does not tell "
                         "apart, no later layer can.",
        "a norm layer before it, shortcuts x + f(x), nn.init.orthogonal_(layer.weight)",
        frozenset({"underfitting", "plateau", "cannot overfit one batch"})),
    "class imbalance": Kind(
        2, "Where most samples are of one class, always naming it gives a low loss. The rare class, often "
                            "the one that matters, is then never named.",
        "loss = nn.CrossEntropyLoss(weight={weights})     # or a WeightedRandomSampler",
        frozenset({"plateau", "underfitting"})),
    "mode collapse": Kind(
        3, "The generator gives the same few samples for any noise. The discriminator learns these, the "
                          "generator moves to others, and nothing of the data's variety is ever learned.",
        "a lower learning rate for the generator; minibatch discrimination; a Wasserstein loss",
        frozenset({"discriminator dominance", "collapsed embeddings", "loss of rank", "dead units", "plateau",
                   "vanishing gradients"})),
    "discriminator dominance": Kind(
        2, "The discriminator is certain of every sample, so its slope at the generator's is almost zero. "
                                    "The generator cannot learn from it.",
        "a lower learning rate for the discriminator; label smoothing 0.9; noise on its inputs; fewer of "
                                    "its steps",
        frozenset({"vanishing gradients", "plateau", "saturation"})),
    "posterior collapse": Kind(
        2, "Mean and spread of the code are the same for every input: it equals the prior and carries "
                               "nothing. The decoder ignores it and gives one average answer.",
        "beta = min(1, step / warmup); loss = reconstruction + beta * kl     # or free bits, or a weaker "
                               "decoder",
        frozenset({"collapsed embeddings", "loss of rank", "plateau", "underfitting",
                   "vanishing gradients"})),
    "collapsed embeddings": Kind(
        3, "All inputs get the same vector. A loss that only pulls pairs together is smallest there, and "
                                 "such vectors can find nothing.",
        "negatives (InfoNCE, triplets), a stopped gradient with a predictor, or a variance term",
        frozenset({"loss of rank", "dead units", "plateau", "vanishing gradients", "underfitting",
                   "learning rate too low"})),
}
