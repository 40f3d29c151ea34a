"""Time: who is told, and when, that a unit is late; reports that are asked for at intervals."""
