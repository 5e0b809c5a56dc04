#!/bin/sh
# Makes a box of the guest: the user, the command, the helper's unit and the udev rules as they are shipped.
set -e
useradd --system --user-group simloft
mkdir -p /opt/simloft/.venv/bin
install -m 755 /opt/guest/simloft /opt/simloft/.venv/bin/simloft
ln -s /opt/simloft/.venv/bin/simloft /usr/local/bin/simloft
install -m 644 /opt/guest/simloft-pool.service /opt/simloft/systemd/simloft-usb-helper.service /etc/systemd/system/
/usr/local/bin/simloft udev-rules --config /opt/guest/simloft.toml > /etc/udev/rules.d/60-simloft.rules
udevadm control --reload
systemctl daemon-reload
systemctl start simloft-usb-helper
# Compiled once, by one who may write it: the pool may not.
PYTHONPATH=/opt/simloft:/opt/packages python3 -c 'import appliance.cli.pool, appliance.cli.send'
