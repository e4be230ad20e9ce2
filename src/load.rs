//! Plays guests over HTTP against a server on this machine: opens the survey, answers, hands in, looks at the thanks.
//!
//! Owns: the guests of `soundings load` and of `benches/submissions.rs`. Refuses: any host but the loopback, more
//! connections or a longer time than the bounds below, and to count what was not acknowledged.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The most connections and seconds.
pub const MOST_CONNECTIONS: usize = 256;
pub const MOST_SECONDS: u64 = 120;

/// What is played.
#[derive(Debug, Clone)]
pub struct Load {
    pub server: SocketAddr,
    /// The survey's address, for instance `/s/hotel-post-stay?lang=en`.
    pub path: String,
    pub connections: usize,
    pub seconds: u64,
    /// Handed in a second, all connections together; as many as there can be if `None`.
    pub rate: Option<f64>,
    /// Whether guests read the thanks, or leave with the receipt that handing in gave them.
    pub thanks: bool,
}

/// How long each step took, in every guest that was thanked.
#[derive(Debug, Clone, Default)]
pub struct Times {
    pub open: Vec<Duration>,
    pub submit: Vec<Duration>,
    pub thanks: Vec<Duration>,
    /// Answers of the server other than 200 and 303, and broken connections.
    pub failed: usize,
    pub elapsed: Duration,
}

impl Times {
    /// Completed responses a second.
    pub fn rate(&self) -> f64 {
        self.submit.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// The time within which this share of a step was done, in milliseconds; 0 without any.
pub fn quantile(times: &[Duration], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = ((sorted.len().max(1) - 1) as f64 * share) as usize;
    sorted.get(at).map_or(0.0, |t| t.as_secs_f64() * 1e3)
}

/// Plays until the time is over.
///
/// # Errors
/// A host that is not this machine, bounds that are passed, a server that does not show a survey there.
pub fn play(load: &Load) -> Result<Times, String> {
    if !load.server.ip().is_loopback() {
        return Err(format!("{} is not this machine; guests are played on the loopback only", load.server.ip()));
    }
    if !(1..=MOST_CONNECTIONS).contains(&load.connections) || !(1..=MOST_SECONDS).contains(&load.seconds) {
        return Err(format!("at most {MOST_CONNECTIONS} connections and {MOST_SECONDS} seconds"));
    }
    let mut first = Connection::open(load.server)?;
    let page = first.get(&load.path).map_err(|e| e.to_string())?;
    let form = Form::read(page.body).filter(|_| page.status == 200);
    let form = form.ok_or_else(|| format!("{} shows no survey: status {}", load.path, page.status))?;
    let (stop, all) = (AtomicBool::new(false), Mutex::new(Times::default()));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..load.connections {
            let (form, stop, all) = (&form, &stop, &all);
            scope.spawn(move || {
                let own = guests(load, form, number, stop);
                let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                all.open.extend(own.open);
                all.submit.extend(own.submit);
                all.thanks.extend(own.thanks);
                all.failed += own.failed;
            });
        }
        std::thread::sleep(Duration::from_secs(load.seconds));
        stop.store(true, Ordering::Relaxed);
    });
    let mut times = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    times.elapsed = started.elapsed();
    Ok(times)
}

/// One guest after the other on one connection.
fn guests(load: &Load, form: &Form, number: usize, stop: &AtomicBool) -> Times {
    let mut times = Times::default();
    let Ok(mut connection) = Connection::open(load.server) else {
        times.failed += 1;
        return times;
    };
    let pause = load.rate.map(|rate| Duration::from_secs_f64(load.connections as f64 / rate));
    // Spread over one pause, so that connections do not come all at once.
    let mut due = Instant::now() + pause.unwrap_or_default().mul_f64(number as f64 / load.connections as f64);
    while !stop.load(Ordering::Relaxed) {
        if let Some(pause) = pause {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due += pause;
        }
        if let Ok([open, submit, thanks]) = guest(&mut connection, load, form, times.submit.len()) {
            times.open.push(open);
            times.submit.push(submit);
            times.thanks.extend(load.thanks.then_some(thanks));
            continue;
        }
        times.failed += 1;
        let Ok(fresh) = Connection::open(load.server) else { return times };
        connection = fresh;
    }
    times
}

/// Opens, answers, hands in, reads the thanks.
fn guest(connection: &mut Connection, load: &Load, form: &Form, number: usize) -> Result<[Duration; 3], String> {
    let refused = |what: &str, status: u16| format!("{what}: {status}");
    let began = Instant::now();
    let page = connection.get(&load.path).map_err(|e| e.to_string())?;
    let open = began.elapsed();
    if page.status != 200 {
        return Err(refused("open", page.status));
    }
    let body = form.answered(page.body, number).ok_or("no survey's page")?;
    let began = Instant::now();
    let answer = connection.post(&load.path, &body).map_err(|e| e.to_string())?;
    let submit = began.elapsed();
    if answer.status != 303 {
        return Err(refused("hand in", answer.status));
    }
    let began = Instant::now();
    if load.thanks {
        let location = answer.location;
        let thanks = connection.get(&location).map_err(|e| e.to_string())?;
        if thanks.status != 200 {
            return Err(refused("thanks", thanks.status));
        }
    }
    Ok([open, submit, began.elapsed()])
}

