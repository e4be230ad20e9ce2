//! `soundings webhook`: where events are sent, and how that went.

use clap::Subcommand;

use super::audit::noted;
use super::invite::with_app;
use super::settings::WebhookArgs;
use super::{Failure, print};
use crate::config::Database;
use crate::service::App;
use crate::service::settings::Settings;
use crate::service::webhooks::Delivery;

/// Set up, list and remove webhooks; look at their messages and send them anew.
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Set up a webhook and print its secret. It cannot be printed a second time.
    Add {
        #[command(flatten)]
        database: Database,
        /// What you call it.
        name: String,
        /// An https address in the public network.
        url: String,
        /// An event it is told of, `*` for all; can be given more than once (docs/webhooks.md).
        #[arg(long = "event", value_name = "EVENT", required = true)]
        events: Vec<String>,
        #[command(flatten)]
        sending: WebhookArgs,
    },
    /// List webhooks.
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Print the messages of a webhook, and how each try went.
    Log {
        #[command(flatten)]
        database: Database,
        name: String,
        /// waiting, delivered or dead.
        #[arg(long)]
        status: Option<String>,
    },
    /// Send a message anew, or, without one, all that were given up.
    Replay {
        #[command(flatten)]
        database: Database,
        name: String,
        message: Option<String>,
    },
    /// Give a webhook a new secret; for a day messages are signed with both.
    Rotate {
        #[command(flatten)]
        database: Database,
        name: String,
    },
    /// Take a webhook away, with its messages.
    Remove {
        #[command(flatten)]
        database: Database,
        name: String,
    },
}

/// Runs a `webhook` command.
///
/// # Errors
/// A name that is taken or unknown, an address or event that will not do, a database that fails.
pub fn run(command: &WebhookCommand) -> Result<(), Failure> {
    match command {
        WebhookCommand::Add { database, name, url, events, sending } => {
            let settings = Settings { webhooks: sending.sending(), ..Settings::default() };
            let app = App::new(database.open().map_err(|e| Failure::new(e.to_string()))?).configured(settings);
            let added = actix_web::rt::System::new().block_on(app.add_webhook(name, url, events));
            let secret = added.map_err(|e| Failure::new(e.to_string()))?;
            noted(database, "webhook.add", name)?;
            print(&format!("{secret}\n"));
        }
        WebhookCommand::List { database } => {
            for hook in with_app(database, async |app| app.webhooks().await)? {
                let state = if hook.active { "" } else { " (not active: messages wait)" };
                print(&format!("{}: {} to {}{state}\n", hook.name, hook.events.join(", "), hook.url));
            }
        }
        WebhookCommand::Log { database, name, status } => {
            let mut after = 0;
            loop {
                let rows = with_app(database, async |app| app.deliveries(name, status.clone(), after, 500).await)?;
                let Some((last, _)) = rows.last() else { break };
                after = *last;
                for (_, delivery) in &rows {
                    print(&told(delivery));
                }
            }
        }
        WebhookCommand::Replay { database, name, message } => {
            let replayed = with_app(database, async |app| app.replay(name, message.clone()).await)?;
            noted(database, "webhook.replay", name)?;
            print(&format!("{replayed} to be sent anew, while the server runs\n"));
        }
        WebhookCommand::Rotate { database, name } => {
            let secret = with_app(database, async |app| app.rotate_webhook(name).await)?;
            noted(database, "webhook.rotate", name)?;
            print(&format!("{secret}\n"));
        }
        WebhookCommand::Remove { database, name } => {
            with_app(database, async |app| app.remove_webhook(name).await)?;
            noted(database, "webhook.remove", name)?;
            print(&format!("{name} is removed\n"));
        }
    }
    Ok(())
}

fn told(delivery: &Delivery) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{} {} {}\n", delivery.message, delivery.event, delivery.status);
    for one in &delivery.tries {
        let came = one.answer.map_or_else(|| one.error.clone(), |status| status.to_string());
        let _ = writeln!(text, "  {} {came} ({} ms)", one.at.format("%Y-%m-%d %H:%M:%S"), one.milliseconds);
    }
    text
}
