//! `override_labels`: for which requests a progressive `@override` counts.
//!
//! A field with `@override(from:, label:)` has two homes, and its label says which of them a
//! request sees: `percent(n)` says so itself, for n of 100 requests; any other label is on as the
//! configuration says, and off when it says nothing.
//!
//! A request draws one number, and the labels with a share above it are on. So those that are on
//! are always the ones with the greatest shares, and k labels have at most k + 1 combinations, the
//! *variants*. Were each label drawn for by itself, one operation could have 2^k plans.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What the configuration says of a label: `true`, `false`, or a percentage of requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LabelSetting {
    /// For all requests or for none.
    Fixed(bool),
    /// For so many of 100 requests.
    Percent(f64),
}

/// `override_labels` in the configuration, by label.
pub(crate) type OverrideLabelsConfig = BTreeMap<String, LabelSetting>;

/// One of the combinations of labels that are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Variant(u32);

/// The labels of a graph and when they are on.
#[derive(Debug)]
pub(super) struct OverrideLabels {
    /// The shares of labels between never (0) and always (1), ascending.
    thresholds: Vec<f64>,
    /// The labels that are on, by variant: one more than there are thresholds.
    on: Vec<BTreeSet<String>>,
}

impl OverrideLabels {
    /// The labels of a graph under a configuration.
    pub(super) fn new(labels: &BTreeSet<String>, config: &OverrideLabelsConfig) -> Self {
        let shares: Vec<(&String, f64)> = labels
            .iter()
            .map(|label| (label, share(label, config)))
            .collect();
        let mut thresholds: Vec<f64> = shares
            .iter()
            .map(|(_, share)| *share)
            .filter(|share| *share > 0.0 && *share < 1.0)
            .collect();
        thresholds.sort_by(f64::total_cmp);
        thresholds.dedup();
        let on = std::iter::once(0.0)
            .chain(thresholds.iter().copied())
            .map(|least| {
                shares
                    .iter()
                    .filter(|(_, share)| *share > least)
                    .map(|(label, _)| (*label).clone())
                    .collect()
            })
            .collect();
        Self { thresholds, on }
    }

    /// The variant of one request. Only draws, a number from 0 to below 1, if that can matter.
    pub(super) fn choose(&self, draw: impl FnOnce() -> f64) -> Variant {
        if self.thresholds.is_empty() {
            return Variant::default();
        }
        let drawn = draw();
        let passed = self.thresholds.partition_point(|share| *share <= drawn);
        Variant(u32::try_from(passed).unwrap_or_default())
    }

    /// All variants.
    pub(super) fn variants(&self) -> impl Iterator<Item = Variant> + use<> {
        (0..u32::try_from(self.on.len()).unwrap_or(u32::MAX)).map(Variant)
    }

    /// The labels that are on.
    pub(super) fn on(&self, variant: Variant) -> BTreeSet<String> {
        let on = self.on.get(variant.0 as usize);
        on.cloned().unwrap_or_default()
    }
}

/// The part of requests, from 0 to 1, for which a label is on. The configuration comes first, so
/// that a percentage can be changed without composing again.
fn share(label: &str, config: &OverrideLabelsConfig) -> f64 {
    match config.get(label) {
        Some(LabelSetting::Fixed(on)) => f64::from(u8::from(*on)),
        Some(LabelSetting::Percent(percent)) => percent / 100.0,
        None => label
            .strip_prefix("percent(")
            .and_then(|rest| rest.strip_suffix(')'))
            .and_then(|number| number.trim().parse::<f64>().ok())
            .map_or(0.0, |percent| (percent / 100.0).clamp(0.0, 1.0)),
    }
}

/// A number from 0 to below 1, each as likely as any other; not a secret.
pub(super) fn draw() -> f64 {
    // Its keys differ from one to the next, and hashing spreads that over all bits.
    let bits = RandomState::new().build_hasher().finish();
    // As many bits as a number of this kind holds exactly.
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

impl<'de> Deserialize<'de> for LabelSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Setting;

        impl Visitor<'_> for Setting {
            type Value = LabelSetting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, or a percentage from 0 to 100")
            }

            fn visit_bool<E: Error>(self, on: bool) -> Result<LabelSetting, E> {
                Ok(LabelSetting::Fixed(on))
            }

            fn visit_i64<E: Error>(self, percent: i64) -> Result<LabelSetting, E> {
                self.visit_f64(percent as f64)
            }

            fn visit_u64<E: Error>(self, percent: u64) -> Result<LabelSetting, E> {
                self.visit_f64(percent as f64)
            }

            fn visit_f64<E: Error>(self, percent: f64) -> Result<LabelSetting, E> {
                if (0.0..=100.0).contains(&percent) {
                    Ok(LabelSetting::Percent(percent))
                } else {
                    Err(E::custom(format!(
                        "`{percent}` is no percentage from 0 to 100"
                    )))
                }
            }
        }

        deserializer.deserialize_any(Setting)
    }
}

