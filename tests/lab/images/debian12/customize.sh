#!/usr/bin/env bash
# Debian 12 as a cloud image has it, with the name servers at hand.
set -euo pipefail
/build/common/packages.sh bind9 bind9-utils bind9-dnsutils knot knot-dnsutils nsd pdns-server pdns-backend-sqlite3
