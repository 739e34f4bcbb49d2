"""Every operation, one block each: formula, value, derivative."""

from ..written import takes_out
from . import (  # noqa: F401
    accumulate,
    activation,
    arithmetic,
    attention,
    bessel,
    bitwise,
    blend,
    border,
    bounds,
    compare,
    convert,
    create,
    densities,
    distance,
    elementwise,
    embedding,
    exponential,
    extremes,
    fill,
    gamma,
    gates,
    incomplete,
    index,
    inplace_methods,
    inplace_shape,
    inverses,
    join,
    legacy,
    limits,
    linalg,
    masks,
    memory,
    methods,
    order,
    pad,
    products,
    protocol,
    quantiles,
    random,
    random_counts,
    ranges,
    recurrent,
    reduce,
    scan,
    search,
    shape,
    sparse,
    sparse_functions,
    special,
    spectra,
    statistics,
    strided,
    triangular,
    trigonometry,
    windows,
    write,
)
from .activation import *  # noqa: F403
from .arithmetic import *  # noqa: F403
from .bessel import *  # noqa: F403
from .bitwise import *  # noqa: F403
from .blend import *  # noqa: F403
from .bounds import *  # noqa: F403
from .compare import *  # noqa: F403
from .conv import *  # noqa: F403
from .convert import *  # noqa: F403
from .create import *  # noqa: F403
from .diagonal import *  # noqa: F403
from .distance import *  # noqa: F403
from .dropout import *  # noqa: F403
from .einsum import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .exponential import *  # noqa: F403
from .extremes import *  # noqa: F403
from .fill import *  # noqa: F403
from .gamma import *  # noqa: F403
from .gates import *  # noqa: F403
from .gather import *  # noqa: F403
from .incomplete import *  # noqa: F403
from .index import *  # noqa: F403
from .inplace_methods import *  # noqa: F403
from .inverses import *  # noqa: F403
from .join import *  # noqa: F403
from .legacy import *  # noqa: F403
from .limits import *  # noqa: F403
from .linalg import *  # noqa: F403
from .memory import *  # noqa: F403
from .norm import *  # noqa: F403
from .norm_groups import *  # noqa: F403
from .order import *  # noqa: F403
from .pool_adaptive import *  # noqa: F403
from .pool_max import *  # noqa: F403
from .pool_mean import *  # noqa: F403
from .products import *  # noqa: F403
from .protocol import *  # noqa: F403
from .quantiles import *  # noqa: F403
from .random import *  # noqa: F403
from .random_counts import *  # noqa: F403
from .ranges import *  # noqa: F403
from .reduce import *  # noqa: F403
from .scan import *  # noqa: F403
from .scatter import *  # noqa: F403
from .search import *  # noqa: F403
from .select import *  # noqa: F403
from .shape import *  # noqa: F403
from .shuffle import *  # noqa: F403
from .softmax import *  # noqa: F403
from .sort import *  # noqa: F403
from .sparse_functions import *  # noqa: F403
from .special import *  # noqa: F403
from .spectra import *  # noqa: F403
from .statistics import *  # noqa: F403
from .strided import *  # noqa: F403
from .triangular import *  # noqa: F403
from .trigonometry import *  # noqa: F403
from .write import *  # noqa: F403

for _name in sparse_functions.HANDED_OVER:
    globals()[_name] = sparse_functions.handed_over(globals()[_name])
norm = distance.norm                                             # torch.norm, not the module of batch_norm

_COMPOSED = """
    addbmm addmm addmv addr aminmax argsort baddbmm bmm bucketize cat cholesky cholesky_inverse
    cholesky_solve clamp clamp_max clamp_min clip column_stack concat concatenate cross cummax cummin diag
    diff div divide dot dstack float_power ger histc hspmm hstack i0 index_add index_copy inner isin kron
    kthvalue ldexp masked_select matrix_power max median min mm mode msort mv mvlgamma nanmean nanmedian
    nanquantile nansum narrow_copy nonzero nuclear_norm outer polygamma qr quantile row_stack scatter
    scatter_add searchsorted slogdet sort stack std svd take take_along_dim tensordot topk triangular_solve
    true_divide var vdot vstack where
"""
for _name in _COMPOSED.split():                                  # ops take out= by themselves
    globals()[_name] = takes_out(globals()[_name])
