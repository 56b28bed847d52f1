"""The pages of the gallery, by what people do there."""
