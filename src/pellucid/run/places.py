"""Where PyTorch's modules are found in Pellucid. What is not listed, or not there yet, is missing."""

from __future__ import annotations


def _below(parent: str, names: str, real: str) -> dict[str, str]:
    return {f"{parent}.{name}": real for name in names.split()}


_SAME = """
    accelerator amp autograd autograd.functional autograd.gradcheck backends backends.cpu backends.cuda
    backends.cudnn backends.mkl backends.mkldnn backends.mps backends.openmp compiler cuda cuda.amp
    distributed distributions fft func hub jit linalg mps multiprocessing nn nn.attention nn.functional
    nn.init nn.parallel nn.parameter nn.utils nn.utils.parametrizations nn.utils.parametrize nn.utils.rnn
    onnx optim optim.lr_scheduler optim.optimizer optim.swa_utils serialization sparse special types utils
    utils.checkpoint utils.data utils.data.dataset utils.data.sampler utils.tensorboard version xpu
    """.split()
# PyTorch spreads its families over more files than Pellucid, or over others.
PLACES = {
    "torch": "pellucid",
    **{f"torch.{name}": f"pellucid.{name}" for name in _SAME},
    "torch.random": "pellucid.generator",
    "torch.autograd.function": "pellucid.function",
    "torch.autograd.anomaly_mode": "pellucid.anomaly",
    "torch.nn.utils.clip_grad": "pellucid.nn.utils.clip",
    "torch.nn.utils.convert_parameters": "pellucid.nn.utils.vector",
    "torch.testing": "pellucid.testing",
    "torch.utils.data.dataloader": "pellucid.utils.data",
    "torch.utils.data.distributed": "pellucid.utils.data.distributed",
    "torch.utils.model_zoo": "pellucid.hub",
    "torch.nn.modules": "pellucid.nn",
    "torch.nn.parallel.distributed": "pellucid.nn.parallel",
    **_below("torch.autograd", "grad_mode variable", "pellucid.autograd"),
    "torch.nn.utils.stateless": "pellucid.func",
    **_below("torch.amp", "autocast_mode grad_scaler", "pellucid.amp"),
    **_below("torch.nn.modules", "activation adaptive batchnorm channelshuffle container conv distance "
             "dropout flatten fold instancenorm linear loss module normalization padding pixelshuffle "
             "pooling rnn sparse transformer upsampling utils", "pellucid.nn"),
    **_below("torch.optim", "adadelta adafactor adagrad adam adamax adamw asgd lbfgs nadam radam rmsprop "
             "rprop sgd",
             "pellucid.optim"),
    **_below("torch.distributions", "bernoulli beta binomial categorical cauchy chi2 continuous_bernoulli "
             "dirichlet distribution exp_family exponential fishersnedecor gamma generalized_pareto "
             "geometric gumbel half_cauchy half_normal independent inverse_gamma kumaraswamy laplace "
             "lkj_cholesky log_normal logistic_normal lowrank_multivariate_normal mixture_same_family "
             "multinomial multivariate_normal negative_binomial normal one_hot_categorical pareto poisson "
             "relaxed_bernoulli relaxed_categorical studentT transformed_distribution uniform utils "
             "von_mises weibull wishart",
             "pellucid.distributions"),
    "torch.distributions.constraints": "pellucid.distributions.constraints",
    "torch.distributions.constraint_registry": "pellucid.distributions.constraint_registry",
    "torch.distributions.kl": "pellucid.distributions.kl",
    "torch.distributions.transforms": "pellucid.distributions.transforms",
    "torchvision": "pellucid.vision",
    **{f"torchvision.{name}": f"pellucid.vision.{name}"
       for name in ("datasets", "models", "transforms", "transforms.functional", "utils")},
    "torchvision.transforms.transforms": "pellucid.vision.transforms",
    **_below("torchvision.datasets", "cifar fakedata folder mnist vision", "pellucid.vision.datasets"),
    **_below("torchvision.models", "resnet", "pellucid.vision.models"),
}
# PyTorch's own variants of classes that are one class here.
RENAMED = {"torch.nn.modules.linear.NonDynamicallyQuantizableLinear": "Linear"}
