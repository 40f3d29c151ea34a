"""The command ``zzd-app``."""
