"""Copies off the premises: which files are copied, how they are sealed, sent, listed, checked, restored and deleted.

Addresses are opened in `open_bucket`; nothing here imports fsspec before an address needs it. Rows of the queue live in
store/copies.py, making archives in archive/; neither belongs here.
"""
