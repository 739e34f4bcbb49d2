"""Learn XOR with nothing installed but NumPy and Pellucid: shows that the wheel stands on its own."""

import importlib.metadata

import pellucid
from pellucid import nn, optim

installed = {package.metadata["Name"].lower() for package in importlib.metadata.distributions()}
assert installed <= {"pellucid", "numpy", "pip", "setuptools"}, f"not an empty environment: {installed}"
assert "site-packages" in pellucid.__file__, f"not the installed wheel: {pellucid.__file__}"

pellucid.manual_seed(0)
x = pellucid.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = pellucid.tensor([[0.0], [1.0], [1.0], [0.0]])
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())
optimizer = optim.SGD(model.parameters(), lr=1.0)
loss_of = nn.MSELoss()
for _ in range(2000):
    optimizer.zero_grad()
    loss = loss_of(model(x), y)
    loss.backward()
    optimizer.step()

answers = [[round(probability) for probability in row] for row in model(x).tolist()]
print(f"pellucid {pellucid.__version__}: loss {loss.item():.5f}, answers {answers}")
assert answers == y.tolist() and loss.item() < 0.01, "XOR was not learnt"
