"""Every operation, one block each: formula, value, derivative."""

from . import (
    accumulate,
    activation,
    arithmetic,
    bitwise,
    bounds,
    compare,
    convert,
    create,
    diagonal,
    dropout,
    einsum,
    elementwise,
    embedding,
    extremes,
    fill,
    gather,
    index,
    join,
    linalg,
    masks,
    memory,
    methods,
    norm,
    order,
    pad,
    protocol,
    random,
    reduce,
    shape,
    softmax,
    sort,
    statistics,
    trigonometry,
    windows,
    write,
)
from .activation import *  # noqa: F403
from .arithmetic import *  # noqa: F403
from .bitwise import *  # noqa: F403
from .bounds import *  # noqa: F403
from .compare import *  # noqa: F403
from .convert import *  # noqa: F403
from .create import *  # noqa: F403
from .diagonal import *  # noqa: F403
from .dropout import *  # noqa: F403
from .einsum import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .extremes import *  # noqa: F403
from .fill import *  # noqa: F403
from .gather import *  # noqa: F403
from .index import *  # noqa: F403
from .join import *  # noqa: F403
from .linalg import *  # noqa: F403
from .memory import *  # noqa: F403
from .order import *  # noqa: F403
from .random import *  # noqa: F403
from .reduce import *  # noqa: F403
from .shape import *  # noqa: F403
from .softmax import *  # noqa: F403
from .sort import *  # noqa: F403
from .statistics import *  # noqa: F403
from .trigonometry import *  # noqa: F403
