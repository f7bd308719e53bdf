"""One camera wired from its stages, and the registry of all cameras.

The stages themselves do not belong here (stream, detect, vlm, archive, inference).
"""