impl Serialize for LabelSetting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed(on) => serializer.serialize_bool(*on),
            Self::Percent(percent) => serializer.serialize_f64(*percent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str], config: &[(&str, LabelSetting)]) -> OverrideLabels {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let config = config
            .iter()
            .map(|(label, setting)| ((*label).to_owned(), *setting))
            .collect();
        OverrideLabels::new(&names, &config)
    }

    fn on(labels: &OverrideLabels, drawn: f64) -> String {
        let on = labels.on(labels.choose(|| drawn));
        on.into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn without_labels_nothing_is_drawn() {
        let none = labels(&[], &[("unused", LabelSetting::Percent(50.0))]);
        let variant = none.choose(|| panic!("it is drawn for nothing"));
        assert_eq!(none.on(variant), BTreeSet::new());
        assert_eq!(none.variants().count(), 1);
        let fixed = labels(&["percent(0)", "percent(100)", "x"], &[]);
        let variant = fixed.choose(|| panic!("it is drawn for nothing"));
        assert_eq!(fixed.on(variant), ["percent(100)".to_owned()].into());
    }

    #[test]
    fn the_drawn_number_decides_by_the_labels_shares() {
        let labels = labels(
            &["percent(10)", "percent(2.5)", "always", "half", "off"],
            &[
                ("always", LabelSetting::Fixed(true)),
                ("half", LabelSetting::Percent(50.0)),
            ],
        );
        assert_eq!(on(&labels, 0.0), "always half percent(10) percent(2.5)");
        assert_eq!(on(&labels, 0.024), "always half percent(10) percent(2.5)");
        assert_eq!(on(&labels, 0.025), "always half percent(10)");
        assert_eq!(on(&labels, 0.2), "always half");
        assert_eq!(on(&labels, 0.5), "always");
        assert_eq!(on(&labels, 0.999), "always");
        assert_eq!(labels.variants().count(), 4);
    }

    #[test]
    fn the_configuration_comes_before_the_percentage_in_the_label() {
        let labels = labels(
            &["percent(100)", "percent(0)"],
            &[
                ("percent(100)", LabelSetting::Fixed(false)),
                ("percent(0)", LabelSetting::Percent(100.0)),
            ],
        );
        assert_eq!(on(&labels, 0.5), "percent(0)");
    }

    #[test]
    fn as_many_requests_see_a_label_as_it_says() {
        let labels = labels(&["percent(25)"], &[]);
        // Numbers of a fixed seed (Knuth's MMIX), so that the count is always the same.
        let mut seed = 1_u64;
        let mut next = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        let seen = (0..10_000).filter(|_| !on(&labels, next()).is_empty());
        let seen = seen.count();
        assert!((2_300..2_700).contains(&seen), "{seen}");
    }

    #[test]
    fn draws_are_spread_evenly() {
        // Ten boxes of 10,000 draws hold 1,000 each, give or take 30; a box of less than 700 or
        // more than 1,300 would not be seen in the lifetime of the universe.
        let mut boxes = [0; 10];
        for _ in 0..10_000 {
            boxes[(draw() * 10.0) as usize] += 1;
        }
        assert!(
            boxes.iter().all(|it| (700..1_300).contains(it)),
            "{boxes:?}"
        );
    }

    #[test]
    fn settings_are_read_and_printed() {
        let read = |text: &str| serde_json::from_str::<LabelSetting>(text);
        assert_eq!(read("true").unwrap(), LabelSetting::Fixed(true));
        assert_eq!(read("12.5").unwrap(), LabelSetting::Percent(12.5));
        assert_eq!(read("0").unwrap(), LabelSetting::Percent(0.0));
        for bad in ["-1", "100.5", "\"yes\"", "null", "[]"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(
            serde_json::to_string(&LabelSetting::Fixed(false)).unwrap(),
            "false"
        );
    }
}
