#!/usr/bin/env bash
# Debian 13 as a cloud image has it, with every package at hand that a role may want.
set -euo pipefail
/build/common/packages.sh bind9 bind9-utils bind9-dnsutils knot knot-dnsutils nsd pdns-server pdns-backend-sqlite3 sqlite3 \
  firewalld nftables network-manager systemd-resolved libnss-resolve libnss-myhostname python3-dnspython python3-cryptography python3-boto3

# Installed on a running host, systemd-resolved starts before the message bus has learnt of its user, and stays without
# its bus name. A host that was installed with it and rebooted since has both.
systemd-sysusers --inline 'u! systemd-resolve - "systemd Resolver"'
