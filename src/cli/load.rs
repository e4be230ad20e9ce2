//! `soundings load`: how many guests a server on this machine bears.

use std::net::ToSocketAddrs as _;

use clap::Args;

use super::{Failure, print};
use crate::load::{Load, MOST_CONNECTIONS, MOST_SECONDS, Times, play, quantile};

/// Play guests against a server on this machine and print how fast they were served. Their answers are stored: use a
/// database that may be thrown away.
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// The survey's address on this machine: http://127.0.0.1:8080/s/hotel-post-stay
    #[arg(value_name = "URL")]
    url: String,
    /// Guests at the same time.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=MOST_CONNECTIONS as i64))]
    connections: u16,
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=MOST_SECONDS))]
    seconds: u64,
    /// Responses a second, for times at a given load. As many as there can be without it.
    #[arg(long, value_parser = super::parse_positive)]
    rate: Option<f64>,
    /// Guests leave with the receipt that handing in gave them, and do not read the thanks.
    #[arg(long)]
    without_thanks: bool,
}

/// Runs `load`.
///
/// # Errors
/// An address that is not this machine's or shows no survey.
pub fn run(args: &LoadArgs) -> Result<(), Failure> {
    let bad = || Failure::new(format!("`{}` is no address such as http://127.0.0.1:8080/s/hotel-post-stay", args.url));
    let rest = args.url.strip_prefix("http://").ok_or_else(bad)?;
    let (host, path) = rest.split_once('/').ok_or_else(bad)?;
    let server = host.to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or_else(bad)?;
    let path = format!("/{path}");
    let (connections, seconds, rate) = (args.connections.into(), args.seconds, args.rate);
    let load = Load { server, path, connections, seconds, rate, thanks: !args.without_thanks };
    let times = play(&load).map_err(Failure::new)?;
    print(&shown(&times));
    if times.submit.is_empty() { Err(Failure::new("nobody was thanked")) } else { Ok(()) }
}

fn shown(times: &Times) -> String {
    let row = |name: &str, step: &[std::time::Duration]| {
        let at = |share| quantile(step, share);
        format!("| {name} | {:.2} | {:.2} | {:.2} |\n", at(0.5), at(0.99), at(0.999))
    };
    format!(
        "{:.0} completed responses a second ({} in all, {} failed)\n\n| step | p50 ms | p99 ms | p99.9 ms |\n| --- | --- | --- | --- |\n{}{}{}",
        times.rate(),
        times.submit.len(),
        times.failed,
        row("open the page", &times.open),
        row("hand in", &times.submit),
        row("thanks", &times.thanks)
    )
}
