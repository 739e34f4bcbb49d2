"""Doctor: watches a training, whoever wrote the loop, and tells what goes wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ... import autograd
from ...optim.optimizer import Optimizer
from ...tensor import Tensor
from ...train import Callback
from . import broken, kept, signs
from .adversaries import Adversaries
from .case import Case
from .course import WIRED, Course
from .finding import Diagnosis, Finding
from .recording import Recorder

TURNS = 3                                                  # of two who learn in turns, each with its own loss
FIRST, EVERY = 4, 10                                       # steps that are looked at: these, then every tenth


class Doctor(Callback):
    """Watch a training and tell what goes wrong in it: with `fit`, in a loop of your own, or in a script.

        fit(..., callbacks=[Doctor()])           prints its findings at the end
        with Doctor() as watch:                  any loop; then watch.diagnosis()
            ...
    Looked at are the first steps and every tenth after them: each recorded operation with its module and
    line, gradients, weights and how far a step moves them, outputs of activation functions. Of the others the
    loss is noted. The training itself is not changed by it, nor are random streams.

    model, data, loss, optimizer: what `fix` needs to train a loop of your own again; `fit` tells them itself.
    every:    steps between two looks. verbose: print the findings at the end.
    >>> from pellucid import nn, optim
    >>> model = nn.Linear(2, 1)
    >>> with Doctor(verbose=False) as watch:
    ...     optimizer = optim.SGD(model.parameters(), lr=0.1)
    ...     for _ in range(3):
    ...         loss = model(ones(4, 2)).square().mean()
    ...         loss.backward()                  # no zero_grad
    ...         optimizer.step()
    >>> watch.diagnosis()[0].kind
    'gradients not cleared'
    """

    def __init__(self, model: Any = None, data: Any = None, loss: Any = None, optimizer: Any = None, *,
                 every: int = EVERY, verbose: bool = True) -> None:
        if not isinstance(every, int) or every < 1:
            raise ValueError(f"Doctor: every must be a positive number of steps, got {every!r}")
        self.every, self.verbose = every, verbose
        self.courses: list[Course] = []
        self.recorder, self.adversaries = Recorder(), Adversaries()
        self.broken: list[Finding] = []                          # what stopped the training
        self.case: Case | None = None
        if model is not None and data is not None and loss is not None and optimizer is not None:
            self.case = Case(model, data, loss, optimizer, zero_grad=False)
        self._last: Course | None = None                         # whose step was the last one
        self._undo: list[Callable[[], None]] = []
        self._waiting: list[tuple[float, Any, list]] = []    # since the last step: loss, graph, who was stale

    # --- attaching ------------------------------------------------------------------------------------------

    def __enter__(self) -> Doctor:
        """Begin to watch every backward pass and every optimiser's step of this process."""
        if self._undo:
            raise RuntimeError("Doctor: it is watching already")
        backward = autograd.backward
        autograd.backward = self._backward(backward)
        self._undo.append(lambda: setattr(autograd, "backward", backward))
        kinds: list[Any] = [Optimizer, *_below(Optimizer)]
        for each in kinds:
            if "step" in vars(each):
                self._wrap(each)
        self.recorder.start()
        return self

    def _wrap(self, kind: Any) -> None:
        step = kind.step
        kind.step = self._step(step)
        self._undo.append(lambda: setattr(kind, "step", step))

    def __exit__(self, kind: Any = None, error: Any = None, _traceback: Any = None) -> None:
        """Stop to watch."""
        while self._undo:
            self._undo.pop()()
        self.recorder.stop()

    # --- what happens ---------------------------------------------------------------------------------------

    def _backward(self, backward: Any) -> Any:
        def watched(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            losses = [tensors] if isinstance(tensors, Tensor) else list(tensors)
            recorded = [loss for loss in losses if loss._node is not None]
            if not recorded or kept.inside[0]:
                return backward(tensors, *args, **kwargs)
            old = [(course, course.old_gradients()) for course in self.courses[-8:]]
            stale = self._about_to_go_back(recorded[0])
            backward(tensors, *args, **kwargs)
            stale += [course for course, gradients in old if course.added_to(gradients)]
        return watched

    def _about_to_go_back(self, loss: Tensor) -> list[Course]:
        """Note a loss; return the list of courses whose old gradients it will turn out to have added to."""
        value = float(np.mean(loss._data)) if loss._data.size else float("nan")
        look = self._due() or not np.isfinite(value)
        graph = self.recorder.graph(loss) if look else None
        if graph is not None and not np.isfinite(value):
            self.broken += broken.not_finite(graph, value, sum(course.steps for course in self.courses))
        if graph is not None:
            self.adversaries.read(graph)
        stale: list[Course] = []
        self._waiting.append((value, graph, stale))
        return stale

    def _due(self) -> bool:
        steps = max((course.steps for course in self.courses), default=0)
        newest = self.courses[-1].steps if self.courses else 0
        return any(n < FIRST or n % self.every < 2 for n in (steps, newest))

    def _step(self, step: Any) -> Any:
        def watched(optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            if kept.inside[0]:                                   # the doctor's own trials
                return step(optimizer, *args, **kwargs)
            course = self._course(optimizer)
            has_closure = bool(args and args[0]) or bool(kwargs.get("closure"))
            if not has_closure:
                self._about_to_step(course)
            before = [np.array(p._data) for p in course.parameters] if self._due() else None
            result = step(optimizer, *args, **kwargs)
            if has_closure:
                self._about_to_step(course)
            self._stepped(course, before)
            return result
        return watched

    def _course(self, optimizer: Any) -> Course:
        for course in self.courses:
            if course.optimizer is optimizer:
                return course
        self.courses.append(Course(optimizer))
        return self.courses[-1]

    def _about_to_step(self, course: Course) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        course.losses.append(float(np.sum([value for value, _, _ in waiting])))
        course.not_cleared += any(course in stale for _, _, stale in waiting)
        graphs = [graph for _, graph, _ in waiting if graph is not None]
        if graphs and np.isfinite(course.losses[-1]):
            course.read(graphs)
            if course.steps < WIRED:
                course.wired(graphs)
            self.broken += broken.broken_gradients(course)

    def _stepped(self, course: Course, before: Any) -> None:
        other, self._last = self._last, course
        course.turns += other is not None and other is not course and course.steps > 0 and bool(other.losses)
        course.stepped(before)
        self.recorder.forget()

    # --- fit ------------------------------------------------------------------------------------------------

    def on_fit_begin(self, training: Any) -> None:
        """Begin to watch, and remember the start for `fix`."""
        self.case = Case(training.model, training.loader, training.loss, training.optimizer,
                         validation=training.validation)
        self.__enter__()

    def on_epoch_end(self, training: Any, row: dict[str, Any]) -> None:
        """Keep the row of the epoch: a rise of val_loss shows there alone."""
        course = self._course(training.optimizer)
        course.rows.append(dict(row))
        course.stops_early = any(type(c).__name__ == "EarlyStopping" for c in training.callbacks)
        if training.table is not None:
            course.is_unweighted = False
        if self.case is not None:
            self.case.epochs = len(course.rows)

    def on_fit_end(self, training: Any) -> None:
        """Stop to watch, and tell."""
        self.__exit__()
        if self.verbose:
            print(self.diagnosis())

    def on_fit_failed(self, training: Any, error: BaseException) -> None:
        """Stop to watch; of a loss that is not finite, find where it began."""
        if isinstance(error, FloatingPointError) and self.case is not None and training.batch is not None:
            self.broken += broken.first_not_finite(training.model, training.loss, training.batch,
                                                  self._course(training.optimizer).steps)
        self.__exit__()
        if self.verbose and not isinstance(error, KeyboardInterrupt):
            print(self.diagnosis())

    # --- what was found -------------------------------------------------------------------------------------

    def findings(self) -> Iterator[Finding]:
        """All that was seen so far, unordered."""
        yield from self.broken
        for course in self.courses:
            yield from course.found
            yield from signs.findings(course, is_pair=bool(self.adversaries.rounds) or course.turns >= TURNS)
        yield from self.adversaries.findings()

    def diagnosis(self) -> Diagnosis:
        """What is wrong in the training so far, the most certain and severe first."""
        from dataclasses import replace

        steps = sum(course.steps for course in self.courses)
        note = f"watched {steps} steps of {len(self.courses)} optimiser{'s' * (len(self.courses) != 1)}"
        return Diagnosis([replace(finding, case=self.case) for finding in self.findings()], notes=[note])


def _below(kind: Any) -> Iterator[Any]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


