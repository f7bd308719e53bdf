"""Notifications: who is told of an event, when and how, and what they answer.

The queue and its rows live in store/, events in livemon/cameras.
"""
