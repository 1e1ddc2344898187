//! Our rule for merging fields against the parser's own: they agree on every document.

use apollo_compiler::ExecutableDocument;

use super::Random;
use super::documents::document;
use crate::validate::tests::SCHEMA;
use crate::{ApiSchema, Document, Limits, validate};

#[test]
fn documents_are_valid_exactly_when_the_parser_says_so() {
    let api = ApiSchema::parse(SCHEMA).unwrap();
    let limits = Limits::default();
    let mut random = Random(0x853c_49e6_748f_ea9b);
    let (mut valid, mut invalid) = (0, 0);
    for _ in 0..600 {
        // Mostly harmless, now and then a key that stands for two fields or two types.
        let leaves: &[&str] = if random.below(2) == 0 {
            &["name", "__typename", "n: id", "u: id"]
        } else {
            &[
                "name",
                "n: id",
                "n: id",
                "n: id",
                "n: name",
                "friend: name",
                "x: friend { id }",
            ]
        };
        let text = document(&mut random, leaves);
        let expected = ExecutableDocument::parse_and_validate(&api.schema, &text, "");
        let found = Document::parse(&text, &limits).and_then(|it| validate(&api, &it, &limits));
        assert_eq!(
            found.is_ok(),
            expected.is_ok(),
            "{text}\n{found:?}\n{expected:?}"
        );
        if found.is_ok() {
            valid += 1;
        } else {
            invalid += 1;
        }
    }
    assert!(
        valid > 100 && invalid > 100,
        "{valid} valid, {invalid} invalid"
    );
}
