#!/bin/sh
# Asks a server for what is no record, but follows from records: answers.sh ADDRESS. Prints what does not depend on chance.
for question in 'below.dname.every.test A' 'below.wild.every.test TXT' 'empty.non.terminal.every.test A' \
    'nobody.every.test A' 'below.sub.every.test A' 'cname.every.test A' 'sub.every.test DS'; do
    echo "$question"
    # shellcheck disable=SC2086 # a name and a type
    dig "@$1" +norecurse +time=2 +noall +comments +answer $question |
        sed -n 's/.*status: \([A-Z]*\),.*/\1/p; s/^;; flags: \([a-z ]*\);.*/\1/p; /^[^;]/p' | sort -u
done
