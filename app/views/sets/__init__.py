"""Sets: select, prove, save and export a curated set."""
