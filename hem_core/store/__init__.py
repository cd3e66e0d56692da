"""The files on disk: runs, tags, sets, and the verdicts that people can give (`verdicts.py`: words, meaning, keys);
nothing about how they were computed."""
