"""What the notifier does: plan what is to be told, send it, take answers."""
