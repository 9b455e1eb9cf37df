"""What ends a command without an answer."""


class Failure(Exception):
    """The message says what to do next; the command ends with code 1."""
