"""`python -m bridge` is the command `iocbridge`."""

import sys

from bridge.cli import main

sys.exit(main())
