//! Flags and environment of what a server is: its address, its mail, its sign-in.
//!
//! Owns: how settings are written, and what is said about those that cannot be read. Refuses: half of a setting.

use clap::Args;

use super::Failure;
use crate::service::access::Role;
use crate::service::delivering::Sending;
use crate::service::mailing::Mailer;
use crate::service::openid::{GroupRoles, Provider};
use crate::service::settings::Settings;

/// How a server reaches people, and how they sign in.
#[derive(Debug, Clone, Args)]
pub struct SettingsArgs {
    #[command(flatten)]
    pub mail: MailArgs,
    #[command(flatten)]
    webhooks: WebhookArgs,
    /// Roles that need a second factor, separated by commas: `administrator,analyst`.
    #[arg(long, value_name = "ROLES", value_delimiter = ',', env = "SOUNDINGS_SECOND_FACTOR_FOR")]
    second_factor_for: Vec<Role>,
    /// An OpenID Connect provider with which people sign in: its issuer address.
    #[arg(long, value_name = "URL", env = "SOUNDINGS_OPENID_ISSUER")]
    openid_issuer: Option<String>,
    /// What this server is called there. Let it know `BASE-URL/sign-in/openid/back`.
    #[arg(long, value_name = "ID", env = "SOUNDINGS_OPENID_CLIENT_ID")]
    openid_client_id: Option<String>,
    /// Better from the environment: who lists processes sees flags.
    #[arg(long, value_name = "SECRET", env = "SOUNDINGS_OPENID_CLIENT_SECRET", hide_env_values = true)]
    openid_client_secret: Option<String>,
    /// What people call the provider.
    #[arg(long, value_name = "NAME", env = "SOUNDINGS_OPENID_NAME", default_value = "OpenID")]
    openid_name: String,
    /// The claim of its ID token that lists groups.
    #[arg(long, value_name = "CLAIM", env = "SOUNDINGS_OPENID_GROUPS_CLAIM", default_value = "groups")]
    openid_groups_claim: String,
    /// Roles by the provider's groups, separated by commas: `quality=analyst,edelweiss-managers=manager:edelweiss`. With
    /// any, roles of whoever signs in there come from groups alone.
    #[arg(long, value_name = "GROUP=ROLE[:UNIT]", value_delimiter = ',', env = "SOUNDINGS_OPENID_GROUPS")]
    openid_groups: Vec<String>,
}

/// How mails go out.
#[derive(Debug, Clone, Args)]
pub struct MailArgs {
    /// Where people reach this server: what links begin with. Without it, this machine.
    #[arg(long, value_name = "URL", env = "SOUNDINGS_BASE_URL")]
    base_url: Option<String>,
    /// SMTP server for mails: `smtp://USER:PASSWORD@HOST:587?tls=required`. Better from the environment.
    #[arg(long, value_name = "URL", env = "SOUNDINGS_SMTP", hide_env_values = true)]
    smtp: Option<String>,
    /// Sender of mails: `Alpine Hotels <survey@example.org>`.
    #[arg(long, value_name = "ADDRESS", env = "SOUNDINGS_MAIL_FROM")]
    mail_from: Option<String>,
}

/// How messages to webhooks go out.
#[derive(Debug, Clone, Args)]
pub struct WebhookArgs {
    /// Hosts of webhooks that may be in a private network, and without https, separated by commas: `crm.internal`.
    #[arg(long, value_name = "HOSTS", value_delimiter = ',', env = "SOUNDINGS_WEBHOOKS_PRIVATE_HOSTS")]
    webhooks_private_hosts: Vec<String>,
    /// Seconds (at most thirty days) before each further try of a message that was not taken, separated by commas.
    #[arg(
        long,
        value_name = "SECONDS",
        value_delimiter = ',',
        default_values_t = Sending::default().pauses,
        value_parser = clap::value_parser!(u32).range(1..=2_592_000),
        env = "SOUNDINGS_WEBHOOKS_PAUSES"
    )]
    webhooks_pauses: Vec<u32>,
}

impl WebhookArgs {
    /// How messages go out.
    pub fn sending(&self) -> Sending {
        Sending { pauses: self.webhooks_pauses.clone(), private_hosts: self.webhooks_private_hosts.clone() }
    }
}

impl MailArgs {
    /// What hands mails over, if anything does.
    ///
    /// # Errors
    /// A server without a sender, or one of them that cannot be read.
    pub fn mailer(&self) -> Result<Option<Mailer>, Failure> {
        match (&self.smtp, &self.mail_from) {
            (None, _) => Ok(None),
            (Some(_), None) => Err(Failure::new("--smtp needs --mail-from: who the mails are from")),
            (Some(url), Some(from)) => Mailer::new(url, from).map(Some).map_err(Failure::new),
        }
    }

    /// Where people reach this server, without a slash at the end; `otherwise` if it is not said.
    pub fn base_url(&self, otherwise: &str) -> String {
        self.base_url.as_deref().unwrap_or(otherwise).trim_end_matches('/').to_owned()
    }
}

impl SettingsArgs {
    /// The settings of a server on this address.
    ///
    /// # Errors
    /// Which cannot be read, or lack which other.
    pub fn settings(&self, address: &str) -> Result<Settings, Failure> {
        Ok(Settings {
            base_url: self.mail.base_url(address),
            mailer: self.mail.mailer()?,
            openid: self.openid()?,
            second_factor_for: self.second_factor_for.clone(),
            webhooks: self.webhooks.sending(),
            demo: false,
        })
    }

    fn openid(&self) -> Result<Option<Provider>, Failure> {
        let Some(issuer) = self.openid_issuer.clone() else { return Ok(None) };
        let client_id =
            self.openid_client_id.clone().ok_or_else(|| Failure::new("--openid-issuer needs --openid-client-id"))?;
        let provider = Provider {
            issuer,
            client_id,
            client_secret: self.openid_client_secret.clone(),
            name: self.openid_name.clone(),
            groups_claim: self.openid_groups_claim.clone(),
            groups: groups(&self.openid_groups)?,
        };
        provider.checked().map(Some).map_err(Failure::new)
    }
}

/// `group=role` or `group=role:unit`, several of a group together.
fn groups(given: &[String]) -> Result<GroupRoles, Failure> {
    let mut groups = GroupRoles::new();
    for entry in given {
        let wrong = |why: &str| Failure::new(format!("--openid-groups: `{entry}`: {why}"));
        let (group, role) = entry.rsplit_once('=').ok_or_else(|| wrong("expected GROUP=ROLE or GROUP=ROLE:UNIT"))?;
        let (role, unit) = role.split_once(':').map_or((role, None), |(role, unit)| (role, Some(unit.to_owned())));
        groups.entry(group.to_owned()).or_default().push((role.parse().map_err(|e: String| wrong(&e))?, unit));
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_or_named() {
        let given = ["quality=analyst", "ew=manager:edelweiss", "ew=viewer", "cn=hotel=manager"].map(str::to_owned);
        let groups = groups(&given).unwrap();
        assert_eq!(groups["ew"], [(Role::Manager, Some("edelweiss".to_owned())), (Role::Viewer, None)]);
        assert_eq!(groups["cn=hotel"], [(Role::Manager, None)]);
        let said = super::groups(&["x=boss".to_owned()]).unwrap_err().to_string();
        assert!(said.starts_with("--openid-groups: `x=boss`: `boss` is not one of"), "{said}");
        assert!(super::groups(&["x".to_owned()]).is_err());
    }
}
