"""The command line: each command reads its arguments, hands over to the engine and prints what came of it."""
