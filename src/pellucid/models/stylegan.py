"""StyleGAN in small: noise becomes a style, and the style says at every layer what the picture shall be like.

    mapping      z -> w = f(z)                   a few linear layers; what varies together is untangled
    synthesis    a learned 7 x 7 start -> 14 x 14 -> 28 x 28; before each convolution w scales the maps
    noise        one more picture of noise at each layer, for what no style decides: where a hair lies
    mixing       early layers by one style, late ones by another: coarse from the one, fine from the other
    truncation   w is pulled towards the mean style: pictures less various and more alike to the many

    modulated convolution    y_o = d_o sum_i W_oi * (s_i x_i)      d_o = 1 / sqrt(sum (W_oi s_i)^2 + e)

Scaling the maps by the style s and dividing by what it does to their size is the same as one convolution per
sample with its own weights, but it is a single convolution for all.

Source:  Karras, Laine & Aila 2019, "A Style-Based Generator Architecture for Generative
         Adversarial Networks", arXiv:1812.04948 (mapping, noise, mixing, truncation);
         Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", arXiv:1912.04958,
         section 2.2 (modulation), section 4.1 (pictures are sums over the resolutions);
         Mescheder, Geiger & Nowozin 2018, arXiv:1801.04406 (the penalty R1).
Differs: three resolutions from 7 to 28, plain doubling for filtered, no equalised learning rate, no path
         length penalty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .. import Tensor, autograd, nn, ones, rand, randn, rsqrt, stack, zeros
from ..nn import functional as F
from .dcgan import DCGANConfig, quarter


@dataclass(frozen=True)
class StyleGANConfig(DCGANConfig):
    style: int = 64             # numbers in a style
    layers: int = 3             # of the mapping


class Mapping(nn.Module):
    """Makes a style out of noise that is first put on a sphere.

        w = f(z / sqrt(mean z^2))

    Shapes:  z (B, noise) -> w (B, style)
    """

    def __init__(self, config: StyleGANConfig) -> None:
        super().__init__()
        widths = [config.noise, *[config.style] * config.layers]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))
        self.leaky = nn.LeakyReLU(0.2)
        for layer in self.layers:                                  # styles as various as the noise is
            nn.init.kaiming_normal_(layer.weight, 0.2)
            nn.init.zeros_(layer.bias)

    def forward(self, z: Tensor) -> Tensor:
        w = z * rsqrt((z ** 2).mean(1, keepdim=True) + 1e-8)
        for layer in self.layers:
            w = self.leaky(layer(w))
        return w


class StyleConv(nn.Module):
    """A convolution whose maps the style scales, then a picture of noise, a bias, and a bend.

    Shapes:  x (B, C, H, W), w (B, style) -> (B, D, H, W)
    """

    def __init__(self, n_in: int, n_out: int, style: int) -> None:
        super().__init__()
        self.affine = nn.Linear(style, n_in)
        self.conv = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
        self.bias = nn.Parameter(zeros(n_out, 1, 1))
        self.strength = nn.Parameter(zeros(n_out, 1, 1))           # of the noise
        nn.init.normal_(self.affine.weight, 0.0, style ** -0.5)
        nn.init.ones_(self.affine.bias)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        s = self.affine(w)                                         # (B, C)
        power = (self.conv.weight ** 2).sum((2, 3))                # (D, C)
        d = rsqrt(s ** 2 @ power.T + 1e-8)                         # (B, D)
        x = self.conv(x * s[:, :, None, None]) * d[:, :, None, None]
        noise = randn(len(x), 1, *x.shape[2:])
        return F.leaky_relu(x + self.strength * noise + self.bias, 0.2)


class Generator(nn.Module):
    """Mapping and synthesis. Where two noises are given, layers from `cross` on take the second one's style.

    Shapes:  z (B, noise), z2 (B, noise) -> x (B, channels, size, size) in [-1, 1]
    Raises:  ValueError for a size that is no multiple of 4.
    """

    def __init__(self, config: StyleGANConfig) -> None:
        super().__init__()
        side, wide, narrow = quarter(config), 2 * config.width, config.width
        self.mapping = Mapping(config)
        self.start = nn.Parameter(randn(1, wide, side, side))
        sizes = [(wide, wide), (wide, narrow), (narrow, narrow)]
        self.convs = nn.ModuleList(StyleConv(a, b, config.style) for a, b in sizes)
        self.inks = nn.ModuleList(nn.Conv2d(b, config.channels, 1) for _, b in sizes)
        self.register_buffer("mean_style", zeros(config.style))

    def forward(self, z: Tensor, z2: Tensor | None = None, cross: int = 1) -> Tensor:
        w = self.mapping(z)
        if self.training:                                          # the mean style follows the styles
            self.mean_style.lerp_(w.detach().mean(0), 0.005)
        return self.synthesis(self.mixed(w, w if z2 is None else self.mapping(z2), cross))

    def mixed(self, w: Tensor, w2: Tensor, cross: int) -> Tensor:
        """A style for each layer: w before layer `cross`, w2 from there on.

        Shapes:  w, w2 (B, style) -> (layers, B, style)
        Raises:  ValueError for a cross outside 0 to the number of layers.
        """
        n = len(self.convs)
        if not 0 <= cross <= n:
            raise ValueError(f"stylegan: cross must be a layer from 0 to {n}, got {cross}")
        return stack([w] * cross + [w2] * (n - cross))

    def truncated(self, w: Tensor, psi: float) -> Tensor:
        """Styles nearer to the mean:  m + psi (w - m).

        Raises:  ValueError for psi outside [0, 1].
        """
        if not 0 <= psi <= 1:
            raise ValueError(f"stylegan: psi must be in [0, 1], got {psi}")
        return self.mean_style + psi * (w - self.mean_style)

    def synthesis(self, styles: Tensor) -> Tensor:
        """Pictures from a style for each layer.

        Shapes:  styles (layers, B, style) -> x (B, channels, size, size)
        """
        x = self.convs[0](self.start * ones(styles.shape[1], 1, 1, 1), styles[0])      # (B, 2w, 7, 7)
        picture = self.inks[0](x)
        for i in range(1, len(self.convs)):
            x = self.convs[i](F.interpolate(x, scale_factor=2), styles[i])             # 14, 28
            picture = F.interpolate(picture, scale_factor=2) + self.inks[i](x)
        return picture.tanh()


class MixingGenerator(nn.Module):
    """A generator that mixes two styles in a share of its batches while it trains, at a layer by chance.

    Neighbouring layers learn so not to rely on each other's style.

    Shapes:  z (B, noise) -> x (B, channels, size, size)
    """

    def __init__(self, generator: Generator, share: float = 0.9) -> None:
        super().__init__()
        self.generator, self.share = generator, share

    def forward(self, z: Tensor) -> Tensor:
        if not self.training or float(rand(1)) >= self.share:
            return self.generator(z)
        cross = 1 + int(float(rand(1)) * (len(self.generator.convs) - 1))
        return self.generator(z, randn(*z.shape), cross)


def r1_penalty(discriminator: Callable[..., Tensor], real: Tensor, fake: Tensor, *given: Tensor,
               weight: float = 1.0) -> Tensor:
    """How steep the discriminator is where samples are real: there it ought to be flat in the end.

        y = weight / 2 mean |ds/dx|^2

    Shapes:  real (B, ...); fake is not looked at -> a number
    """
    x = real.detach().requires_grad_(True)
    slope, = autograd.grad(discriminator(x, *given).sum(), x, create_graph=True)
    return weight / 2 * (slope.flatten(1) ** 2).sum(1).mean()
