"""Mini-apps that come with ZZD. They use its public interface and import nothing of it."""
