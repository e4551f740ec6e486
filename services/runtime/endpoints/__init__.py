"""Where systems and members want to be told: registered, changed, switched off."""
