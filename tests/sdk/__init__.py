"""The developers' kit."""
