"""Reinforcement learning: worlds to act in, and what learns to act in them."""

from .a2c import A2C, A2CConfig
from .acrobot import AcrobotWorld
from .adapting import OneByOne, vectorised
from .agent import Agent
from .buffers import ReplayBuffer
from .cart_pole import CartPoleWorld
from .dqn import DQN, DQNConfig
from .drawing import Drawing, write_gif
from .environment import Env, VectorEnv, World
from .evaluation import evaluate, film
from .mountain_car import MountainCarWorld
from .pendulum import PendulumWorld
from .ppo import PPO, PPOConfig
from .practice import practise
from .registry import Acrobot, CartPole, MountainCar, Pendulum, make, make_vector
from .reinforce import Reinforce, ReinforceConfig
from .returns import discounted_returns, gae, n_step_returns
from .sac import SAC, SACConfig
from .spaces import Box, Discrete

__all__ = ["A2C", "DQN", "PPO", "SAC", "A2CConfig", "Acrobot", "AcrobotWorld", "Agent", "Box", "CartPole",
           "CartPoleWorld", "DQNConfig", "Discrete", "Drawing", "Env", "MountainCar", "MountainCarWorld",
           "OneByOne", "PPOConfig", "Pendulum", "PendulumWorld", "Reinforce", "ReinforceConfig",
           "ReplayBuffer", "SACConfig", "VectorEnv", "World", "discounted_returns", "evaluate", "film",
           "gae", "make", "make_vector", "n_step_returns", "practise", "vectorised", "write_gif"]
