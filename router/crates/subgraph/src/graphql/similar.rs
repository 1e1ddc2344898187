//! Did you mean: the name that is nearest to a misspelt one.

/// The nearest candidate, if it is near enough to be meant.
pub fn nearest_name<'c>(
    written: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    let threshold = written.chars().count() / 3 + 1;
    candidates
        .into_iter()
        .map(|candidate| (distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= threshold)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// How many characters have to be inserted, deleted or replaced (Levenshtein distance), blind to
/// case.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (
        a.to_lowercase().chars().collect(),
        b.to_lowercase().chars().collect(),
    );
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (row, from) in a.iter().enumerate() {
        let mut diagonal = previous[0];
        previous[0] = row + 1;
        for (column, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = previous[column + 1];
            previous[column + 1] = replaced.min(diagonal + 1).min(previous[column] + 1);
        }
    }
    previous[b.len()]
}

#[test]
fn only_near_names_are_suggested() {
    let names = ["key", "requires", "shareable"];
    assert_eq!(
        nearest_name("sharable", names).as_deref(),
        Some("shareable")
    );
    assert_eq!(nearest_name("keys", names).as_deref(), Some("key"));
    assert_eq!(nearest_name("lookup", names), None);
}
