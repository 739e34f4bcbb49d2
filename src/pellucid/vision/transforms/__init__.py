"""Changes of pictures before they are learned from, under torchvision's names."""

from . import functional
from .functional import InterpolationMode
from .geometry import (
    CenterCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    Resize,
)
from .kinds import ConvertImageDtype, Grayscale, Lambda, Normalize, PILToTensor, ToPILImage, ToTensor
from .several import Compose, RandomApply, RandomChoice, RandomOrder

__all__ = ["CenterCrop", "Compose", "ConvertImageDtype", "Grayscale", "InterpolationMode", "Lambda",
           "Normalize", "PILToTensor", "Pad", "RandomApply", "RandomChoice", "RandomCrop",
           "RandomHorizontalFlip", "RandomOrder", "RandomResizedCrop", "RandomVerticalFlip", "Resize",
           "ToPILImage", "ToTensor", "functional"]
