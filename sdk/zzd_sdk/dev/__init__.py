"""``zzd-app dev``: a small client around the app, on the developer's own machine."""
