"""What others plug into: engines, calibrators, fact finders, options, errors. Stands on nothing else of ours."""
