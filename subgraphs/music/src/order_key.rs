//! Keys that order a list which people arrange by hand: between any two there is another one.
//!
//! A key is a number of 16 hexadecimal digits, and maybe digits behind it, as behind a point:
//!
//! ```text
//! 4000000000000000                 the first item of a list
//! 4000000001000000                 one appended
//! 4000000000800000                 one put between them
//! 4000000000000000 8               one put between two whose numbers are neighbours
//! ```
//!
//! So moving an item writes the row of that item alone. Keys are compared byte by byte. Digits
//! behind the point never end in zero, or nothing would fit between a key and a longer one. A key
//! grows by a digit with every fourth item that is put at the very same place; long ones are
//! replaced, with those around them, by [`spread`].

/// Digits before the point.
const WHOLE: usize = 16;

/// How far apart items are that are added at an end of a list.
const STEP: u64 = 1 << 24;

/// Where a list begins.
const MIDDLE: u64 = 1 << 62;

/// Longer keys are to be replaced.
pub const MAX_LENGTH: usize = 64;

/// The key of something ordered by a number, such as a moment; negative ones are zero.
pub fn of_number(number: i64) -> String {
    written(u64::try_from(number).unwrap_or(0))
}

/// A key between these two. Where one is missing, there is nothing on that side. Texts that are
/// no keys, or that are not in order, give a key that is near the first.
pub fn between(low: Option<&str>, high: Option<&str>) -> String {
    match (low.map(split), high.map(split)) {
        (None, None) => written(MIDDLE),
        (Some((low, _)), None) if low <= u64::MAX - STEP => written(low + STEP),
        (None, Some((high, _))) if high >= STEP => written(high - STEP),
        (low, high) => {
            let (low, low_digits) = low.unwrap_or((0, Vec::new()));
            let (high, high_digits) = high.unwrap_or((u64::MAX, vec![15]));
            middle(low, &low_digits, high, &high_digits)
        }
    }
}

fn middle(low: u64, low_digits: &[u8], high: u64, high_digits: &[u8]) -> String {
    if high > low && high - low > 1 {
        return written(low + (high - low) / 2);
    }
    if high > low && !high_digits.is_empty() {
        return written(high);
    }
    let ceiling = (high == low).then_some(high_digits);
    let mut key = written(low);
    for digit in digits_between(low_digits, ceiling) {
        key.push(char::from_digit(u32::from(digit), 16).unwrap_or('f'));
    }
    key
}

/// So many keys between these two, in order and as short as that can be.
pub fn spread(count: usize, low: Option<&str>, high: Option<&str>) -> Vec<String> {
    let room = STEP.saturating_mul(count as u64);
    let mut keys = vec![String::new(); count];
    match (low.map(split), high.map(split)) {
        (_, None) if low.is_none_or(|low| split(low).0 < u64::MAX - room) => {
            let mut low = low.map(str::to_owned);
            for key in &mut keys {
                *key = between(low.as_deref(), None);
                low = Some(key.clone());
            }
        }
        (None, Some((number, _))) if number > room => {
            let mut high = high.map(str::to_owned);
            for key in keys.iter_mut().rev() {
                *key = between(None, high.as_deref());
                high = Some(key.clone());
            }
        }
        _ => {
            let (least, greatest) = (written(0), format!("{}f", written(u64::MAX)));
            let (low, high) = (low.unwrap_or(&least), high.unwrap_or(&greatest));
            fill(&mut keys, low, high);
        }
    }
    keys
}

/// Puts a key in the middle, then fills both halves, so that keys grow with the logarithm of
/// their number.
fn fill(keys: &mut [String], low: &str, high: &str) {
    let (before, rest) = keys.split_at_mut(keys.len() / 2);
    if let Some((key, after)) = rest.split_first_mut() {
        *key = between(Some(low), Some(high));
        fill(before, low, key);
        fill(after, key, high);
    }
}

fn written(whole: u64) -> String {
    format!("{whole:016x}")
}

