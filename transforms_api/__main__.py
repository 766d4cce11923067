"""`python -m transforms_api`: the command line in the environment of this Python, for tasks of editors."""

from transforms_api.cli import main

if __name__ == "__main__":
    main()
