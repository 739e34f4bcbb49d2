"""Functions of functions, under the names of torch.func: gradients, Jacobians, maps over batches.

A worked example: f(x) = x_1^2 x_2 at x = (3, 2).

    grad(f)      (2 x_1 x_2, x_1^2) = (12, 9)
    hessian(f)   [[2 x_2, 2 x_1], [2 x_1, 0]] = [[4, 6], [6, 0]]

>>> def f(x):
...     return x[0] ** 2 * x[1]
>>> grad(f)(pellucid.tensor([3.0, 2.0]))
tensor([12.,  9.])
>>> grad(lambda x: grad(f)(x)[0])(pellucid.tensor([3.0, 2.0]))        # the first row of the Hessian
tensor([4., 6.])
>>> vmap(grad(f))(pellucid.tensor([[3.0, 2.0], [1.0, 5.0]]))          # one gradient for each row
tensor([[12.,  9.],
        [10.,  1.]])

Each of these takes a function and returns one, so they nest. Arguments may be tensors, and tuples, lists and
dictionaries of them.
"""

from ..absent import absences
from .batches import vmap
from .derivatives import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, vjp
from .modules import functional_call, stack_module_state

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize",
           "stack_module_state", "vjp", "vmap"]

globals().update(absences("func", "functions run here as they are written, nothing traces them",
                          "functionalize replace_all_batch_norm_modules_"))
