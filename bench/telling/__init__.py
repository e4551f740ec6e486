"""How fast the notifier sends webhooks and mails, beside the bare clients that it uses."""
