"""Reinforcement learning: worlds to act in, and what learns to act in them."""

from .acrobot import AcrobotWorld
from .buffers import ReplayBuffer
from .cart_pole import CartPoleWorld
from .drawing import Drawing, write_gif
from .environment import Env, VectorEnv, World
from .mountain_car import MountainCarWorld
from .pendulum import PendulumWorld
from .registry import Acrobot, CartPole, MountainCar, Pendulum, make, make_vector
from .returns import discounted_returns, gae, n_step_returns
from .spaces import Box, Discrete

__all__ = ["Acrobot", "AcrobotWorld", "Box", "CartPole", "CartPoleWorld", "Discrete", "Drawing", "Env",
           "MountainCar", "MountainCarWorld", "Pendulum", "PendulumWorld", "ReplayBuffer", "VectorEnv",
           "World", "discounted_returns", "gae", "make", "make_vector", "n_step_returns", "write_gif"]
