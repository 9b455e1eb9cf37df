"""What runs on AWS, as CDK constructs: one per capability, grants beside the wiring."""
