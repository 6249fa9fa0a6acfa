"""What others plug into: engines, calibrators, fact finders, options, errors."""
