"""What each dataset promises: its fields, its key and its enumerations, as code that a build enforces."""
