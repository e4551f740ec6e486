"""The mails of a simulated year, by the notifier's own routing, gate, digests and sending."""
