"""Layers and losses as plain functions, under PyTorch's names: `import pellucid.nn.functional as F`."""

# ruff: noqa: F401 (names for users)
from ...ops.activation import gelu, prelu, softplus
from ...ops.attention import scaled_dot_product_attention
from ...ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from ...ops.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from ...ops.embedding import embedding, embedding_bag
from ...ops.gates import glu, hardshrink, logsigmoid, sigmoid, softshrink, softsign, tanhshrink
from ...ops.linalg import bilinear, linear
from ...ops.norm import batch_norm, instance_norm, layer_norm, rms_norm
from ...ops.norm_groups import group_norm
from ...ops.norm_local import local_response_norm
from ...ops.pad import pad
from ...ops.pool_adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from ...ops.pool_max import max_pool1d, max_pool2d, max_pool3d
from ...ops.pool_mean import avg_pool1d, avg_pool2d, avg_pool3d, lp_pool1d, lp_pool2d, lp_pool3d
from ...ops.pool_undo import max_unpool1d, max_unpool2d, max_unpool3d
from ...ops.resample import interpolate
from ...ops.search import one_hot
from ...ops.shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from ...ops.trigonometry import tanh
from ...ops.unfold import fold, unfold
from ...ops.warp import affine_grid, grid_sample
from .activation import (
    celu,
    celu_,
    elu,
    elu_,
    gumbel_softmax,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    log_softmax,
    mish,
    relu,
    relu6,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    silu,
    softmax,
    softmin,
    threshold,
    threshold_,
)
from .attention import multi_head_attention_forward
from .classification import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_div,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    nll_loss,
    soft_margin_loss,
)
from .distance import (
    cosine_embedding_loss,
    cosine_similarity,
    hinge_embedding_loss,
    margin_ranking_loss,
    normalize,
    pairwise_distance,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from .regression import (
    gaussian_nll_loss,
    huber_loss,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from .renamed import (
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d_with_indices,
    max_pool1d_with_indices,
    max_pool2d_with_indices,
    max_pool3d_with_indices,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)
from .sequence import ctc_loss
