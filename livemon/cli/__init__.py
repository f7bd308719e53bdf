"""The command line, and the doctor that examines an installation.

The work of a command is not done here but in its package; HTTP and pages live in livemon/web.
"""
