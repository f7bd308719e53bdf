"""Values, time, errors, settings, and what keeps files and locks safe: what every package may use.

Nothing here imports another package of livemon; cameras, models and rows do not belong here.
"""
