"""Put in the place of the product's handlers in the packed code, under the same names."""
