#!/usr/bin/env bash
# Debian 13 as a cloud image has it, with every package a role may want in a file:// repository: installing is real and
# needs no network.
set -euo pipefail
packages=(bind9 bind9-utils bind9-dnsutils knot knot-dnsutils nsd pdns-server pdns-backend-sqlite3 sqlite3
  firewalld nftables network-manager systemd-resolved libnss-resolve libnss-myhostname python3-dnspython python3-boto3)
repository=/opt/packages

rm /etc/apt/apt.conf.d/70debconf # nobody is here to be asked
apt-get -qq update
apt-get -qq -y install python3-apt >/dev/null
apt-get -qq -y install --download-only "${packages[@]}" >/dev/null
mkdir $repository
mv /var/cache/apt/archives/*.deb $repository/
cd $repository
for deb in *.deb; do
  dpkg-deb --field "$deb"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat --format %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
done > Packages
printf 'Date: %s\nSHA256:\n %s %s Packages\n' "$(date -Ru)" "$(sha256sum Packages | cut -d' ' -f1)" "$(stat --format %s Packages)" > Release

# Installed on a running host, systemd-resolved starts before the message bus has learnt of its user, and stays without
# its bus name. A host that was installed with it and rebooted since has both.
systemd-sysusers --inline 'u! systemd-resolve - "systemd Resolver"'

rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*
echo "deb [trusted=yes] file:$repository ./" > /etc/apt/sources.list
apt-get -qq update
