#!/bin/sh
# The first process of the guest. Its folder is the one the guest shares with
# the host; everything else of the host's file system is read-only here.
scratch=${0%/*}
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs run /run
mkdir -p /run/netns /run/lock /run/tmp /run/home
mount -t hostfs -o "$scratch" none "$scratch"
export HOME=/run/home TMPDIR=/run/tmp DIRECTOR_GUEST=1
exec >>"$scratch/output" 2>&1 </dev/null
ip link set lo up
modprobe -a -d "$scratch/modules" $(cat "$scratch/wanted")
. "$scratch/command"
echo $? >"$scratch/status"
exec >/dev/null 2>&1
sync
busybox halt -f || halt -f
