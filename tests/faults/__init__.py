"""What breaks while work goes on. Long: ``script/test --faults`` runs these, and only these."""
