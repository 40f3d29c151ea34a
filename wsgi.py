"""gunicorn's door. gevent replaces the blocking parts of Python before anything else loads."""

from gevent import monkey

monkey.patch_all()

from zzd import serve  # noqa: E402

app = serve()
