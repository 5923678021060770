use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, SocketAddr};

/// Whether the program at the other end of a connection within this machine runs as the same user as this one, as a browser
/// of whoever started it does, and a proxy of the machine does not. Where the system does not say it, as far as is known.
#[must_use]
pub fn runs(peer: SocketAddr) -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().filter_map(|table| fs::read_to_string(table).ok());
    let owners: Vec<_> = tables.flat_map(|table| owners(&table, peer)).collect();
    !owners.is_empty() && owners.iter().all(|owner| *owner == Some(rustix::process::getuid().as_raw()))
}

/// Whose the sockets with this address are, by a table of sockets (`/proc/net/tcp` in proc(5)): one address may have several.
/// One that is closed already is nobody's, though the table says it is the system's. One that waits for its time to be over is
/// passed over: both ends of its connection are closed, so it is of an earlier one, whose port is used again.
fn owners(table: &str, address: SocketAddr) -> Vec<Option<u32>> {
    const ESTABLISHED: &str = "01";
    const TIME_WAIT: &str = "06";
    let address = written(address);
    let lines = table.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let owner = |fields: Vec<&str>| {
        let is_open = fields.get(3) == Some(&ESTABLISHED) && fields.get(9).is_some_and(|inode| *inode != "0");
        fields.get(7).filter(|_| is_open)?.parse().ok()
    };
    let is_meant = |fields: &Vec<&str>| fields.get(1) == Some(&address.as_str()) && fields.get(3) != Some(&TIME_WAIT);
    lines.filter(is_meant).map(owner).collect()
}

/// An address as it stands there: words of four bytes in the order of this machine.
fn written(address: SocketAddr) -> String {
    let bytes = match address.ip().to_canonical() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = bytes.chunks_exact(4).map(|word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]]));
    let mut text = words.fold(String::new(), |mut text, word| {
        let _ = write!(text, "{word:08X}");
        text
    });
    let _ = write!(text, ":{:04X}", address.port());
    text
}

#[cfg(all(test, target_os = "linux", target_endian = "little"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_socket_of_this_program_is_told_from_another_user_s() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let browser = TcpStream::connect(listener.local_addr().expect("it is bound")).expect("it listens");
            assert!(runs(browser.local_addr().expect("it is connected")), "{address}");
        }
        assert!(!runs("127.0.0.1:1".parse().expect("an address")), "there is no such socket");
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:A1B2 0100007F:1F90 01 00000000:00000000 00:00000000 00000000    33        0 4711 1\n   \
            1: 0100007F:A1B2 0200007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1\n   \
            2: 0100007F:A1B3 0100007F:1F90 05 00000000:00000000 00:00000000 00000000     0        0 0 1\n   \
            3: 0100007F:A1B2 0100007F:1F91 06 00000000:00000000 00:00000000 00000000     0        0 0 1\n";
        for (address, expected) in [
            ("127.0.0.1:41394", vec![Some(33), Some(1000)]),
            ("[::ffff:127.0.0.1]:41394", vec![Some(33), Some(1000)]),
            ("127.0.0.1:41395", vec![None]),
            ("127.0.0.1:8080", vec![]),
        ] {
            assert_eq!(owners(table, address.parse().expect("an address")), expected, "{address}");
        }
    }
}
