"""PostgreSQL, SMTP, templates and catalogues: everything the use cases reach the world by."""
