"""Places on the map: which units a drawn area touches (docs/plans.md)."""
