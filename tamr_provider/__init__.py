"""Tamr Cloud pipeline runs as declarative resources: each job launched exactly once.

The layers, each importing only those below it (kept by import-linter, see pyproject.toml):

    resources            cli              the ways in; neither knows the other
            reconcile                     many steps, one slot queue, one watcher
         launch     watch                 one step's life
            decide                        pure
     client             emulator          the two ends of the wire; neither knows the other
     settings  stackfile                  what we are told
     models   errors   clock              leaves

This package itself imports nothing, so importing one part loads only that part.
"""
