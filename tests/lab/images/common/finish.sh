#!/bin/sh
set -eu
# The last step of every image, in its root file system.
install -m 755 /build/common/lab-network /usr/libexec/lab-network
install -m 644 /build/common/lab-network.service /etc/systemd/system/lab-network.service
systemctl --quiet enable lab-network.service
# Jobs that would ask the network, in vain, while a test measures.
systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dnf-makecache.timer
site=$(python3 -c 'import site; print(site.getsitepackages()[0])')
install -D -m 644 /build/common/compile_once.py "$site/compile_once.py"
echo 'import compile_once' > "$site/compile_once.pth"
