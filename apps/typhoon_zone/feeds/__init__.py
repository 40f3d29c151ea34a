"""What comes in from outside, by FEEDS.md: the track, gauges, outages and cloud pictures."""
