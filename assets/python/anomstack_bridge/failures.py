"""Errors of the user's code, with the user's own lines."""

import os
import sys
import traceback

OWN = os.path.dirname(os.path.abspath(__file__))
LONGEST_PROBLEM = 2_000
LONGEST_STACK = 10_000


def failure_of(error, doing, code):
    """Anything that was raised, as a failure. `doing` begins the message: "ingest() raised"; `code` is what was called."""
    if isinstance(error, MemoryError):
        return {**_failed(_too_large(code), "FUNCTION_LIMIT"), **_place(error, code)}
    if isinstance(error, SyntaxError) and error.filename == code["label"]:
        return _syntax_failure(error)
    if isinstance(error, SystemExit):
        problem = "%s sys.exit(%s)" % (doing.replace("raised", "called"), "" if error.code is None else error.code)
    elif isinstance(error, ModuleNotFoundError) and error.name:
        problem = missing_package(error.name.split(".")[0], doing)
    else:
        problem = "%s %s%s" % (doing, _head(error), _causes(error))
    return {**_failed(problem), **_place(error, code), "stack": _stack(error)[:LONGEST_STACK]}


def missing_package(name, doing):
    """What to say when a package is not there."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return (
        '%s an error: it needs the package "%s", which %s (Python %s) has not; install it there (%s -m pip install %s), '
        "or name another interpreter with python: in the batch"
    ) % (doing, name, sys.executable, version, sys.executable, name)


def _failed(problem, code="FUNCTION_FAILED"):
    return {"kind": "failed", "code": code, "problem": problem[:LONGEST_PROBLEM]}


def _too_large(code):
    return (
        "%s() took more than %d MB of memory and was stopped; keep less at a time, or raise function_memory_mb"
        % (code["name"], code["memoryMb"])
    )


def _syntax_failure(error):
    failure = _failed("the code could not be parsed: %s" % error.msg)
    lines = code_lines(error.filename)
    # Where something was left open, Python points behind the end.
    line = min(error.lineno or 1, max(1, len(lines)))
    place = {"file": error.filename, "line": line}
    return {**failure, **place, **({"column": max(1, error.offset)} if error.offset else {})}


def code_lines(label):
    """The lines of a text that is being run."""
    import linecache

    return linecache.getlines(label)


def _frames(error):
    return [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]


def _is_ours(file):
    return file.startswith(OWN) or file.startswith("<frozen ") or os.sep + "asyncio" + os.sep in file


def _place(error, code):
    for frame in reversed(_frames(error)):
        inside = frame.filename.startswith(code["folder"] + os.sep)
        package = "site-packages" in frame.filename or "dist-packages" in frame.filename
        if frame.filename == code["label"] or (inside and not package):
            return {"file": frame.filename, "line": frame.lineno}
    return {}


def _stack(error):
    frames = traceback.format_list(_frames(error))
    head = ["Traceback (most recent call last):\n"] if frames else []
    return "".join(head + frames) + _head(error)


def _head(error):
    try:
        return "".join(traceback.format_exception_only(type(error), error)).strip()
    except BaseException:
        return type(error).__name__


def _causes(error):
    text, cause = "", error.__cause__
    for _ in range(3):
        if cause is None:
            break
        text += " (because: %s)" % _head(cause)
        cause = cause.__cause__
    return text
