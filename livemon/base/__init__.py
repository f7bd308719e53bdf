"""Values, time, errors, settings, files and locks: the foundation that every package may use.

Nothing here imports another package of livemon; cameras, models and rows do not belong here.
"""
