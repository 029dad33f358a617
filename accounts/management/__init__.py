"""Run kantor from the command line: the chores of an operator and of a developer."""
