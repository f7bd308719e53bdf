"""The settings: the contents of livemon.toml and the environment, checked and frozen.

The use of a setting belongs to its package.
"""
