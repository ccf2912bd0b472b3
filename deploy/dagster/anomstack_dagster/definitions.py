"""The code location: the project that the environment names."""

import dagster as dg

from anomstack_dagster.build import build_definitions
from anomstack_dagster.command import Command
from anomstack_dagster.project import read_project


@dg.definitions
def defs() -> dg.Definitions:
    """Reads the project when Dagster loads the location; faults of its files are logged, and what has none is there."""
    command = Command.from_environment()
    project = read_project(command)
    logger = dg.get_dagster_logger("anomstack")
    for fault in project.faults:
        logger.warning(fault)
    return build_definitions(project, command)
