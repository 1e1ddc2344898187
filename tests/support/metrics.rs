//! A service's metrics, as Prometheus reads them.

use super::http::client;

/// The text of `/metrics`.
pub(crate) struct Metrics(String);

impl Metrics {
    pub(crate) async fn read(url: &str) -> Self {
        let response = client()
            .get(url)
            .send()
            .await
            .unwrap_or_else(|error| panic!("{url}: {error}"));
        Self(response.text().await.expect("metrics are text"))
    }

    /// The sum of a counter over all series whose labels contain `label`.
    pub(crate) fn sum(&self, name: &str, label: &str) -> u64 {
        let series: Vec<f64> = self
            .0
            .lines()
            .filter(|line| {
                line.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(['{', ' ']))
            })
            .filter(|line| line.contains(label))
            .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
            .collect();
        assert!(
            !series.is_empty() || !label.is_empty(),
            "no counter {name} in\n{}",
            self.0
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a counter of requests is a small whole number"
        )]
        let sum = series.iter().sum::<f64>() as u64;
        sum
    }
}
