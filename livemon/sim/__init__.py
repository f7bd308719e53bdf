"""Rendered scenes and stand-in model servers, for the demo, the lab and the tests.

Code that watches a real camera lives elsewhere, and must not need this package.
"""
