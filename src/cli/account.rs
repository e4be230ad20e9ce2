//! `soundings admin`, `soundings account`, `soundings token`: who may see results, and where.

use clap::Subcommand;

use super::audit::noted;
use super::invite::with_app;
use super::serve::block_on;
use super::settings::MailArgs;
use super::{Failure, print};
use crate::config::Database;
use crate::service::ServiceError;
use crate::service::access::Role;
use crate::service::accounts::{LINK_HOURS, email_address};
use crate::service::mailing::with_link;
use crate::store::StoreError;

/// Make the first account.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make an administrator's account, and print the link with which its password is set.
    Create {
        #[command(flatten)]
        database: Database,
        /// E-mail address.
        email: String,
        /// Name for people; the address without it.
        #[arg(long)]
        name: Option<String>,
        /// Also let them read single responses, everywhere.
        #[arg(long)]
        analyst: bool,
        #[command(flatten)]
        mail: MailArgs,
    },
}

/// Make, list, change and remove accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Make an account with a role, or give another role to one that there is; print, or with --smtp send, the link for
    /// its password.
    Add {
        #[command(flatten)]
        database: Database,
        /// E-mail address.
        email: String,
        /// Name for people; the address without it.
        #[arg(long)]
        name: Option<String>,
        /// administrator, analyst, manager, viewer or export (docs/accounts.md).
        #[arg(long)]
        role: Role,
        /// Code of the unit on which, with everything below it; everywhere without it.
        #[arg(long, value_name = "CODE")]
        unit: Option<String>,
        #[command(flatten)]
        mail: MailArgs,
    },
    /// Print, or with --smtp send, a new link for an account's password; the old one stays good until it is used.
    Link {
        #[command(flatten)]
        database: Database,
        email: String,
        #[command(flatten)]
        mail: MailArgs,
    },
    /// Take away the second factor of somebody who lost it and all recovery codes.
    ResetFactor {
        #[command(flatten)]
        database: Database,
        email: String,
    },
    /// List accounts and what they may.
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Take a role away.
    Revoke {
        #[command(flatten)]
        database: Database,
        email: String,
        #[arg(long)]
        role: Role,
        /// Code of the unit; without it the role that holds everywhere.
        #[arg(long, value_name = "CODE")]
        unit: Option<String>,
    },
    /// Remove an account and sign it out.
    Remove {
        #[command(flatten)]
        database: Database,
        email: String,
    },
}

/// Make, list and remove the tokens with which programs sign in.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Print a new token. It cannot be printed a second time.
    Add {
        #[command(flatten)]
        database: Database,
        /// What you call the program: `data warehouse`.
        name: String,
        /// administrator, analyst, manager, viewer or export (docs/accounts.md).
        #[arg(long)]
        role: Role,
        /// Code of the unit on which, with everything below it; everywhere without it.
        #[arg(long, value_name = "CODE")]
        unit: Option<String>,
        /// For how many days it is good.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=3650))]
        days: i64,
    },
    /// List tokens: what they may, until when, and when they were last used.
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Remove a token.
    Remove {
        #[command(flatten)]
        database: Database,
        name: String,
    },
}

/// Runs a `token` command.
///
/// # Errors
/// A name that is taken or unknown, an unknown unit, a database that fails.
pub fn run_token(command: &TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Add { database, name, role, unit, days } => {
            let made = with_app(database, async |app| match app.add_token(name, *role, unit.as_deref(), *days).await {
                Err(ServiceError::Store(StoreError::Conflict(_))) => Ok(None),
                outcome => outcome.map(Some),
            });
            let token = made?.ok_or_else(|| Failure::new(format!("there is a token `{name}` already")))?;
            noted(database, "token.add", name)?;
            print(&format!("{token}\n"));
        }
        TokenCommand::List { database } => {
            for token in with_app(database, async |app| app.tokens().await)? {
                let used = token.used_at.map_or("never".to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string());
                let unit = token.unit.as_deref().unwrap_or("everywhere");
                let until = token.expires_at.date();
                print(&format!("{}: {} {unit}, until {until}, last used {used}\n", token.name, token.role));
            }
        }
        TokenCommand::Remove { database, name } => {
            if !with_app(database, async |app| app.remove_token(name).await)? {
                return Err(Failure::new(format!("there is no token `{name}`")));
            }
            noted(database, "token.remove", name)?;
            print(&format!("{name} is removed\n"));
        }
    }
    Ok(())
}

