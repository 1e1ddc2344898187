//! Where clients connect: a host and port, or a Unix socket.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

/// An address that a router listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// A host and port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl ListenAddress {
    /// The URL of this path there.
    pub(crate) fn url(&self, path: &str) -> String {
        match self {
            Self::Tcp(address) => format!("http://{address}{path}"),
            Self::Unix(_) => format!("{self}?path={path}"),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

/// Takes connections.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, SocketFile),
}

/// A connection that was taken.
pub(super) enum Accepted {
    Tcp(TcpStream, IpAddr),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Listener {
    /// Takes an address: `host:port`, or `unix:///run/router.sock`.
    pub(crate) async fn bind(address: &str) -> io::Result<Self> {
        match address.strip_prefix("unix://") {
            Some(path) => Self::bind_unix(Path::new(path)),
            None => TcpListener::bind(address).await.map(Self::Tcp),
        }
    }

    #[cfg(unix)]
    fn bind_unix(path: &Path) -> io::Result<Self> {
        match UnixListener::bind(path) {
            // What a process left that is gone: nobody takes connections from it.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path) => {
                std::fs::remove_file(path)?;
                UnixListener::bind(path)
            }
            bound => bound,
        }
        .map(|listener| Self::Unix(listener, SocketFile(path.to_owned())))
    }

    #[cfg(not(unix))]
    fn bind_unix(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Where it listens; with port 0 asked for, the port that was given.
    pub(crate) fn address(&self) -> io::Result<ListenAddress> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(ListenAddress::Tcp),
            #[cfg(unix)]
            Self::Unix(_, file) => Ok(ListenAddress::Unix(file.0.clone())),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (stream, from) = listener.accept().await?;
                Ok(Accepted::Tcp(stream, from.ip()))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok(Accepted::Unix(stream))
            }
        }
    }
}

/// Whether a socket's file is there and nobody listens on it.
#[cfg(unix)]
fn is_abandoned(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    // A file that is no socket refuses connections too.
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    is_socket
        && std::os::unix::net::UnixStream::connect(path)
            .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// The file of a Unix socket, which goes away with its listener.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody may have taken it away already.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_socket_that_was_left_behind_is_taken_over_and_one_in_use_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("router.sock");
    let address = format!("unix://{}", path.display());
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "a process that is killed leaves it");
    let listener = Listener::bind(&address).await.unwrap();
    assert_eq!(listener.address().unwrap().to_string(), address);
    let error = Listener::bind(&address).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    drop(listener);
    assert!(!path.exists());
    std::fs::write(&path, "a file of somebody's").unwrap();
    assert!(Listener::bind(&address).await.is_err());
    assert!(path.exists());
}
