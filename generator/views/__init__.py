"""What people ask of the generator, by what they do."""
