"""``python -m bayescale``: the command line, where the script ``bayescale`` is not on the path."""

from bayescale.cli.main import main

if __name__ == "__main__":
    main()
