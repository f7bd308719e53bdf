"""The command line, and the doctor that examines an installation.

What a command does belongs to the package that does it; HTTP and pages do not belong here (livemon/web).
"""
