//! What can and cannot be proven, on one screen each.
