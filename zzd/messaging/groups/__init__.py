"""The life of a group: its notices, who joins, who goes, how it ends."""
