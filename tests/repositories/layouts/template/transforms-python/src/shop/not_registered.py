raise SystemExit("The pipeline discovers datasets/ alone; nobody imports this module.")
