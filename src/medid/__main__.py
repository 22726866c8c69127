"""``python -m medid``: the command line, for an interpreter without its script."""

from medid.cli.main import main

if __name__ == "__main__":
    main()
