"""Where datasets live: Delta tables in a warehouse folder, changed by transactions only. Knows no Spark."""
