"""Limits of this process, set before any of the user's code runs."""

import os
import signal
import subprocess
import sys

# Memory of Python itself and of small libraries, beside what the code takes.
SLACK = 64 << 20
LOOK_EVERY_MS = 25


def set_limits(memory_mb, cpu_seconds):
    """Processor time ends the process; memory far beyond the limit cannot even be asked for, which code sees as a MemoryError."""
    try:
        import resource
    except ImportError:
        return
    _lower(resource, resource.RLIMIT_CORE, 0, 0)
    # Libraries reserve much more than they use, so this is no more than a wall behind what the guard watches.
    data = (2 * memory_mb + 1024) << 20
    if hasattr(resource, "RLIMIT_DATA"):
        _lower(resource, resource.RLIMIT_DATA, data, data)
    if cpu_seconds is not None:
        _lower(resource, resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1)


def start_guard(memory_mb, program, verdict):
    """Starts a process beside this one that no loop or native call of the user's code can hold up. It kills the group of processes
    when this one takes more memory than allowed, when this one has ended, or when the program that it works for is gone: then the
    other side of `program`, a descriptor, is closed."""
    if not hasattr(os, "fork"):
        return
    guarded = os.getpid()
    limit = _resident(guarded) + (memory_mb << 20) + SLACK
    if os.fork() != 0:
        return
    try:
        _only(program, verdict)
        _watch(guarded, limit, program, verdict)
    finally:
        # The program starts this process as the leader of a group of its own; any other group is not ours to end.
        if os.getpgrp() == guarded:
            os.killpg(guarded, signal.SIGKILL)
        os._exit(1)


def _lower(resource, which, soft, hard):
    present = resource.getrlimit(which)[1]
    if present != resource.RLIM_INFINITY:
        soft, hard = min(soft, present), min(hard, present)
    try:
        resource.setrlimit(which, (soft, hard))
    except (ValueError, OSError):
        pass


def _only(*kept):
    for descriptor in range(max(kept) + 8):
        if descriptor not in kept:
            try:
                os.close(descriptor)
            except OSError:
                pass


def _watch(guarded, limit, program, verdict):
    import select

    ends = select.poll()
    ends.register(program, 0)
    while True:
        # What is asked for is no event at all: closed and broken are always told.
        if ends.poll(LOOK_EVERY_MS if sys.platform == "linux" else 500) or os.getppid() != guarded:
            return
        if _resident(guarded) > limit:
            os.write(verdict, b"memory")
            return


def _resident(process):
    """Bytes of memory that a process holds; 0 when nobody knows."""
    try:
        with open("/proc/%d/statm" % process, "rb") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    if os.path.exists("/proc/self/statm"):
        return 0
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, check=False)
    return int(shown.stdout.strip() or 0) << 10

