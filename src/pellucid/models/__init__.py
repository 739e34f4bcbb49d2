"""Models: one paper, one file, read from the references over the configuration and the blocks to the model.

    from pellucid.models.gpt import GPT, GPTConfig

    model = GPT(GPTConfig(n_tokens=65, context=64, n_layers=4, n_heads=4, width=128))
"""
