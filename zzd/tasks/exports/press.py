"""A program of its own: HTML on standard input, a PDF on standard output.

Setting type takes a second of computing and a hundred megabytes: in a process beside the web
process it holds up nobody, and what it took is free again when it ends. It imports nothing of
ZZD, which would take longer than the printing.
"""

import sys


def main() -> None:
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    html = sys.stdin.buffer.read().decode()
    # What is printed brings all it needs: no address is asked, no file is read.
    nothing = URLFetcher(allowed_protocols=())
    sys.stdout.buffer.write(HTML(string=html, url_fetcher=nothing).write_pdf())


if __name__ == "__main__":
    main()
