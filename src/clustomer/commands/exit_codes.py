"""What the command line ends with, and what that means."""

from clustomer.errors import InputError, OutputError, UsageError
from clustomer.unfinished import INTERRUPTED, TERMINATED

NO_STRUCTURE = 5
ALARM = 6

MEANINGS = {
    0: "done",
    UsageError.exit_code: "usage: an option or argument that makes no sense",
    InputError.exit_code: "input: data that cannot be used as it is",
    OutputError.exit_code: "output: results that cannot be written or read",
    NO_STRUCTURE: "done, but no structure found: complete results with one segment (`run` only)",
    ALARM: "alarm: what a version states does not follow from its files (`verify` only)",
    INTERRUPTED: "interrupted (Ctrl-C); earlier results are whole",
    TERMINATED: "ended by the system (SIGTERM); earlier results are whole",
}
