"""Reinforcement learning: worlds to act in, and what learns to act in them."""

from .a2c import A2C, A2CConfig
from .acrobot import AcrobotWorld
from .adapting import OneByOne, vectorised
from .agent import Agent
from .bandits import Bandit, BernoulliBandit, GaussianBandit, lai_robbins, ucb1_bound
from .buffers import Joined, ReplayBuffer
from .cart_pole import CartPoleWorld
from .dqn import DQN, DQNConfig
from .drawing import Drawing, write_gif
from .environment import Env, VectorEnv, World
from .evaluation import evaluate, film
from .gambling import UCB1, BetaThompson, EpsilonGreedy, NormalThompson, Player, gamble
from .grid import MOVES, CliffWalking, Grid, GridWorld, Rewards
from .monte_carlo import monte_carlo
from .mountain_car import MountainCarWorld
from .pendulum import PendulumWorld
from .planning import (
    Model,
    Plan,
    action_values,
    best_actions,
    blinded,
    model_of,
    policy_values,
    softened,
)
from .policy_iteration import policy_iteration
from .ppo import PPO, PPOConfig
from .practice import practise
from .q_learning import q_learning
from .registry import Acrobot, CartPole, MountainCar, Pendulum, make, make_vector
from .reinforce import Reinforce, ReinforceConfig
from .returns import discounted_returns, gae, n_step_returns
from .sac import SAC, SACConfig
from .sarsa import sarsa
from .spaces import Box, Discrete
from .tables import Learned
from .value_iteration import value_iteration

__all__ = ["A2C", "DQN", "MOVES", "PPO", "SAC", "UCB1", "A2CConfig", "Acrobot", "AcrobotWorld", "Agent",
           "Bandit", "BernoulliBandit", "BetaThompson", "Box", "CartPole", "CartPoleWorld", "CliffWalking",
           "DQNConfig", "Discrete", "Drawing", "Env", "EpsilonGreedy", "GaussianBandit", "Grid", "GridWorld",
           "Joined", "Learned", "Model", "MountainCar", "MountainCarWorld", "NormalThompson", "OneByOne",
           "PPOConfig", "Pendulum", "PendulumWorld", "Plan", "Player", "Reinforce", "ReinforceConfig",
           "ReplayBuffer", "Rewards", "SACConfig", "VectorEnv", "World", "action_values", "best_actions",
           "blinded", "discounted_returns", "evaluate", "film", "gae", "gamble", "lai_robbins", "make",
           "make_vector", "model_of", "monte_carlo", "n_step_returns", "policy_iteration", "policy_values",
           "practise", "q_learning", "sarsa", "softened", "ucb1_bound", "value_iteration", "vectorised",
           "write_gif"]
