"""The picture of a need's life, `docs/states.md`, made by living it.

``python -m services.matcher.picture`` writes the page; with ``--check`` it writes nothing and fails
when the page is not what the code does.
"""
