"""The contract of the hub: every event that crosses a topic, and the map of the topics.

Nothing here knows a service. A city system that speaks Python may copy this folder; every
other language reads the JSON Schema and AsyncAPI documents in ``generated/``.
"""
