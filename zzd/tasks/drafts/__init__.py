"""Directives before they are issued, and what goes with one: who leads, who has a copy, files
(docs/plans.md)."""
