"""Places that hold copies: a local folder, S3, SFTP and WebDAV behind one protocol (bucket.py).

The stored objects belong to the callers.
"""
