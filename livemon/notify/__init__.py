"""Notifications: recipients of an event, times and transports, and the feedback.

The queue and its rows do not belong here (store/), nor do events (livemon/cameras).
"""
