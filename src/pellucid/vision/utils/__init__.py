"""torchvision's `utils`: grids of pictures, and pictures as files."""

from ..grid import make_grid, save_image

__all__ = ["make_grid", "save_image"]
