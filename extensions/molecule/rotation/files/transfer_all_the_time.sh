#!/bin/sh
# Have the name server of this host transfer a zone anew, again and again, until $1 is there or ten minutes are over.
end=$(($(date +%s) + 600))
while [ ! -e "$1" ] && [ "$(date +%s)" -lt "$end" ]; do
  rndc retransfer example.com
  sleep 0.3
done
