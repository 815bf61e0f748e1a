#!/usr/bin/env bash
# packages.sh PACKAGE…: has a Debian host find these packages and what they need in a file:// repository, and nothing anywhere
# else: installing is real and needs no network.
set -euo pipefail
repository=/opt/packages

rm /etc/apt/apt.conf.d/70debconf # nobody is here to be asked
apt-get -qq update
apt-get -qq -y install python3-apt >/dev/null
apt-get -qq -y install --download-only "$@" >/dev/null
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
