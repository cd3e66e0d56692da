"""What is on disk: runs, tags and sets; nothing about how it was computed."""
