"""Making the model that finds names in Chinese text: `python -m flywheel.chinese_names --help`."""
