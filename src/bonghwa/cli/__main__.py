"""`python -m bonghwa.cli` is `bonghwa`."""

import sys

from bonghwa.cli import main

sys.exit(main())