/// The number of a key, and the digits behind it. What is no key is zero.
fn split(key: &str) -> (u64, Vec<u8>) {
    let (whole, behind) = key.split_at_checked(WHOLE).unwrap_or((key, ""));
    let digit = |it: char| it.to_digit(16).and_then(|it| u8::try_from(it).ok());
    (
        u64::from_str_radix(whole, 16).unwrap_or(0),
        behind.chars().filter_map(digit).collect(),
    )
}

/// Digits between these, read as behind a point; without a ceiling, anything below one.
fn digits_between(low: &[u8], high: Option<&[u8]>) -> Vec<u8> {
    let mut between = Vec::with_capacity(low.len() + 1);
    let mut high = high;
    let mut place = 0;
    loop {
        let floor = low.get(place).copied().unwrap_or(0);
        let ceiling = match high {
            // Longer than `high` and not below it: only when the two were not in order.
            Some(digits) if place >= digits.len() => {
                high = None;
                16
            }
            Some(digits) => digits.get(place).copied().unwrap_or(16),
            None => 16,
        };
        if ceiling > floor + 1 {
            between.push(floor + (ceiling - floor) / 2);
            return between;
        }
        if ceiling == floor + 1
            && let Some(digits) = high
        {
            if digits.len() > place + 1 {
                between.push(ceiling);
                return between;
            }
            high = None;
        } else if ceiling < floor {
            high = None;
        }
        between.push(floor);
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_appended_and_put_before_all_others() {
        let first = between(None, None);
        let next = between(Some(&first), None);
        let earlier = between(None, Some(&first));
        assert_eq!([&first, &next].map(String::len), [WHOLE, WHOLE]);
        assert!(earlier < first && first < next);
        let last = between(Some("ffffffffffffffff"), None);
        assert!(last.as_str() > "ffffffffffffffff", "{last}");
        let earliest = between(None, Some("0000000000000001"));
        assert!(earliest.as_str() < "0000000000000001", "{earliest}");
    }

    #[test]
    fn there_is_always_room_between_two_keys() {
        for towards_low in [true, false] {
            let (mut low, mut high) = (of_number(7), of_number(9));
            for _ in 0..1_000 {
                let key = between(Some(&low), Some(&high));
                assert!(low < key && key < high, "{low} {key} {high}");
                assert!(key.len() == WHOLE || !key.ends_with('0'), "{key}");
                if towards_low {
                    high = key;
                } else {
                    low = key;
                }
            }
            assert!(low.len().max(high.len()) < WHOLE + 1_000 / 3);
        }
    }

    #[test]
    fn any_order_of_insertions_keeps_the_order() {
        // A small generator of our own, so that a failure repeats.
        let mut seed = 7_u64;
        let mut keys: Vec<String> = Vec::new();
        for _ in 0..3_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = usize::try_from(seed >> 33).expect("it fits") % (keys.len() + 1);
            let low = place.checked_sub(1).and_then(|it| keys.get(it));
            let key = between(low.map(String::as_str), keys.get(place).map(String::as_str));
            keys.insert(place, key);
        }
        assert!(keys.is_sorted_by(|one, next| one < next));
        assert!(keys.iter().all(|key| key.len() <= WHOLE + 8));
    }

    #[test]
    fn spread_keys_are_short_and_in_order() {
        let narrow = (of_number(7), of_number(8));
        for (low, high) in [
            (None, None),
            (Some(narrow.0.as_str()), None),
            (None, Some(narrow.1.as_str())),
            (Some(narrow.0.as_str()), Some(narrow.1.as_str())),
        ] {
            let keys = spread(1_000, low, high);
            assert!(keys.is_sorted_by(|one, next| one < next));
            assert!(keys.iter().all(|key| key.len() <= WHOLE + 10));
            assert!(low.is_none_or(|low| keys.iter().all(|key| low < key.as_str())));
            assert!(high.is_none_or(|high| keys.iter().all(|key| key.as_str() < high)));
        }
    }

    #[test]
    fn what_is_no_key_does_no_harm() {
        for (low, high) in [("", "zz"), ("b", "a"), ("ünïcode", ""), ("0", "0")] {
            assert!(between(Some(low), Some(high)).len() >= WHOLE);
        }
    }
}
