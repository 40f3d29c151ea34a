"""Common Alerting Protocol 1.2: warnings taken in, directives given out (docs/cap.md)."""
