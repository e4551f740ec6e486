"""The command line, `jisr`: one module for each group of commands, registered in `main`."""
