"""Builds the pipeline on this machine: `python run_local.py`; all commands: `python run_local.py --help`."""

from transforms_api.cli import main

if __name__ == "__main__":
    main()
