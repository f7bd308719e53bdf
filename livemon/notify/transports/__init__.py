"""Transports: how a notification reaches a person or a program, by the scheme of an address.

Text, recipients and times live elsewhere in notify/.
"""
