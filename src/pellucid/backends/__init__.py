"""`torch.backends`: what PyTorch's libraries can be asked and told. Those that are not here say so."""

from . import cpu, cuda, cudnn, mkl, mkldnn, mps, openmp

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]
