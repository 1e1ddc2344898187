//! `tls` in the configuration: whom the router trusts when it speaks TLS with subgraphs.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Serialize};

/// `tls` in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TlsConfig {
    /// Towards subgraphs.
    pub subgraph: SubgraphTls,
}

/// `tls.subgraph`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SubgraphTls {
    /// For every subgraph.
    pub all: Trust,
    /// For one subgraph, by its name.
    pub subgraphs: BTreeMap<String, Trust>,
}

/// Whom to trust.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Trust {
    /// Certificates as PEM, instead of the authorities that browsers trust.
    pub certificate_authorities: Option<String>,
}

impl TlsConfig {
    /// Whom to trust as the subgraph with this name.
    pub(crate) fn authorities_for(&self, subgraph: &str) -> Option<Arc<str>> {
        let special = self.subgraph.subgraphs.get(subgraph);
        special
            .and_then(|it| it.certificate_authorities.as_deref())
            .or(self.subgraph.all.certificate_authorities.as_deref())
            .map(Arc::from)
    }
}

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// The library has no usable settings.
    #[error(transparent)]
    Library(#[from] rustls::Error),
    /// The certificates to trust are not readable.
    #[error("`certificate_authorities`: {0}")]
    Authorities(String),
}

/// How to speak TLS as a client that trusts these authorities.
pub(super) fn client(authorities: Option<&str>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match authorities {
        None => builder.with_webpki_roots(),
        Some(pem) => builder.with_root_certificates(roots(pem)?),
    };
    Ok(builder.with_no_client_auth())
}

fn roots(pem: &str) -> Result<RootCertStore, TlsError> {
    let wrong = TlsError::Authorities;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("there is no certificate in it".to_owned()));
    }
    Ok(roots)
}

#[test]
fn what_holds_no_certificate_is_refused() {
    let error = |pem| client(Some(pem)).unwrap_err().to_string();
    assert_eq!(
        error("nothing"),
        "`certificate_authorities`: there is no certificate in it"
    );
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(error(broken).starts_with("`certificate_authorities`: "));
    assert!(client(None).is_ok());
}
