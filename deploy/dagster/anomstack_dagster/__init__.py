"""The batches of an Anomstack project as Dagster assets, jobs and schedules."""

from anomstack_dagster.build import build_definitions
from anomstack_dagster.command import Command, CommandError
from anomstack_dagster.project import Project, read_project

__all__ = ["Command", "CommandError", "Project", "build_definitions", "read_project"]
