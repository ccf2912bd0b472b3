"""Loads the user's text as a module."""

import importlib.abc
import importlib.machinery
import linecache
import logging
import os
import sys
import types

NAME = "anomstack_function"


def prepare(code):
    """Brings the process to where the code expects to run: the project's folder, with modules beside the code's file within reach."""
    try:
        os.chdir(code["folder"])
    except OSError:
        pass
    for folder in (code["folder"], os.path.dirname(code["file"])):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    sys.meta_path.append(_DagsterLogger())


def load(code):
    """Runs the text as a module and returns it. Raises what the code raises."""
    text, label = code["text"].lstrip("\ufeff"), code["label"]
    module = types.ModuleType(NAME)
    module.__file__ = code["file"]
    sys.modules[NAME] = module
    linecache.cache[label] = (len(text), None, text.splitlines(True), label)
    exec(compile(text, label, "exec", dont_inherit=True), module.__dict__)
    return module


class _DagsterLogger(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in for the package dagster where it is not installed: functions of Dagster's time ask it for a logger."""

    def find_spec(self, fullname, path=None, target=None):
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == "dagster" else None

    def exec_module(self, module):
        module.get_dagster_logger = lambda name="dagster": logging.getLogger(name or "dagster")
