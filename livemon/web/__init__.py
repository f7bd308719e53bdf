"""What a person looks at: player, event table, dashboard."""
