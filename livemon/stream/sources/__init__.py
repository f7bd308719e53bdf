"""Where video comes from: one module for each kind of source, a registry, a check.

What becomes of the video does not belong here (../live, ../files).
"""
