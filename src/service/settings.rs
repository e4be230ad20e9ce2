//! What the server was started with: addresses, mail, sign-in by OpenID, who needs a second factor.
//!
//! Owns: settings as the use cases need them, checked. Refuses: to know flags and files; see [`crate::cli`].

use super::access::Role;
use super::delivering::Sending;
use super::mailing::Mailer;
use super::openid::Provider;

/// How this server reaches people, and how they sign in.
#[derive(Clone, Default)]
pub struct Settings {
    /// Where people reach this server, without a slash at the end: what links begin with.
    pub base_url: String,
    /// None: links are printed, not sent.
    pub mailer: Option<Mailer>,
    /// None: no sign-in by OpenID.
    pub openid: Option<Provider>,
    /// Roles that need a second factor.
    pub second_factor_for: Vec<Role>,
    pub webhooks: Sending,
    /// Whether this is a demonstration, whose people are offered to everybody who comes.
    pub demo: bool,
}
