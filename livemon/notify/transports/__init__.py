"""Transports: how a notification reaches a person or a program, by the scheme of an address.

What is said, to whom and when does not belong here.
"""
