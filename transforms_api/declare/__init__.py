"""What users declare: specs of inputs and outputs, the decorators, and the `Transform` that they make."""
