"""`python -m flywheel` is `flywheel`, where the command is not on the path."""

from flywheel.cli import main

main()
