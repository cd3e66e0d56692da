"""The files on disk: runs, tags and sets; nothing about how they were computed."""
