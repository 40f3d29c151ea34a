"""What a directive came to, on paper and in tables."""
