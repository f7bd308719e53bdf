"""The command line and the doctor. What a command does belongs to the package that does it."""
