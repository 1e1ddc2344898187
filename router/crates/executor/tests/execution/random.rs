//! Random choices from a printed seed, or from somebody's bytes.

/// Marsaglia's xorshift.
pub(crate) struct Random {
    state: u64,
    /// What comes before, the next one last.
    chosen: Vec<u8>,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // A state of zero would stay zero; neighbouring seeds should differ soon.
        let mut random = Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            chosen: Vec::new(),
        };
        for _ in 0..8 {
            random.next();
        }
        random
    }

    /// One choice for each byte, so that a small change of the bytes is a small change of what is made
    /// of them; when all are used, always the same ones.
    pub(crate) fn chosen_by(bytes: &[u8]) -> Self {
        Self {
            chosen: bytes.iter().rev().copied().collect(),
            ..Self::new(0)
        }
    }

    fn next(&mut self) -> u64 {
        if let Some(byte) = self.chosen.pop() {
            return u64::from(byte);
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    /// Less than `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.below(from.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index + 1));
        }
    }
}

/// Writes JSON as a careless server might: white space anywhere, keys in any order, escapes,
/// members that nobody asked for.
pub(crate) fn untidy(random: &mut Random, value: &serde_json::Value) -> String {
    let space = |random: &mut Random| *random.pick(&["", "", "", " ", "\n\t"]);
    let mut out = space(random).to_owned();
    match value {
        serde_json::Value::Object(members) => {
            let mut members: Vec<(String, serde_json::Value)> = members
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            // What looks like no part of an answer may be a scalar, whose members all count.
            let is_answer = members
                .iter()
                .any(|(key, _)| key == "__typename" || key == "data");
            if is_answer && random.one_in(4) {
                let extra = serde_json::json!({"a": [1, {"b": null}], "c": "\"}"});
                members.push(("extra".to_owned(), extra));
            }
            if random.one_in(3) {
                random.shuffle(&mut members);
            }
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| {
                    let key = if random.one_in(6) {
                        key.chars()
                            .map(|it| format!("\\u{:04x}", u32::from(it)))
                            .collect()
                    } else {
                        key.clone()
                    };
                    let before = space(random);
                    format!(
                        "{before}\"{key}\"{}:{}",
                        space(random),
                        untidy(random, value)
                    )
                })
                .collect();
            out.push_str(&format!("{{{}{}}}", members.join(","), space(random)));
        }
        serde_json::Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|it| untidy(random, it)).collect();
            out.push_str(&format!("[{}{}]", items.join(","), space(random)));
        }
        leaf => out.push_str(&leaf.to_string()),
    }
    out + space(random)
}
