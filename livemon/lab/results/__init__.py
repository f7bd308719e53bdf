"""An experiment's results, as tables and pages to look at."""
