"""How much of a thing: `LONG=1 bin/test tests/browser` takes the numbers of the promises."""

import os

IS_LONG = bool(os.environ.get("LONG"))
