"""A picture of a folder of results: one page, and findings across years and documents."""
