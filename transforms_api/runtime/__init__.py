"""What a running transform holds in its hands: the Spark session, its context, its inputs and outputs."""
