#!/usr/bin/env bash
# A stand-in for Enterprise Linux 9 where its packages cannot be reached: real rpm and dnf, and a file:// repository of
# RPMs which carry Debian's programs at EL9's paths, with its owners, modes, users, unit and presets. What a role does
# is what it does on EL9. What it is not: Red Hat's builds or versions, SELinux, EPEL, signed packages.
set -euo pipefail
sources=/build/el9
work=/build/work
repository=/opt/packages
debs=(bind9 bind9-libs bind9-utils bind9-host bind9-dnsutils nsd firewalld python3-firewall network-manager libnm0 python3-dnspython python3-cryptography)
mkdir -p $work/deb $repository

# --- what the programs need stays Debian's: it is the "operating system" -------------------------------------------
rm /etc/apt/apt.conf.d/70debconf # nobody is here to be asked
apt-get -qq update
apt-get -qq -y install rpm dnf python3-dnf python3-selinux createrepo-c dns-root-data >/dev/null
(cd $work/deb && apt-get -qq -o APT::Sandbox::User=root download "${debs[@]}")
apt-get -s install "${debs[@]}" | awk '/^Inst/ {print $2}' | grep -vxF "$(printf '%s\n' "${debs[@]}")" | xargs apt-get -qq -y install >/dev/null
# Group 25 is named's on EL, floppy's on Debian; systemd-sysusers would bring floppy back at boot.
sed -i /floppy/d /etc/group /etc/gshadow /usr/lib/sysusers.d/*.conf

cp -a $sources/files/. /

# --- packages --------------------------------------------------------------------------------------------------------
version() { dpkg-deb --field $work/deb/"$1"_*.deb Version | sed 's/^[0-9]*://; s/[-+~].*//'; }

unpack() { # unpack DEB…: their files, in EL's single /usr, to $payload
  payload=$work/payload
  rm -rf $payload && mkdir -p $payload
  for deb; do dpkg-deb --extract $work/deb/"$deb"_*.deb $payload; done
  [ ! -d $payload/lib ] || { cp -a $payload/lib/. $payload/usr/lib/ && rm -rf ${payload:?}/lib; }
  rm -rf $payload/usr/share/{bug,doc,lintian,locale,man} $payload/etc/{apparmor.d,default,dhcp,init.d,insserv.conf.d,network,ppp,ufw}
}

package() { # package SPEC VERSION [rpmbuild option…]
  local spec=$1 version=$2
  shift 2
  rpmbuild -bb --quiet --define "_topdir $work/rpmbuild" --define "_rpmdir $repository" --define 'dist .el9' --define '_buildshell /bin/bash' --define '_buildhost localhost' \
    --define "payload $payload" --define "sources $sources" --define "standin_version $version" "$@" \
    $sources/"$spec".spec > $work/log 2>&1 || { cat $work/log >&2; exit 1; }
}

repack() { # repack NAME DEB [rpmbuild option…]: $payload under the name it has on EL, with the version of DEB
  local name=$1 deb=$2
  shift 2
  (cd $payload
    find etc -type f -printf '%%config(noreplace) /%p\n' 2>/dev/null || :
    find . -path ./etc -prune -o \( -type f -o -type l \) -printf '/%P\n'
    find . -type d -empty -printf '%%dir /%P\n') > $work/files
  package repack "$(version "$deb")" --define "package $name" --define "list $work/files" "$@"
}

unpack bind9 bind9-libs bind9-utils bind9-host bind9-dnsutils
# The path compiled in becomes /etc; the length of a string in a program may not change.
{ grep -rlaF /etc/bind $payload/usr || :; } | xargs -r sed -i 's,/etc/bind,/etc/////,g'
package bind "$(version bind9)"

unpack nsd
rm -rf ${payload:?}/{etc,var} $payload/usr/lib/{sysusers.d,tmpfiles.d}
mkdir -p $payload/etc/nsd/{conf.d,server.d}
cp $sources/nsd.conf $payload/etc/nsd/
repack nsd nsd --define 'service nsd' --define 'account nsd' --define 'state /var/lib/nsd'

unpack firewalld python3-firewall
find $payload -name __pycache__ -prune -exec rm -rf {} +
ln -sf org.fedoraproject.FirewallD1.server.policy.choice $payload/usr/share/polkit-1/actions/org.fedoraproject.FirewallD1.policy
repack firewalld firewalld --define 'service firewalld'

unpack network-manager libnm0
printf '[main]\n#plugins=keyfile\n' > $payload/etc/NetworkManager/NetworkManager.conf
rm -f $payload/etc/NetworkManager/dispatcher.d/01-ifupdown
chmod 700 $payload/etc/NetworkManager/system-connections
repack NetworkManager network-manager --define 'service NetworkManager'

unpack python3-dnspython
repack python3-dns python3-dnspython

unpack python3-cryptography
repack python3-cryptography python3-cryptography

payload=/nonexistent
package release 9.4
createrepo_c --quiet $repository
dnf -q -y --releasever=9 install standin-release NetworkManager firewalld >/dev/null

# --- Debian's own face goes -----------------------------------------------------------------------------------------
rm -rf /etc/debian_version /usr/bin/apt /usr/bin/apt-* /var/lib/apt/lists/* /var/cache/dnf/*
