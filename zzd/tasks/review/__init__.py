"""Looking back: how a directive went, moment by moment, how long it took, and what was escalated."""
