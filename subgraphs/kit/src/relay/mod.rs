//! Relay connections by keyset: pages that stay put while rows come and go.
//!
//! A resolver turns its four arguments into a [`Page`], the store fetches
//! [`Page::rows_to_fetch`] rows in the page's direction, and [`Page::cut`] makes of them what
//! the client sees:
//!
//! ```text
//! let page = Page::parse(first, after, last, before, "users:createdAt")?;
//! let rows = store.users(&page).await?;         // limit + 1 rows, walking page.direction()
//! let slice = page.cut(rows);                   // natural order, has_previous, has_next
//! ```
//!
//! A cursor is the sort key of its row, so nothing is counted and nothing is skipped.

mod cursor;
mod page;

pub use cursor::{Cursor, MAX_CURSOR_LENGTH};
pub use page::{DEFAULT_PAGE_SIZE, Direction, MAX_PAGE_SIZE, Page, Slice};
