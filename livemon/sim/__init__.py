"""Rendered scenes and stand-in model servers, for the demo, the lab and the tests.

What watches a real camera does not belong here, and must not need this package.
"""
