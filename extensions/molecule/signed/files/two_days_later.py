"""As if what BIND did to the keys in a directory had been two days ago: two_days_later.py DIRECTORY, while named does not run.

Zones that end being signed wait for a day and an hour, whatever their policy was.
"""

import datetime
import pathlib
import re
import sys


def earlier(found):
    time = datetime.datetime.strptime(found.group(2), "%Y%m%d%H%M%S") - datetime.timedelta(days=2)
    return f"{found.group(1)}: {time:%Y%m%d%H%M%S}"


for path in pathlib.Path(sys.argv[1]).glob("*.state"):
    path.write_text(re.sub(r"^(\w+Change|DSRemoved|DSPublish): (\d+)", earlier, path.read_text(), flags=re.M))
