//! A page: the arguments `first`, `after`, `last` and `before`, understood and within limits.

use serde::de::DeserializeOwned;

use super::Cursor;
use crate::{Failure, Result};

/// How many a page holds when nobody says.
pub const DEFAULT_PAGE_SIZE: usize = 20;

/// How many a page may hold.
pub const MAX_PAGE_SIZE: usize = 100;

/// Which way rows are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// In the list's own order, from its beginning or `after`.
    Forward,
    /// Against the list's order, from its end or `before`.
    Backward,
}

/// A page of a list whose rows are ordered by `Key`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page<Key> {
    size: usize,
    direction: Direction,
    /// Only rows behind this key.
    pub after: Option<Key>,
    /// Only rows ahead of this key.
    pub before: Option<Key>,
}

/// The rows of a page, in the list's own order, and whether there are more around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<Row> {
    /// At most as many as the page asked for.
    pub rows: Vec<Row>,
    /// Whether rows come before these.
    pub has_previous: bool,
    /// Whether rows come after these.
    pub has_next: bool,
}

impl<Key> Page<Key> {
    /// Which way to fetch.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// How many the client sees at most.
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many to fetch: one more than the client sees, to know whether there are more.
    pub fn rows_to_fetch(&self) -> u64 {
        self.size as u64 + 1
    }

    /// The first page in the list's own order.
    pub fn first(size: usize) -> Self {
        Page {
            size: size.min(MAX_PAGE_SIZE),
            direction: Direction::Forward,
            after: None,
            before: None,
        }
    }

    /// Makes of the fetched rows what the client sees.
    pub fn cut<Row>(&self, mut rows: Vec<Row>) -> Slice<Row> {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        match self.direction {
            Direction::Forward => Slice {
                rows,
                // The row of the cursor itself comes before what follows it.
                has_previous: self.after.is_some(),
                has_next: more,
            },
            Direction::Backward => {
                rows.reverse();
                Slice {
                    rows,
                    has_previous: more,
                    has_next: self.before.is_some(),
                }
            }
        }
    }
}

impl<Key: DeserializeOwned> Page<Key> {
    /// Understands the arguments of a connection. `order` names the list and its order, and
    /// binds cursors to them.
    ///
    /// # Errors
    /// When a size is out of range, both sizes are given, or a cursor is not one of this list.
    pub fn parse(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
        order: &str,
    ) -> Result<Self> {
        let (size, direction) = match (first, last) {
            (Some(_), Some(_)) => {
                return Err(Failure::bad_input(
                    "last",
                    "pass `first` or `last`, not both",
                ));
            }
            (None, Some(last)) => (size_within_limits("last", last)?, Direction::Backward),
            (Some(first), None) => (size_within_limits("first", first)?, Direction::Forward),
            (None, None) => (DEFAULT_PAGE_SIZE, Direction::Forward),
        };
        let read = |argument, text: Option<&str>| {
            text.map(|text| Cursor::read(argument, text, order))
                .transpose()
        };
        Ok(Page {
            size,
            direction,
            after: read("after", after)?,
            before: read("before", before)?,
        })
    }
}

fn size_within_limits(argument: &'static str, size: i32) -> Result<usize> {
    match usize::try_from(size) {
        Ok(size) if (1..=MAX_PAGE_SIZE).contains(&size) => Ok(size),
        _ => Err(Failure::bad_input(
            argument,
            format!("`{argument}` must be between 1 and {MAX_PAGE_SIZE}, and is {size}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(first: Option<i32>, last: Option<i32>) -> Result<Page<u32>> {
        Page::parse(first, None, last, None, "numbers")
    }

    #[test]
    fn sizes_out_of_range_are_refused_with_the_limits() {
        for (size, shown) in [(-1, "-1"), (0, "0"), (101, "101"), (100_000, "100000")] {
            let failure = parse(Some(size), None).expect_err("out of range");
            assert_eq!(
                failure.message(),
                format!("`first` must be between 1 and 100, and is {shown}")
            );
            assert_eq!(failure.argument(), Some("first"));
            let failure = parse(None, Some(size)).expect_err("out of range");
            assert_eq!(
                failure.message(),
                format!("`last` must be between 1 and 100, and is {shown}")
            );
        }
        assert!(parse(Some(1), None).is_ok());
        assert!(parse(Some(100), None).is_ok());
    }

    #[test]
    fn first_and_last_together_are_refused() {
        let failure = parse(Some(3), Some(3)).expect_err("ambiguous");
        assert_eq!(failure.message(), "pass `first` or `last`, not both");
    }

    #[test]
    fn nobody_saying_gives_the_first_twenty() {
        let page = parse(None, None).expect("all arguments are optional");
        assert_eq!(
            (page.size(), page.direction(), page.rows_to_fetch()),
            (20, Direction::Forward, 21)
        );
    }

    #[test]
    fn a_backward_page_comes_out_in_the_lists_own_order() {
        let page = parse(None, Some(2)).expect("valid");
        assert_eq!(
            page.cut(vec![9, 8, 7]),
            Slice {
                rows: vec![8, 9],
                has_previous: true,
                has_next: false
            }
        );
    }

    #[test]
    fn a_page_behind_a_cursor_has_something_before_it() {
        let cursor = Cursor::new("numbers", &4_u32).expect("JSON");
        let page = Page::<u32>::parse(Some(2), Some(cursor.as_str()), None, None, "numbers");
        let page = page.expect("valid");
        assert_eq!(page.after, Some(4));
        assert_eq!(
            page.cut(vec![5, 6]),
            Slice {
                rows: vec![5, 6],
                has_previous: true,
                has_next: false
            }
        );
    }
}
