"""The command line of Flywheel, and the workspaces it makes."""

__version__ = "0.1.0"
