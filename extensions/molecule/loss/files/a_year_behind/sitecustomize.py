"""The clock of the program that finds this in PYTHONPATH is a year behind."""

import time

real = time.time
time.time = lambda: real() - 365 * 86400
