"""placeholder"""


def measure(url, rounds): ...
