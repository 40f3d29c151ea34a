"""The picture of a directive: how far which county is, over time, and who is late."""
