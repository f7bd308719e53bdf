"""The settings: what livemon.toml and the environment can say, checked and frozen.

The use of a setting belongs to its package.
"""
