"""One call of a user's function: one task comes in, one reply goes out."""

import inspect
import sys

from .failures import failure_of, missing_package
from .features import accepted, features_reply, make_frame
from .frames import write_frame
from .rows import Unusable, rows_reply
from .user_module import load, prepare


def answer(task, body, reply):
    """Performs the task and writes the reply."""
    header, parts = _perform(task, body)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    write_frame(reply, header, parts)


def _perform(task, body):
    code = {**task["code"], "name": task["name"], "memoryMb": task["memoryMb"]}
    prepare(code)
    try:
        module = load(code)
    except BaseException as error:
        return failure_of(error, "the code raised", code), []
    function = getattr(module, task["name"], None)
    if not callable(function):
        return _failed("it has no function %s(); write: def %s(%s)" % (task["name"], task["name"], "df, **params" if task["name"] == "preprocess" else "")), []
    return _ingest(function, code) if task["name"] == "ingest" else _preprocess(function, task, body)


def _ingest(function, code):
    try:
        result = _resolved(function())
    except BaseException as error:
        return failure_of(error, "ingest() raised", code), []
    try:
        return rows_reply(result)
    except Unusable as error:
        return _failed(error.problem, error.code), []
    except BaseException as error:
        return failure_of(error, "reading the rows of ingest() raised", code), []


def _resolved(result):
    """What was returned, once all of it is there."""
    if inspect.isawaitable(result) or inspect.isasyncgen(result):
        import asyncio

        return asyncio.run(_awaited(result))
    return list(result) if inspect.isgenerator(result) else result


async def _awaited(result):
    if inspect.isawaitable(result):
        result = await result
    return [item async for item in result] if inspect.isasyncgen(result) else result


def _preprocess(function, task, body):
    code = {**task["code"], "name": "preprocess", "memoryMb": task["memoryMb"]}
    results, parts, offset = [], [], 0
    for call in task["calls"]:
        size = call["points"] * 8
        timestamps, values = body[offset : offset + size], body[offset + size : offset + 2 * size]
        offset += 2 * size
        result, more = _preprocess_one(function, code, (call, timestamps, values))
        results.append(result)
        parts.extend(more)
    return {"kind": "features", "results": results}, parts


def _preprocess_one(function, code, given):
    call, timestamps, values = given
    try:
        frame = make_frame(code["batch"], call["metric"], timestamps, values)
    except ImportError as error:
        return _failed(missing_package((error.name or "pandas").split(".")[0], "preprocess() raised")), []
    try:
        result = _resolved(function(frame.copy(), **accepted(function, call["params"])))
    except BaseException as error:
        return failure_of(error, "preprocess() raised", code), []
    try:
        return features_reply(result, frame)
    except Unusable as error:
        return _failed(error.problem, error.code), []
    except BaseException as error:
        return failure_of(error, "reading what preprocess() returned raised", code), []


def _failed(problem, code="FUNCTION_FAILED"):
    return {"kind": "failed", "code": code, "problem": problem[:2000]}
