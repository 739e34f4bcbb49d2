"""Reinforcement learning: worlds to act in, and what learns to act in them."""

from .acrobot import AcrobotWorld
from .adapting import OneByOne, vectorised
from .agent import Agent
from .buffers import ReplayBuffer
from .cart_pole import CartPoleWorld
from .drawing import Drawing, write_gif
from .environment import Env, VectorEnv, World
from .evaluation import evaluate, film
from .mountain_car import MountainCarWorld
from .pendulum import PendulumWorld
from .ppo import PPO, PPOConfig
from .practice import practise
from .registry import Acrobot, CartPole, MountainCar, Pendulum, make, make_vector
from .returns import discounted_returns, gae, n_step_returns
from .spaces import Box, Discrete

__all__ = ["PPO", "Acrobot", "AcrobotWorld", "Agent", "Box", "CartPole", "CartPoleWorld", "Discrete",
           "Drawing", "Env", "MountainCar", "MountainCarWorld", "OneByOne", "PPOConfig", "Pendulum",
           "PendulumWorld", "ReplayBuffer", "VectorEnv", "World", "discounted_returns", "evaluate", "film",
           "gae", "make", "make_vector", "n_step_returns", "practise", "vectorised", "write_gif"]
