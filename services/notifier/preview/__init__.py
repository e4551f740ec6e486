"""Every mail and page as its readers see it, for review: sample messages, a folder, screenshots."""
