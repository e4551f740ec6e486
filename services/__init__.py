"""The three services of the hub, their shared technical runtime, and the `jisr` command."""
