"""Technical parts shared by the services; no business word here."""
