"""Background work on disk: start, state, stop and resume of jobs in processes of their own; not the work itself.

A job lies in WORKSPACE/jobs/<kind>/<name>/ with its settings, progress, log, result or error, and the process at work.
"""
