"""What people add to messages, and how each keeps their conversations."""
