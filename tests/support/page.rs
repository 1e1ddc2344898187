//! The code blocks of a page of documentation, which tests compile, run and compare.

/// A fenced block: what stands behind the three ticks, and what is between the fences.
#[derive(Debug)]
pub(crate) struct Block {
    /// Such as `rust subgraphs/reviews/src/lib.rs`.
    pub(crate) head: String,
    pub(crate) text: String,
}

/// All fenced blocks of a page, in order.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(head) = line.strip_prefix("```") else {
            continue;
        };
        let mut text = String::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            text.push_str(line);
            text.push('\n');
        }
        blocks.push(Block {
            head: head.to_owned(),
            text,
        });
    }
    blocks
}

/// The block with this head, of which there must be one.
pub(crate) fn block(page: &str, head: &str) -> String {
    let mut found: Vec<_> = blocks(page)
        .into_iter()
        .filter(|it| it.head == head)
        .collect();
    assert_eq!(found.len(), 1, "blocks with the head `{head}`");
    found.remove(0).text
}
