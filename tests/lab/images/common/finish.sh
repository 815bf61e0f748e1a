# The last step of every image, in its root file system.
install -m 755 /build/common/lab-network /usr/libexec/lab-network
install -m 644 /build/common/lab-network.service /etc/systemd/system/lab-network.service
systemctl --quiet enable lab-network.service
# Jobs that would ask the network, in vain, while a test measures.
systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dnf-makecache.timer
printf '127.0.0.1 localhost\n::1 localhost\n' > /etc/hosts
# mmdebstrap brought the builder's own.
rm -f /etc/resolv.conf /etc/hostname
install -m 644 /dev/null /etc/resolv.conf
rm -rf /build /var/cache/apt/archives/* /var/log/apt /var/log/dpkg.log /etc/apt/apt.conf.d/99mmdebstrap
