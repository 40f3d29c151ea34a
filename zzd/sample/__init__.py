"""Sample data: the real tree of Zhejiang, invented people in it, and what they said."""
