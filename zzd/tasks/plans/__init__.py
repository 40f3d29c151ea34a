"""Plans (预案): what is ordered at each response level, and the change from one to another
(docs/plans.md)."""
