"""The commands of the command line, one a file: parse, call, print.

What a command needs is imported when it is called, so that help is instant.
"""
