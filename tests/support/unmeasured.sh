#!/bin/sh
# The shell by which Ansible runs modules: they run from archives, of which no line is counted, and loading coverage would only take time.
unset COVERAGE_PROCESS_CONFIG
exec /bin/sh "$@"
