"""Runs the user's functions and detectors for Anomstack, with nothing but Python's own library."""
