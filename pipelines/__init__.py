"""Entry points: compose the configuration, build, run, write. Each is a command of the CLI."""
