"""What a day or a plan looks like to others: files, a map, figures. Reads snapshots only."""
