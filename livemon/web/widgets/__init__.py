"""Widgets for notebooks: player, events, timeline, labelling.

Pages of the server do not belong here (../pages).
"""
