//! Names of environment variables that people know from other routers.
//!
//! Our own names are read by the argument parser. These are asked for only where neither a flag
//! nor one of ours says anything.

/// The value of the first variable that is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where commands read the environment"
)]
pub(super) fn first_of(names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// The listen address that `HOST` and `PORT` give, where `PORT` is set.
pub(super) fn host_and_port(host: Option<String>, port: Option<String>) -> Option<String> {
    let port = port?;
    let host = host.unwrap_or_else(|| "127.0.0.1".to_owned());
    let host = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host
    };
    Some(format!("{host}:{port}"))
}

#[test]
fn a_port_is_enough() {
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(host_and_port(None, text("80")), text("127.0.0.1:80"));
    assert_eq!(
        host_and_port(text("0.0.0.0"), text("80")),
        text("0.0.0.0:80")
    );
    assert_eq!(host_and_port(text("::"), text("80")), text("[::]:80"));
    assert_eq!(host_and_port(text("0.0.0.0"), None), None);
}
