"""Data sets of pictures under torchvision's names, read from a local folder."""

from .cifar import CIFAR10, CIFAR100
from .fake import FakeData
from .folder import DatasetFolder, ImageFolder, default_loader
from .mnist import KMNIST, MNIST, FashionMNIST
from .pairs import VisionDataset

__all__ = ["CIFAR10", "CIFAR100", "DatasetFolder", "FakeData", "FashionMNIST", "ImageFolder", "KMNIST",
           "MNIST", "VisionDataset", "default_loader"]
