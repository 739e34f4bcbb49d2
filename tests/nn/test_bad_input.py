"""Bad input to layers: errors name the argument, what was expected and what came, and show how sizes come."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn, ones
from pellucid.nn import functional as F
from pellucid.nn.utils import rnn

PICTURE, SEQUENCE, BATCH = (1, 3, 4, 4), (1, 3, 4), (5, 3, 8)


def fed(layer, *shapes, **how):
    """A call of the layer with ones of these shapes."""
    return lambda: layer(*map(ones, shapes), **how)


CASES = {
    # kernels and sizes
    "(4 + 2*0 - 1*(5-1) - 1) // 1 + 1 = 0": fed(nn.Conv2d(3, 4, 5), PICTURE),
    "conv1d: a kernel of size 6 does not fit into dim 2 of size 4: (4 + 2*0 - 1*(6-1) - 1) // 1 + 1 = -1":
        fed(nn.Conv1d(3, 4, 6), SEQUENCE),
    "conv3d: a kernel of size 3 does not fit into dim 4 of size 2: (2 + 2*0 - 1*(3-1) - 1) // 2 + 1 = 0":
        fed(nn.Conv3d(3, 4, 3, 2), (1, 3, 4, 4, 2)),
    "dim 1 of size 4: (4 + 2*1 - 3*(3-1) - 1) // 2 + 1 = 0": fed(
        nn.Conv2d(3, 4, 3, 2, 1, dilation=3), (3, 4, 4)),                    # without a batch, dims count so
    "conv_transpose2d: dim 2 of size 2 would become (2-1)*1 - 2*3 + 1*(3-1) + 0 + 1 = -2":
        fed(nn.ConvTranspose2d(3, 4, 3, padding=3), (1, 3, 2, 2)),
    "conv_transpose1d: dim 1 of size 1 would become (1-1)*2 - 2*2 + 2*(2-1) + 1 + 1 = 0":
        fed(nn.ConvTranspose1d(3, 4, 2, 2, 2, 1, dilation=2), (3, 1)),
    "output_padding must be smaller than stride or dilation, got 2 with stride 2 and dilation 1":
        fed(nn.ConvTranspose2d(3, 4, 3, 2, output_padding=2), PICTURE),
    "output_size must lie between [5, 5] and [6, 6] for an input of shape (1, 3, 2, 2), got [9, 9]":
        fed(nn.ConvTranspose2d(3, 4, 3, 2), (1, 3, 2, 2), output_size=[9, 9]),
    "max_pool2d: a kernel of size 5 does not fit into dim 2 of size 4: (4 + 2*0 - 1*(5-1) - 1) // 5 + 1 = 0":
        fed(nn.MaxPool2d(5), PICTURE),
    "avg_pool1d: a kernel of size 5 does not fit into dim 2 of size 4": fed(nn.AvgPool1d(5), SEQUENCE),
    "lp_pool2d: a kernel of size 5 does not fit into dim 2 of size 4": fed(nn.LPPool2d(2, 5), PICTURE),
    "((2-1)*3 + 1) // 2 = 2, got 3: a window would see nothing": fed(nn.MaxPool2d(2, 2, 3, 3), PICTURE),
    "padding must be at most half of the kernel, 3 // 2 = 1, got 2": fed(nn.AvgPool2d(3, 2, 2), PICTURE),
    "unfold: a kernel of size 5 does not fit": fed(nn.Unfold(5), PICTURE),
    "3 * 3 = 9 windows of 2 * 2 = 4 places: input must have a multiple of 4 rows and 9 columns":
        fed(nn.Fold((4, 4), 2), (1, 12, 8)),
    "max_unpool2d: indices must be 0 or more and below 4 * 4 = 16, the places of the result; got 99":
        lambda: nn.MaxUnpool2d(2)(ones(1, 1, 2, 2), 99 * ones(1, 1, 2, 2).long()),
    "(2-1)*2 - 2*0 + 2 = 4, (3-1)*2 - 2*0 + 2 = 6; got (9, 9)":
        lambda: nn.MaxUnpool2d(2)(ones(1, 1, 2, 3), ones(1, 1, 2, 3).long(), output_size=(9, 9)),
    "indices must be integers of the shape of input, (1, 1, 2, 2), got pellucid.int64 (1, 1, 2, 3)":
        lambda: nn.MaxUnpool2d(2)(ones(1, 1, 2, 2), ones(1, 1, 2, 3).long()),
    "(4, 4) to become (0, 0), floor((4, 4) * 0.1)": fed(nn.Upsample(scale_factor=0.1), PICTURE),
    "pad: mode 'reflect' needs more than 4 places in dim 3 of (1, 3, 4, 4): there are 4":
        fed(nn.ReflectionPad2d(4), PICTURE),
    "pad: mode 'circular' needs 5 places or more in dim 3 of (1, 3, 4, 4): there are 4":
        fed(nn.Conv2d(3, 4, 3, padding=5, padding_mode="circular"), PICTURE),
    "pad (-3, -2) cuts more off than x of shape (1, 3, 4, 4) has":
        fed(nn.ConstantPad1d((-3, -2), 0), PICTURE),
    # channels and groups
    "conv2d: input (1, 2, 4, 4) has 2 channels, weight (4, 3, 3, 3) wants 3":
        fed(nn.Conv2d(3, 4, 3), (1, 2, 4, 4)),
    "weight (4, 2, 3, 3) wants 4 = 2*2 (groups)": fed(nn.Conv2d(4, 4, 3, groups=2), (1, 3, 4, 4)),
    "conv_transpose2d: input (1, 4, 2, 2) has 4 channels, weight (3, 4, 3, 3) wants 3":
        fed(nn.ConvTranspose2d(3, 4, 3), (1, 4, 2, 2)),
    "groups must be positive and divide in_channels and out_channels, got groups=2, in_channels=3":
        lambda: nn.Conv2d(3, 4, 3, groups=2),
    "groups=3 must divide the 4 output channels, dim 0 of weight (4, 2, 3, 3)":
        lambda: F.conv2d(ones(1, 4, 9, 9), ones(4, 2, 3, 3), groups=3),
    "GroupNorm: num_groups must divide num_channels, got 2 and 3": lambda: nn.GroupNorm(2, 3),
    "group_norm: input of shape (2, 6, 3) has its channels in dim 1, weight has shape (4,)":
        fed(nn.GroupNorm(2, 4), (2, 6, 3)),
    "num_groups 2 must divide the channels, dim 1 of shape (2, 5, 3)":
        lambda: F.group_norm(ones(2, 5, 3), 2),
    "batch_norm: input of shape (2, 4) has its channels in dim 1, running_mean has shape (3,)":
        fed(nn.BatchNorm1d(3), (2, 4)),
    "training needs more than 1 value per channel, got input of shape (1, 3)": fed(nn.BatchNorm1d(3), (1, 3)),
    "instance_norm: needs more than 1 value per channel and sample, got input of shape (1, 3, 1, 1)":
        fed(nn.InstanceNorm2d(3), (1, 3, 1, 1)),
    "InstanceNorm2d: input (1, 4, 2, 2) has 4 channels, num_features is 3":
        fed(nn.InstanceNorm2d(3, affine=True), (1, 4, 2, 2)),
    "layer_norm: x of shape (2, 4, 3) must end in normalized_shape (3, 4)":
        fed(nn.LayerNorm((3, 4)), (2, 4, 3)),
    "rms_norm: x of shape (2, 3) must end in normalized_shape (4,)": fed(nn.RMSNorm(4), (2, 3)),
    "with r = upscale_factor = 2, r^2 = 4, got shape (1, 3, 4, 4)": fed(nn.PixelShuffle(2), PICTURE),
    "channel_shuffle: groups=2 must divide the channels": fed(nn.ChannelShuffle(2), PICTURE),
    # ranks
    "conv2d: expects input (N, C, H, W) or (C, H, W), got shape (9, 9)": fed(nn.Conv2d(3, 4, 3), (9, 9)),
    "conv1d: expects input (N, C, L) or (C, L), got shape (9,)": fed(nn.Conv1d(3, 4, 3), (9,)),
    "max_pool2d: expects input (N, C, H, W) or (C, H, W), got shape (4, 4)": fed(nn.MaxPool2d(2), (4, 4)),
    "adaptive_avg_pool2d: expects input": fed(nn.AdaptiveAvgPool2d(2), (4, 4)),
    "output_size must be a number of 0 or more, or 2 of them, got (2, 2, 2)":
        fed(nn.AdaptiveAvgPool2d((2, 2, 2)), PICTURE),
    "the places of input must not be empty, got sizes (0, 4)": fed(nn.AdaptiveMaxPool2d(2), (1, 3, 0, 4)),
    "BatchNorm2d: input must be (N, C, H, W), got shape (2, 3, 4)": fed(nn.BatchNorm2d(3), (2, 3, 4)),
    "Conv2d: kernel_size must be a whole number, or 2 of them, got (3, 3, 3)":
        lambda: nn.Conv2d(3, 4, (3, 3, 3)),
    "Conv2d: stride must be 1 or more, got 0": lambda: nn.Conv2d(3, 4, 3, stride=0),
    "input, weight and bias must have one dtype, got float32 and int64":
        lambda: nn.Conv2d(3, 4, 3)(ones(PICTURE).long()),
    "Dropout: p must lie in [0, 1], got 1.5": lambda: nn.Dropout(1.5),
    # sequences
    "RNN: input of shape (5, 2, 4) must end in input_size 3": fed(nn.RNN(3, 4), (5, 2, 4)),
    "RNN: input must have 2 or 3 dimensions, got shape (3,)": fed(nn.RNN(3, 4), (3,)),
    "RNN: the sequences are empty: input has shape (0, 2, 3)": fed(nn.RNN(3, 4), (0, 2, 3)),
    "GRU: h0 must have shape (4, 2, 4), got (1, 2, 4)":
        fed(nn.GRU(3, 4, 2, bidirectional=True), (5, 2, 3), (1, 2, 4)),
    "LSTM: c0 must have shape (1, 2, 4), got (1, 2, 5)":
        lambda: nn.LSTM(3, 4)(ones(5, 2, 3), (ones(1, 2, 4), ones(1, 2, 5))),
    "LSTM: hx must be a pair (h0, c0)": fed(nn.LSTM(3, 4), (5, 2, 3), (1, 2, 4)),
    "LSTM: proj_size must be at least 0 and below hidden_size 4, got 4": lambda: nn.LSTM(3, 4, proj_size=4),
    "LSTMCell: input of shape (2, 4) must end in input_size 3": fed(nn.LSTMCell(3, 4), (2, 4)),
    "GRUCell: the state must have shape (2, 4), got (3, 4)": fed(nn.GRUCell(3, 4), (2, 3), (3, 4)),
    "lengths must lie between 1 and the padded length 4, got 5":
        lambda: rnn.pack_padded_sequence(ones(4, 2, 3), [5, 2]),
    "lengths must lie between 1 and the padded length 4, got 0":
        lambda: rnn.pack_padded_sequence(ones(4, 2, 3), [4, 0]),
    "lengths must lie between 1 and the padded length 0, got 0": lambda: rnn.pack_sequence([ones(0, 3)]),
    "lengths must hold a length for each of 2 sequences, got shape (1,)":
        lambda: rnn.pack_padded_sequence(ones(4, 2, 3), [4]),
    "total_length is 3, the longest sequence has 4":
        lambda: rnn.pad_packed_sequence(rnn.pack_padded_sequence(ones(4, 2, 3), [4, 2]), total_length=3),
    "sequence 1 has shape (2, 4), sequence 0 (2, 3): they may differ in their first dimension only":
        lambda: rnn.pad_sequence([ones(2, 3), ones(2, 4)]),
    # attention
    "MultiheadAttention: num_heads must divide embed_dim": lambda: nn.MultiheadAttention(8, 3),
    "query must have 8 features, got query (5, 3, 7), key (5, 3, 8), value (5, 3, 8)":
        fed(nn.MultiheadAttention(8, 2), (5, 3, 7), BATCH, BATCH),
    "every key needs a value: query (5, 3, 8), key (4, 3, 8), value (5, 3, 8)":
        fed(nn.MultiheadAttention(8, 2), BATCH, (4, 3, 8), BATCH),
    "query and key must be batches of one size, dim 1: query (5, 3, 8), key (5, 2, 8)":
        fed(nn.MultiheadAttention(8, 2), BATCH, (5, 2, 8), (5, 2, 8)),
    "must have 3 dimensions, or 2 without a batch: query (5, 3, 8), key (5, 8)":
        fed(nn.MultiheadAttention(8, 2), BATCH, (5, 8), (5, 8)),
    "attn_mask must have shape (5, 5), got (4, 5)":
        fed(nn.MultiheadAttention(8, 2), BATCH, BATCH, BATCH, attn_mask=ones(4, 5)),
    "attn_mask must have shape (6, 5, 5), got (3, 5, 5)":
        fed(nn.MultiheadAttention(8, 2), BATCH, BATCH, BATCH, attn_mask=ones(3, 5, 5)),
    "key_padding_mask must have shape (3, 5), got (5, 3)":
        fed(nn.MultiheadAttention(8, 2), BATCH, BATCH, BATCH, key_padding_mask=ones(5, 3)),
    "attn_mask must have shape (5, 5), got (4, 4)": fed(nn.TransformerEncoderLayer(8, 2), BATCH, (4, 4)),
    "scaled_dot_product_attention: attn_mask of shape (3, 3) does not broadcast to the scores' (2, 2)":
        fed(F.scaled_dot_product_attention, *[(2, 3)] * 3, (3, 3)),
    "value (..., S, E) do not fit: query (2, 3), key (2, 4), value (2, 4)":
        fed(F.scaled_dot_product_attention, (2, 3), (2, 4), (2, 4)),
    "the 3 heads of key and value must divide the 4 of query":
        fed(F.scaled_dot_product_attention, (1, 4, 2, 3), (1, 3, 2, 3), (1, 3, 2, 3), enable_gqa=True),
    "Transformer: src and tgt must be batches of one size, got (5, 3, 8) and (5, 2, 8)":
        fed(nn.Transformer(8, 2, 1, 1, 8), BATCH, (5, 2, 8)),
}


@pytest.mark.parametrize("says", CASES)
def test_error_says_what_is_wrong(says):
    with pytest.raises((RuntimeError, ValueError)) as caught:
        CASES[says]()
    assert says in str(caught.value), str(caught.value)


def test_unknown_modes():
    with pytest.raises(NotImplementedError, match="mode must be 'constant'.*got 'mirror'"):
        F.pad(ones(PICTURE), (1, 1), mode="mirror")
    with pytest.raises(NotImplementedError, match=r"mode 'bilinear' needs 2 dimensions behind \(N, C\)"):
        F.interpolate(ones(SEQUENCE), scale_factor=2, mode="bilinear")


def test_empty_batches_are_no_error():
    """A batch of no samples gives no results, in every layer that has weights for it."""
    assert nn.Conv2d(3, 4, 3)(ones(0, 3, 9, 9)).shape == (0, 4, 7, 7)
    assert nn.BatchNorm2d(3)(ones(0, 3, 2, 2)).shape == (0, 3, 2, 2)
    assert nn.MaxPool2d(2)(ones(0, 3, 4, 4)).shape == (0, 3, 2, 2)
    assert nn.MultiheadAttention(8, 2)(*[ones(5, 0, 8)] * 3)[0].shape == (5, 0, 8)
    assert pellucid.nn.functional.interpolate(ones(0, 3, 4, 4), scale_factor=2).shape == (0, 3, 8, 8)
