"""What units report, what of it stands, and what every sum is made of."""
