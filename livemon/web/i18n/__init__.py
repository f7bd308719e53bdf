"""The languages of the interface, and how one is chosen.

Words of models and reports do not belong here.
"""
