//! Makes sure that the ports are free before anything is started.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use crate::options::ServiceName;

/// Why the services cannot listen where they should.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PortError {
    /// Two services were given one port.
    #[error("{0} and {1} cannot both have port {2}: choose another with --{0}-port or --{1}-port")]
    Shared(&'static str, &'static str, u16),
    /// Something listens there already.
    #[error("{}: stop what listens there, or choose another with {}", taken(.0), flags(.0))]
    Taken(Vec<(&'static str, u16)>),
    /// The system does not let us.
    #[error("port {port} for {service} cannot be opened: {reason}")]
    Refused {
        /// Who was to listen.
        service: &'static str,
        /// Where.
        port: u16,
        /// What the system said.
        reason: String,
    },
}

fn taken(ports: &[(&'static str, u16)]) -> String {
    let each: Vec<String> = ports
        .iter()
        .map(|(service, port)| format!("port {port} for {service} is taken"))
        .collect();
    each.join(", ")
}

fn flags(ports: &[(&'static str, u16)]) -> String {
    let each: Vec<String> = ports
        .iter()
        .map(|(service, _)| format!("--{service}-port"))
        .collect();
    each.join(", ")
}

/// Opens and closes each port on the loopback interface, where the services will listen.
///
/// Somebody may take a port between this look and the service's own start. The service then
/// says so itself; this check is for the common case, and tells of all ports at once.
///
/// # Errors
/// When a port is given twice, is taken, or may not be opened.
pub(crate) fn check(ports: &[(ServiceName, u16)]) -> Result<(), PortError> {
    for (index, (service, port)) in ports.iter().enumerate() {
        if let Some((other, _)) = ports.iter().take(index).find(|(_, it)| it == port) {
            return Err(PortError::Shared(other.as_str(), service.as_str(), *port));
        }
    }
    let mut taken = Vec::new();
    for (service, port) in ports {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, *port)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                taken.push((service.as_str(), *port));
            }
            Err(error) => {
                return Err(PortError::Refused {
                    service: service.as_str(),
                    port: *port,
                    reason: error.to_string(),
                });
            }
        }
    }
    if taken.is_empty() {
        Ok(())
    } else {
        Err(PortError::Taken(taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held() -> (TcpListener, u16) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        (listener, port)
    }

    #[test]
    fn taken_ports_are_told_together_with_the_flags_that_help() {
        let ((_one, first), (_two, second)) = (held(), held());
        let refused = check(&[(ServiceName::Users, first), (ServiceName::Music, second)]);
        assert_eq!(
            refused.expect_err("both are held").to_string(),
            format!(
                "port {first} for users is taken, port {second} for music is taken: \
                 stop what listens there, or choose another with --users-port, --music-port"
            )
        );
    }

    #[test]
    fn one_port_serves_one_service() {
        let refused = check(&[(ServiceName::Users, 4001), (ServiceName::Router, 4001)]);
        assert_eq!(
            refused.expect_err("they collide").to_string(),
            "users and router cannot both have port 4001: choose another with --users-port or --router-port"
        );
    }

    #[test]
    fn a_port_that_was_only_looked_at_is_free() {
        let (listener, port) = held();
        drop(listener);
        for _ in 0..2 {
            assert_eq!(check(&[(ServiceName::Router, port)]), Ok(()));
        }
    }
}
