"""Rendered scenes and stand-in model servers, for the demo, the lab and the tests.

Nothing that watches a real camera may need this package.
"""
