"""Linear algebra under the names of torch.linalg, each with its gradient.

Matrices lie in the last two dimensions, everything before them is a batch. The rules behind these functions
are op blocks: `ops/inverses.py`, `ops/spectra.py`, `ops/exponential.py`, `ops/products.py`.
"""

from ..absent import absences
from ..ops import multi_dot
from ..ops.inverses import LinAlgError
from .decompositions import eig, eigh, eigvals, eigvalsh, matrix_rank, pinv, qr, svd, svdvals
from .equations import (
    cholesky,
    cholesky_ex,
    inv,
    inv_ex,
    lstsq,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from .norms import cond, matrix_norm, norm, vector_norm
from .products import cross, det, diagonal, matmul, matrix_exp, matrix_power, slogdet, vander, vecdot

__all__ = ["LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh",
           "eigvals", "eigvalsh", "inv", "inv_ex", "lstsq", "matmul", "matrix_exp", "matrix_norm",
           "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex",
           "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot",
           "vector_norm"]

globals().update(absences("linalg", "only decompositions with a gradient are here",
                          "householder_product ldl_factor ldl_factor_ex ldl_solve lu lu_factor lu_factor_ex "
                          "lu_solve"))
