#!/bin/sh
# Have the name server of this host transfer a zone anew with the command $2, again and again, until $1 is there or ten minutes are over.
end=$(($(date +%s) + 600))
while [ ! -e "$1" ] && [ "$(date +%s)" -lt "$end" ]; do
  $2
  sleep 1
done
