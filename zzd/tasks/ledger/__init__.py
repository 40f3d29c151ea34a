"""The ledger that a directive's sums are read from: lines that writers add, folded beside them."""