fn address(email: &str) -> Result<String, Failure> {
    email_address(email).ok_or_else(|| Failure::new(format!("`{email}` is no e-mail address")))
}

/// Runs an `admin` command.
///
/// # Errors
/// An address that is none, a database that fails.
pub fn run_admin(command: &AdminCommand) -> Result<(), Failure> {
    let AdminCommand::Create { database, email, name, analyst, mail } = command;
    let roles = if *analyst { &[Role::Administrator, Role::Analyst][..] } else { &[Role::Administrator] };
    add(database, email, name.as_deref(), roles, None, mail)
}

/// Runs an `account` command.
///
/// # Errors
/// An address that is none or has no account, an unknown unit, a database that fails.
pub fn run(command: &AccountCommand) -> Result<(), Failure> {
    match command {
        AccountCommand::Add { database, email, name, role, unit, mail } => {
            add(database, email, name.as_deref(), &[*role], unit.as_deref(), mail)
        }
        AccountCommand::Link { database, email, mail } => {
            let email = address(email)?;
            let token = with_app(database, async |app| app.account_link(&email).await)?;
            noted(database, "account.link", &email)?;
            deliver(mail, &email, &token, "mail-reset")
        }
        AccountCommand::ResetFactor { database, email } => {
            let email = address(email)?;
            with_app(database, async |app| app.reset_factor(&email).await)?;
            noted(database, "account.reset-factor", &email)?;
            print(&format!("{email} has no second factor now, and is signed out\n"));
            Ok(())
        }
        AccountCommand::List { database } => list(database),
        AccountCommand::Revoke { database, email, role, unit } => {
            let email = address(email)?;
            let gone = with_app(database, async |app| app.take_role(&email, *role, unit.as_deref()).await)?;
            if !gone {
                return Err(Failure::new(format!("{email} does not have this role there")));
            }
            noted(database, "account.revoke", &email)?;
            print(&format!("{email} has it no longer\n"));
            Ok(())
        }
        AccountCommand::Remove { database, email } => {
            let email = address(email)?;
            with_app(database, async |app| app.remove_account(&email).await)?;
            noted(database, "account.remove", &email)?;
            print(&format!("{email} is removed\n"));
            Ok(())
        }
    }
}

fn add(
    database: &Database,
    email: &str,
    name: Option<&str>,
    roles: &[Role],
    unit: Option<&str>,
    mail: &MailArgs,
) -> Result<(), Failure> {
    let email = address(email)?;
    let name = name.unwrap_or(&email).to_owned();
    let wanted: Vec<_> = roles.iter().map(|role| (*role, unit.map(str::to_owned))).collect();
    let token = with_app(database, async |app| app.add_account(&email, &name, &wanted).await)?;
    noted(database, "account.add", &email)?;
    if let Some(token) = token {
        deliver(mail, &email, &token, "mail-invitation")?;
    } else {
        let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        print(&format!("{email} is {} now, with the password that it has\n", roles.join(" and ")));
    }
    Ok(())
}

/// Sends the link, where there is a server for mails; prints it elsewhere.
fn deliver(mail: &MailArgs, email: &str, token: &str, id: &str) -> Result<(), Failure> {
    let link = format!("{}/welcome/{token}", mail.base_url("http://127.0.0.1:8080"));
    let Some(mailer) = mail.mailer()? else {
        print(&format!("{link}\ngood once, for {LINK_HOURS} hours\n"));
        return Ok(());
    };
    let letter = with_link(id, email, "en", &link, LINK_HOURS);
    block_on(async { mailer.send(&letter).await.map_err(std::io::Error::other) })?;
    print(&format!("a link is on its way to {email}\n"));
    Ok(())
}

fn list(database: &Database) -> Result<(), Failure> {
    for listed in with_app(database, async |app| app.accounts().await)? {
        let account = &listed.account;
        let state = if account.password.is_none() { " (no password yet)" } else { "" };
        print(&format!("{} {}{state}\n", account.email, account.name));
        for grant in &listed.grants {
            print(&format!("  {} {}\n", grant.role, grant.unit.as_deref().unwrap_or("everywhere")));
        }
    }
    Ok(())
}
