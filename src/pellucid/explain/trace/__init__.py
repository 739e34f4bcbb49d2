"""Record a network at work: each op, each rule and each update, with its formula and its numbers.

    with trace() as t:                     what runs inside is recorded
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    t = trace(model, x, y, loss)           forward, loss and backward, once

    print(t.table())                       in the terminal
    t.to_html("trace.html")                one page, works offline
    t.why(loss)                            what this number came from
    t.why(model.weight.grad, (0, 1))       the chain rule for this gradient, factor by factor

The module itself can be called: `pellucid.explain.trace(...)` is `pellucid.explain.trace.trace(...)`.
"""

from ..called import stands_for_its_function
from .recording import Trace, trace

__all__ = ["Trace", "trace"]

stands_for_its_function(__name__)
