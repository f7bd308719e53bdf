"""Video sources: one module for each kind of source, a registry, a check.

The use of the video lives in ../live and ../files.
"""
