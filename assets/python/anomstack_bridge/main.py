"""What the process does from its start to its end."""

import os
import sys

from .frames import read_frame
from .guard import set_limits, start_guard

REPLY = 3
VERDICT = 4


def main(mode, dont_write_bytecode):
    """`call` performs one call of a function, `detect` fits and scores until its input ends."""
    program = _private_input()
    for descriptor in (REPLY, VERDICT):
        os.set_inheritable(descriptor, False)
    from . import call, detect  # loaded while nothing is cached beside the program's own files

    sys.dont_write_bytecode = dont_write_bytecode
    sys.argv = [""]
    first = read_frame(program)
    if first is None:
        os._exit(1)
    task, body = first
    set_limits(task["memoryMb"], task.get("cpuSeconds"))
    start_guard(task["memoryMb"], program, VERDICT)
    try:
        os.close(VERDICT)
        if mode == "call":
            call.answer(task, body, REPLY)
        else:
            detect.serve(program, REPLY)
    except BrokenPipeError:
        pass
    # Threads that the code has left behind are not waited for.
    os._exit(0)


def _private_input():
    """Takes standard input away from the user's code: it is the program's."""
    private = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return private
