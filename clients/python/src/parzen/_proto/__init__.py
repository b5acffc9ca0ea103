"""Generated from proto/parzen/v1 by generate.sh; not part of the public interface."""
