"""The settings: what livemon.toml and the environment can say, checked and frozen.

What is done with a setting belongs to the package that uses it.
"""
