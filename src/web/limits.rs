//! How often one address, or one personal link, may hand in or ask for a receipt: enough for a hotel behind one address,
//! too little for a machine that fills in or guesses.
//!
//! Owns: the limits, by network (IPv4 /24, IPv6 /56) and by link; addresses are kept in memory, for minutes, and never
//! written down. Refuses: nothing to this machine itself, unless a proxy there says who asks.

use std::net::IpAddr;
use std::num::NonZeroU32;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::Problem;

/// Looks at receipts a minute from one network; there are 2^60 of them.
const LOOKS: NonZeroU32 = NonZeroU32::new(60).expect("above 0");

/// Passwords and links of accounts tried a minute from one network, this machine included.
const SIGN_INS: NonZeroU32 = NonZeroU32::new(20).expect("above 0");

/// Saves and submissions a minute by one personal link.
const BY_LINK: NonZeroU32 = NonZeroU32::new(90).expect("above 0");

/// After so many keys those at rest are forgotten.
const KEYS: usize = 50_000;

/// The limits of a server.
pub struct Limits {
    behind_proxy: bool,
    /// Submissions by network; none for no limit.
    submissions: Option<DefaultKeyedRateLimiter<u64>>,
    looks: DefaultKeyedRateLimiter<u64>,
    sign_ins: DefaultKeyedRateLimiter<u64>,
    links: DefaultKeyedRateLimiter<String>,
}

impl Limits {
    /// `submissions` a minute from one network; 0 for no limit. `behind_proxy`: a proxy adds to `X-Forwarded-For` who
    /// asks.
    pub fn new(submissions: u32, behind_proxy: bool) -> Self {
        let limit = NonZeroU32::new(submissions).map(Quota::per_minute);
        Self {
            behind_proxy,
            submissions: limit.map(RateLimiter::keyed),
            looks: RateLimiter::keyed(Quota::per_minute(LOOKS)),
            sign_ins: RateLimiter::keyed(Quota::per_minute(SIGN_INS)),
            links: RateLimiter::keyed(Quota::per_minute(BY_LINK)),
        }
    }

    /// Seconds to wait, if this request is one too many.
    fn wait(&self, request: &ServiceRequest) -> Option<u16> {
        // As routing sees it: `/%73ign-in` is the same place.
        let path = request.match_info().as_str();
        let (place, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        let post = request.method() == Method::POST;
        if post && place == "i" {
            let token = rest.split('/').next().unwrap_or_default().to_owned();
            if let Some(seconds) = check(&self.links, &token) {
                return Some(seconds);
            }
        }
        match place {
            "s" | "i" | "k" if post => check(self.submissions.as_ref()?, &self.network(request)?),
            "sign-in" | "welcome" | "setup" | "account"
                if post || place != "sign-in" && place != "account" || rest == "openid" =>
            {
                check(&self.sign_ins, &self.network(request).unwrap_or_default())
            }
            "r" if post || !rest.is_empty() || !request.query_string().is_empty() => {
                check(&self.looks, &self.network(request)?)
            }
            _ => None,
        }
    }

    /// The network that asks; none for this machine.
    fn network(&self, request: &ServiceRequest) -> Option<u64> {
        let peer = request.peer_addr().map(|peer| peer.ip());
        // What the proxy itself added stands last; before it anybody may have written anything.
        let said = request.headers().get_all("x-forwarded-for").last().filter(|_| self.behind_proxy);
        let last = said.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        let address: IpAddr = last.or(peer)?;
        let network = match address.to_canonical() {
            IpAddr::V4(v4) => u64::from(v4.to_bits() >> 8),
            IpAddr::V6(v6) => (v6.to_bits() >> 72) as u64 | 1 << 63,
        };
        (self.behind_proxy || !address.is_loopback()).then_some(network)
    }
}

fn check<K: std::hash::Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Option<u16> {
    if limiter.len() > KEYS {
        limiter.retain_recent();
    }
    let refused = limiter.check_key(key).err()?;
    // Never more than a minute.
    Some(refused.wait_time_from(DefaultClock::default().now()).as_secs() as u16 + 1)
}

/// Answers 429 to a request that is one too many.
///
/// # Errors
/// As what it lets through.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let wait = request.app_data::<Data<Limits>>().and_then(|limits| limits.wait(&request));
    if let Some(seconds) = wait {
        let problem = Problem::too_many(seconds, request.request());
        return Ok(request.error_response(problem).map_into_boxed_body());
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