/// The value of a hidden field.
fn field<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split('"').next()
}

/// The sets of radio buttons of a survey's first page, read once: every guest gets the same.
struct Form {
    revision: String,
    /// Name and values.
    radios: Vec<(String, Vec<String>)>,
}

impl Form {
    fn read(page: &str) -> Option<Self> {
        let mut radios: Vec<(String, Vec<String>)> = Vec::new();
        for tag in page.split("<input type=\"radio\" name=\"").skip(1) {
            let Some((name, rest)) = tag.split_once('"') else { continue };
            let Some(value) = rest.strip_prefix(" value=\"").and_then(|rest| rest.split('"').next()) else { continue };
            match radios.last_mut() {
                Some((same, values)) if same == name => values.push(value.to_owned()),
                _ => radios.push((name.to_owned(), vec![value.to_owned()])),
            }
        }
        Some(Self { revision: field(page, "_revision")?.to_owned(), radios })
    }

    /// The page's own fields, and a choice at every set of radio buttons, another one for the next guest.
    fn answered(&self, page: &str, number: usize) -> Option<String> {
        let mut body = format!("_attempt={}&_revision={}", field(page, "_attempt")?, self.revision);
        for (place, (name, values)) in self.radios.iter().enumerate() {
            body.extend(["&", name, "=", &values[(number + 7 * (place + 1)) % values.len()]]);
        }
        Some(body)
    }
}

/// HTTP/1.1 on one connection that is kept open.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nothing listens there.
    pub fn open(server: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(server).map_err(|e| format!("{server}: {e}"))?;
        let timeout = Some(Duration::from_secs(30));
        stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(timeout)).map_err(|e| e.to_string())?;
        Ok(Self { stream, buffer: vec![0; 1 << 16] })
    }

    /// A page, not compressed: a guest's telephone unpacks it on its own time.
    ///
    /// # Errors
    /// If the connection breaks.
    pub fn get(&mut self, path: &str) -> std::io::Result<Answer<'_>> {
        write!(self.stream, "GET {path} HTTP/1.1\r\nhost: loopback\r\n\r\n")?;
        self.read()
    }

    /// What a form gets.
    ///
    /// # Errors
    /// If the connection breaks.
    pub fn post(&mut self, path: &str, body: &str) -> std::io::Result<Answer<'_>> {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: loopback\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(request.as_bytes())?;
        self.read()
    }

    /// Reads one response with a length.
    fn read(&mut self) -> std::io::Result<Answer<'_>> {
        let broken = |what| std::io::Error::new(std::io::ErrorKind::InvalidData, what);
        let mut filled = 0;
        let head_end = loop {
            filled += self.read_more(filled)?;
            let end = self.buffer[..filled].windows(4).position(|w| w == b"\r\n\r\n");
            if let Some(end) = end {
                break end;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        let value = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned())
        };
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| broken("no status"))?;
        let length: usize = value("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
        let (start, end) = (head_end + 4, head_end + 4 + length);
        while filled < end {
            filled += self.read_more(filled)?;
        }
        let body = std::str::from_utf8(&self.buffer[start..end]).map_err(|_| broken("no UTF-8"))?;
        Ok(Answer { status, location: value("location").unwrap_or_default(), body })
    }

    fn read_more(&mut self, filled: usize) -> std::io::Result<usize> {
        if filled == self.buffer.len() {
            self.buffer.resize(2 * filled, 0);
        }
        let n = self.stream.read(&mut self.buffer[filled..])?;
        if n == 0 {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the server closed the connection"));
        }
        Ok(n)
    }
}

/// What a server answered.
pub struct Answer<'a> {
    pub status: u16,
    /// Empty without one.
    pub location: String,
    pub body: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loaded_and_within_bounds() {
        let load = |server: &str, connections, seconds| {
            let server = server.parse().unwrap();
            play(&Load { server, path: "/".to_owned(), connections, seconds, rate: None, thanks: true }).unwrap_err()
        };
        assert!(load("192.0.2.1:80", 1, 1).contains("is not this machine"));
        assert!(load("127.0.0.1:9", 257, 1).contains("at most 256 connections"));
        assert!(load("127.0.0.1:9", 1, 3600).contains("at most 256 connections"));
    }

    #[test]
    fn a_page_is_answered_with_what_it_offers() {
        let page = "<input type=\"hidden\" name=\"_attempt\" value=\"ab\"><input type=\"hidden\" name=\"_revision\" value=\"cd\">\
            <input type=\"radio\" name=\"a\" value=\"1\"><input type=\"radio\" name=\"a\" value=\"2\"><input type=\"radio\" name=\"b\" value=\"x\">";
        let form = Form::read(page).unwrap();
        assert_eq!(form.answered(page, 0).as_deref(), Some("_attempt=ab&_revision=cd&a=2&b=x"));
        assert_eq!(form.answered("<p>", 0), None);
        assert!(Form::read("<p>").is_none());
    }
}
