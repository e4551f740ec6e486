"""The doors: events from topics, and the inbox page over HTTP."""
