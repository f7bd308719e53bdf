"""Places that hold copies: a local folder, S3, SFTP and WebDAV behind one protocol (bucket.py).

What is put there does not belong here.
"""
