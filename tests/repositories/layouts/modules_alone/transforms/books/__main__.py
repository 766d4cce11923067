raise SystemExit("A program is not discovered.")
