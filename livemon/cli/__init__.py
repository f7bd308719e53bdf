"""The command line, and the doctor that examines an installation.

The work of a command lives in its package, HTTP and pages in livemon/web.
"""
