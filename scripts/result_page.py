# SPDX-License-Identifier: Apache-2.0
"""What the scripts that fill the pages of docs/results share."""
import re
import sys


def renew(page, name, text):
    """Replaces what stands between the marks <!-- name --> and <!-- end -->."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.S)
    if not pattern.search(page):
        sys.exit(f"the page has no mark {name}")
    return pattern.sub(lambda found: found.group(1) + text + "\n" + found.group(2), page)
