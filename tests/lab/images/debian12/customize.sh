#!/usr/bin/env bash
# Debian 12 as a cloud image has it, with the name servers in a file:// repository: as ../debian, of which it has the rest.
set -euo pipefail
packages=(bind9 bind9-utils bind9-dnsutils knot knot-dnsutils nsd pdns-server pdns-backend-sqlite3)
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

rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*
echo "deb [trusted=yes] file:$repository ./" > /etc/apt/sources.list
apt-get -qq update
