//! How often one address, or one personal link, may hand in or ask for a receipt: enough for a hotel behind one address,
//! too little for a machine that fills in or guesses.
//!
//! Owns: the limits, by network (IPv4 /24, IPv6 /56) and by link; addresses are kept in memory, for minutes, and never
//! written down. Refuses: nothing to this machine itself, unless a proxy there says who asks.

use std::net::IpAddr;
use std::num::NonZeroU32;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
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
    /// Calls by network, and how many there may be a minute; none for no limit.
    calls: Option<(CallLimiter, u32)>,
}

/// What is left of a limit.
#[derive(Clone, Copy)]
struct Calls {
    most: u32,
    left: u32,
    /// Seconds, for one that is one too many.
    wait: Option<u16>,
}

/// Also says how many are left.
type CallLimiter = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

impl Limits {
    /// `submissions` a minute from one network, `calls` by one token; 0 for no limit. `behind_proxy`: a proxy adds to `X-Forwarded-For` who
    /// asks.
    pub fn new(submissions: u32, calls: u32, behind_proxy: bool) -> Self {
        let by_call = |most| (RateLimiter::keyed(Quota::per_minute(most)).with_middleware(), most.get());
        let limit = NonZeroU32::new(submissions).map(Quota::per_minute);
        Self {
            behind_proxy,
            submissions: limit.map(RateLimiter::keyed),
            looks: RateLimiter::keyed(Quota::per_minute(LOOKS)),
            sign_ins: RateLimiter::keyed(Quota::per_minute(SIGN_INS)),
            links: RateLimiter::keyed(Quota::per_minute(BY_LINK)),
            calls: NonZeroU32::new(calls).map(by_call),
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
            "api" if post && rest.starts_with("v1/surveys/") && rest.ends_with("/responses") => {
                check(self.submissions.as_ref()?, &self.network(request)?)
            }
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

    /// How many calls a program has left; none where nothing is counted.
    fn calls_left(&self, request: &ServiceRequest) -> Option<Calls> {
        let (limiter, most) = self.calls.as_ref()?;
        if !request.match_info().as_str().starts_with("/api/") {
            return None;
        }
        // By network: anybody can make up tokens. On this machine itself by what is shown.
        let token = || request.headers().get("authorization").map(|value| format!("{value:?}"));
        let key = self.network(request).map(|network| network.to_string()).or_else(token)?;
        if limiter.len() > KEYS {
            limiter.retain_recent();
        }
        // What tokens look like is nothing to keep.
        let key = crate::service::sha256(&key);
        let (left, wait) = match limiter.check_key(&key) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(refused) => (0, Some(refused.wait_time_from(DefaultClock::default().now()).as_secs() as u16 + 1)),
        };
        Some(Calls { most: *most, left, wait })
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

/// Says what the limit is, and what is left of it.
fn say(response: &mut ServiceResponse<BoxBody>, calls: Option<Calls>) {
    let Some(Calls { most, left, .. }) = calls else { return };
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(most));
    headers.insert(HeaderName::from_static("ratelimit-remaining"), HeaderValue::from(left));
    // Seconds until all of it is there again.
    let reset = (u64::from(most - left.min(most)) * 60).div_ceil(u64::from(most));
    headers.insert(HeaderName::from_static("ratelimit-reset"), HeaderValue::from(reset));
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
    let calls = request.app_data::<Data<Limits>>().and_then(|limits| limits.calls_left(&request));
    if let Some(seconds) = wait.or_else(|| calls.and_then(|calls| calls.wait)) {
        let problem = Problem::too_many(seconds, request.request());
        let mut response = request.error_response(problem).map_into_boxed_body();
        say(&mut response, calls);
        return Ok(response);
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    say(&mut response, calls);
    Ok(response)
}
