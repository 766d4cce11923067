"""A pipeline becomes a repository that Foundry's checks accept."""
