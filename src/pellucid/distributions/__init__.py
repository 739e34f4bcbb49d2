"""Probability distributions under PyTorch's names.

A distribution draws (`sample`, and `rsample` where gradients flow through the draw) and tells how likely a
value is (`log_prob`); it knows its mean, variance, entropy, and `kl_divergence` measures how one differs from
another. `distribution` has what all share, `normal` is the one to read first.

    policy = Categorical(logits=network(state))
    action = policy.sample()
    loss = -policy.log_prob(action) * reward
"""

# ruff: noqa: F401, F403 (names for users)
from . import constraints
from .bernoulli import Bernoulli, Geometric
from .categorical import Categorical, Multinomial, OneHotCategorical, OneHotCategoricalStraightThrough
from .circular import VonMises
from .constraint_registry import biject_to, transform_to
from .continuous_bernoulli import ContinuousBernoulli
from .counts import Binomial, NegativeBinomial, Poisson
from .distribution import Distribution, ExponentialFamily
from .exponential import Exponential, Gumbel, Laplace, Pareto, Weibull
from .gamma import Beta, Chi2, Dirichlet, FisherSnedecor, Gamma, InverseGamma
from .heavy_tails import Cauchy, GeneralizedPareto, HalfCauchy, StudentT
from .independent import Independent, TransformedDistribution
from .kl import kl_divergence, register_kl
from .matrices import LKJCholesky, Wishart
from .mixture import MixtureSameFamily
from .multivariate_normal import LowRankMultivariateNormal, MultivariateNormal
from .normal import HalfNormal, LogisticNormal, LogNormal, Normal
from .parameters import broadcast_all, clamp_probs, lazy_property, logits_to_probs, probs_to_logits
from .relaxed import (
    ExpRelaxedCategorical,
    LogitRelaxedBernoulli,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
)
from .transforms import *
from .uniform import Kumaraswamy, Uniform
