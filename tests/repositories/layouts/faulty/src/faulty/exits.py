"""Makes transforms no more."""

import sys
sys.exit(3)
