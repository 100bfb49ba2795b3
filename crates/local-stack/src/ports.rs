//! The ports of a stack.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use crate::topology::Service;

/// Which ports a stack takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// The ones of `make run`.
    Fixed,
    /// Free ones.
    Free,
}

/// Something else listens where a part of the stack is to.
#[derive(Debug, thiserror::Error)]
#[error("{0} is taken by another process")]
pub struct PortTaken(SocketAddr);

impl Ports {
    /// local-cloud's port.
    #[must_use]
    pub fn cloud(self) -> u16 {
        self.fixed(8090)
    }

    /// The warehouse's port.
    #[must_use]
    pub fn warehouse(self) -> u16 {
        self.fixed(9050)
    }

    /// The port of a function.
    #[must_use]
    pub fn service(self, service: Service) -> u16 {
        self.fixed(match service {
            Service::UploadSigner => 8080,
            Service::ImageProcessor => 8081,
            Service::MetadataLoader => 8082,
            Service::PurgeAuditor => 8083,
            Service::KafkaIngest => 8084,
        })
    }

    /// Looks whether anything listens on these ports, so that it is told before anything is started.
    ///
    /// # Errors
    ///
    /// [`PortTaken`] names the first that is.
    pub fn check_free(self) -> Result<(), PortTaken> {
        let services = Service::ALL.map(|service| self.service(service));
        let mut ports = services.into_iter().chain([self.cloud(), self.warehouse()]);
        ports.try_for_each(check_free)
    }

    fn fixed(self, port: u16) -> u16 {
        match self {
            Self::Fixed => port,
            Self::Free => 0,
        }
    }
}

/// Another error than that it is taken comes again, and is told, when a part of the stack listens.
fn check_free(port: u16) -> Result<(), PortTaken> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match TcpListener::bind(address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(PortTaken(address)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named() {
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = other.local_addr().unwrap().port();
        let message = check_free(port).unwrap_err().to_string();
        assert_eq!(
            message,
            format!("127.0.0.1:{port} is taken by another process")
        );
    }

    #[test]
    fn free_ports_are_free() {
        assert!(Ports::Free.check_free().is_ok());
    }
}
