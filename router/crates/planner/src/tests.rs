//! Plans of whole examples.
