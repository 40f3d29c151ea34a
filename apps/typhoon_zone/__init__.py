"""The typhoon zone (防台专区): a mini-app that knows ZZD by its public interface alone."""
