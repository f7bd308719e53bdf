"""Copies off the premises: which files are copied, how they are sealed, sent, listed, checked, restored and deleted.

Addresses are opened in `open_bucket`; nothing here imports fsspec before an address needs it. Rows of the queue do
not belong here (store/copies.py), nor making archives (archive/).
"""
