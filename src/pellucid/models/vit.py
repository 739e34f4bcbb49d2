"""Vision Transformer: a picture is a sentence whose words are patches.

    z0 = [class; x_1 E; ...; x_P E] + positions            x_i: patch i as a vector
    z' = z + attention(norm(z)),    z = z' + mlp(norm(z'))  in each block
    y  = norm(z)[class] W

Nothing in it knows that patches have neighbours: where each one lies is learned, as is what to look at.

With a stem, two small convolutions make the tokens instead (the paper's hybrid): they find strokes from the
start, where patches need many more pictures to.

Source:  Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words", arXiv:2010.11929, equations 1 to 4, and
         section 3.1 for the hybrid; Xiao et al. 2021, "Early Convolutions Help Transformers See Better",
         arXiv:2106.14881, for its convolutions of stride 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import Tensor, cat, nn, no_grad, zeros
from ..nn import functional as F


@dataclass(frozen=True)
class ViTConfig:
    size: int = 28              # pixels of a side
    patch: int = 4              # pixels of a patch's side; must divide size
    channels: int = 1
    n_classes: int = 10
    width: int = 64             # of each token
    n_heads: int = 4
    n_blocks: int = 4
    stem: int = 0               # channels between two convolutions of stride 2; 0: patches, as they are
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.size % self.patch or self.width % self.n_heads:
            raise ValueError(f"vit: patch must divide size and n_heads width, got patch={self.patch}, "
                             f"size={self.size}, n_heads={self.n_heads}, width={self.width}")
        if self.stem and self.patch != 4:
            raise ValueError(f"vit: two convolutions of stride 2 make tokens of 4 x 4 pixels, got stem="
                             f"{self.stem} with patch={self.patch}")


def embedding(config: ViTConfig) -> nn.Module:
    """Patches times a matrix, which is a convolution that steps from patch to patch; or the stem.

    Shapes:  x (B, channels, size, size) -> (B, C, size / patch, size / patch)
    """
    if not config.stem:
        return nn.Conv2d(config.channels, config.width, config.patch, stride=config.patch)
    return nn.Sequential(nn.Conv2d(config.channels, config.stem, 3, stride=2, padding=1), nn.ReLU(),
                         nn.Conv2d(config.stem, config.width, 3, stride=2, padding=1))


class Attention(nn.Module):
    """Each token gathers what other tokens have, by how well its query meets their keys.

    Shapes:  x (B, T, C) -> (B, T, C)
    """

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.n_heads = config.n_heads

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of each head, each (B, H, T, D)."""
        b, t, c = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.n_heads, c // self.n_heads).permute(2, 0, 3, 1, 4)
        return q, k, v

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.parts(x)
        y = F.scaled_dot_product_attention(q, k, v)                    # (B, H, T, D)
        return self.out(y.transpose(1, 2).flatten(2))                  # (B, T, C)

    def weights(self, x: Tensor) -> Tensor:
        """How much each token takes from each: softmax(q k^T / sqrt(D)), (B, H, T, T)."""
        q, k, _ = self.parts(x)
        return F.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, dim=-1)


class Block(nn.Module):
    """Attention, then a small network at every token, each added to what it read.

    Shapes:  x (B, T, C) -> (B, T, C)
    """

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        c = config.width
        self.norm1, self.attention = nn.LayerNorm(c), Attention(config)
        self.norm2 = nn.LayerNorm(c)
        self.mlp = nn.Sequential(nn.Linear(c, 4 * c), nn.GELU(), nn.Linear(4 * c, c))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.mlp(self.norm2(x)))


class VisionTransformer(nn.Module):
    """Patches, a class token, blocks of a transformer, and a linear layer on the class token.

    Shapes:  x (B, channels, size, size) -> logits (B, n_classes)
    Raises:  ValueError from ViTConfig for a patch that does not divide the size.
    """

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        self.config = config
        n_patches = (config.size // config.patch) ** 2
        self.embed = embedding(config)
        self.token = nn.Parameter(zeros(1, 1, config.width))           # collects what the answer needs
        self.positions = nn.Parameter(zeros(1, n_patches + 1, config.width))
        self.blocks = nn.ModuleList([Block(config) for _ in range(config.n_blocks)])
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.n_classes)
        nn.init.trunc_normal_(self.positions, std=0.02)
        nn.init.trunc_normal_(self.token, std=0.02)

    def tokens(self, x: Tensor) -> Tensor:
        """The class token and the patches, with their places: (B, P + 1, C)."""
        patches = self.embed(x).flatten(2).transpose(1, 2)             # (B, C, h, w) -> (B, P, C)
        first = self.token.expand(len(x), 1, self.config.width)
        return cat([first, patches], 1) + self.positions

    def forward(self, x: Tensor) -> Tensor:
        z = self.tokens(x)
        for block in self.blocks:
            z = block(z)
        return self.head(self.norm(z[:, 0]))

    def attention(self, x: Tensor) -> Tensor:
        """What each token looks at in every block and head, (blocks, B, H, T, T), without gradients."""
        found = []
        with no_grad():
            z = self.tokens(x)
            for block in self.blocks:
                found.append(block.attention.weights(block.norm1(z))[None])
                z = block(z)
            return cat(found)
