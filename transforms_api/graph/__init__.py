"""From modules to a build order: discovery of transforms and the graph that their inputs and outputs make."""
