//! What strangers try: to edit the catalogue, to see what is private, to forge cursors, to write SQL.

mod cursors;
mod entities;
mod injection;
mod roles;
