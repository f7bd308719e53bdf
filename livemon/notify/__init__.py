"""Notifications: who is told of an event, when and how, and what they answer.

The queue and its rows stand in store/; what an event is, and when one is made, does not belong here.
"""
