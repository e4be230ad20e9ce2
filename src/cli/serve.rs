//! `soundings serve` and `soundings demo`: the server, on one's own data or on a demonstration's.

use std::net::TcpListener;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::settings::SettingsArgs;
use super::survey::{read, usable};
use super::{Failure, print, progress};
use crate::config::Database;
use crate::report::publication::Thresholds;
use crate::service::analysing::packing::Packing;
use crate::service::authoring::publish;
use crate::service::delivering::deliver_as_it_happens;
use crate::service::privacy::{Retention, forget_as_days_pass};
use crate::service::scheduling::mail_reports_as_they_are_due;
use crate::service::sealing::seal_every_day;
use crate::service::{App, demo, random_bytes};
use crate::telemetry;
use crate::web::metrics::serve_metrics;
use crate::web::server::{Access, serve};

/// How often the ratings of new responses are packed.
const PACKED_EVERY: std::time::Duration = std::time::Duration::from_mins(1);

/// Serve surveys and reports.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    database: Database,
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8080")]
    bind: String,
    /// Show reports to everybody who reaches the server. Without it they are closed.
    #[arg(long)]
    open_results: bool,
    /// Show every single answer, as CSV, to everybody who reaches the server. For head office alone.
    #[arg(long)]
    open_responses: bool,
    /// How many submissions are taken in a minute from one network (IPv4 /24, IPv6 /56); 0 for no limit. A hotel's guests
    /// often share one address.
    #[arg(long, default_value_t = 600)]
    submissions_per_minute: u32,
    /// How many calls are answered in a minute under /api to one network; 0 for no limit.
    #[arg(long, default_value_t = 600)]
    api_calls_per_minute: u32,
    #[command(flatten)]
    publication: PublicationArgs,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Forget how guests are reached so many days after they left; without it never.
    #[arg(long, value_name = "DAYS", env = "SOUNDINGS_RETAIN_CONTACTS_DAYS")]
    retain_contacts_days: Option<u32>,
    /// Forget answers so many days after the end of the month in which they were given, and keep their sums; without it
    /// never.
    #[arg(long, value_name = "DAYS", env = "SOUNDINGS_RETAIN_ANSWERS_DAYS", value_parser = clap::value_parser!(u32).range(31..=36_500))]
    retain_answers_days: Option<u32>,
    /// Tell Prometheus what is counted, under /metrics on this address and port; without it nobody. Keep it from guests.
    #[arg(long, value_name = "ADDRESS", env = "SOUNDINGS_METRICS_BIND")]
    metrics_bind: Option<String>,
    /// A proxy in front adds who asks to X-Forwarded-For, whose last entry is believed. Without a proxy anybody could say
    /// anything.
    #[arg(long)]
    behind_proxy: bool,
}

/// Look at settings.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether `serve` would start with these settings, and what they are.
    Check(Box<ServeArgs>),
}

/// Runs `config check`.
///
/// # Errors
/// What is wrong with a setting.
pub fn check(command: &ConfigCommand) -> Result<(), Failure> {
    let ConfigCommand::Check(args) = command;
    let thresholds = args.publication.thresholds()?;
    let settings = args.settings.settings(&format!("http://{}", args.bind))?;
    args.bind.parse::<std::net::SocketAddr>().map_err(|e| Failure::new(format!("--bind is `{}`: {e}", args.bind)))?;
    args.database.location().map_err(|e| Failure::new(e.to_string()))?;
    let roles: Vec<&str> = settings.second_factor_for.iter().map(|role| role.as_str()).collect();
    let openid = settings.openid.as_ref().map_or("none", |provider| provider.issuer.as_str());
    print(&format!(
        "listens on {}, is reached at {}\nmail {}, OpenID {openid}, second factor for {}\n\
        counts from {}, comments from {}, index from {}, rank from {}\nresults open {}, responses open {}\n",
        args.bind,
        settings.base_url,
        if settings.mailer.is_some() { "is sent" } else { "none" },
        if roles.is_empty() { "nobody".to_owned() } else { roles.join(", ") },
        thresholds.counts,
        thresholds.comments,
        thresholds.index,
        thresholds.rank,
        args.open_results,
        args.open_responses,
    ));
    Ok(())
}

/// From how many responses what is shown.
#[derive(Debug, Args)]
pub struct PublicationArgs {
    /// From how many responses counts and means are shown. For those who may not read single responses it is also how
    /// many are published together.
    #[arg(long = "publish-counts-from", value_name = "N", default_value_t = Thresholds::default().counts, env = "SOUNDINGS_PUBLISH_COUNTS_FROM")]
    counts: usize,
    /// From how many responses comments are shown.
    #[arg(long = "publish-comments-from", value_name = "N", default_value_t = Thresholds::default().comments, env = "SOUNDINGS_PUBLISH_COMMENTS_FROM")]
    comments: usize,
    /// From how many responses an index is shown, marked as of a low base.
    #[arg(long = "publish-index-from", value_name = "N", default_value_t = Thresholds::default().index, env = "SOUNDINGS_PUBLISH_INDEX_FROM")]
    index: usize,
    /// From how many responses an index is ranked, and shown without that mark.
    #[arg(long = "publish-rank-from", value_name = "N", default_value_t = Thresholds::default().rank, env = "SOUNDINGS_PUBLISH_RANK_FROM")]
    rank: usize,
}

impl PublicationArgs {
    fn thresholds(&self) -> Result<Thresholds, Failure> {
        let Self { counts, comments, index, rank } = *self;
        Thresholds { counts, comments, index, rank }.checked().map_err(Failure::new)
    }
}

/// Fill a database with a demonstration hotel group and serve it.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder of the demonstration's SQLite file, created if missing. Not used with --database.
    #[arg(long, value_name = "DIR", default_value = "soundings-demo")]
    data_dir: PathBuf,
    /// Database address: `sqlite:FILE` or `postgres://USER@HOST/NAME`. One that is in use for anything else is refused.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database: Option<String>,
    /// Port to listen on, on this machine only; 0 for any free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Responses in a new demonstration.
    #[arg(long, default_value_t = 6000)]
    responses: usize,
    /// Seed of the demonstration: the same seed gives the same data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begin anew: empty the demonstration's database first. Other databases are refused.
    #[arg(long)]
    fresh: bool,
}

/// A template file to look at.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Port to listen on, on this machine only; 0 for any free one.
    #[arg(long, default_value_t = 8081)]
    port: u16,
}

/// Serves a template from a database that is removed when it is stopped.
///
/// # Errors
/// What is wrong with the template, or with the port.
pub fn run_preview(args: &PreviewArgs) -> Result<(), Failure> {
    let _telemetry = telemetry::start();
    let text = read(&args.file)?;
    let survey = usable(&args.file, &text)?;
    let listener = listen(&format!("127.0.0.1:{}", args.port))?;
    let address = listener.local_addr().map_err(|e| Failure::new(e.to_string()))?;
    let name: String = random_bytes::<8>().iter().map(|b| format!("{b:02x}")).collect();
    let folder = std::env::temp_dir().join(format!("soundings-preview-{name}"));
    let database = Database { data_dir: folder.clone(), database: None };
    let app = App::new(database.open().map_err(|e| Failure::new(e.to_string()))?);
    let slug = survey.slug.clone();
    app.store.write_blocking(move |db| publish(db, &survey, &text)).map_err(|e| Failure::new(e.to_string()))?;
    print(&format!("A preview of {}; what is answered is forgotten: http://{address}/s/{slug}\n", args.file.display()));
    let access = Access::open();
    let served = block_on(async move { serve(app, access, listener)?.await });
    let _ = std::fs::remove_dir_all(&folder);
    served
}

/// Runs `serve` until it is stopped.
///
/// # Errors
/// If the database or the address cannot be used.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    let _telemetry = telemetry::start();
    let thresholds = args.publication.thresholds()?;
    let store = args.database.open().map_err(|e| Failure::new(e.to_string()))?;
    let listener = listen(&args.bind)?;
    let address = listener.local_addr().map_err(|e| Failure::new(e.to_string()))?;
    let settings = args.settings.settings(&format!("http://{address}"))?;
    let metrics = args.metrics_bind.as_deref().map(listen).transpose()?;
    print(&format!("Soundings listens on http://{address}\n"));
    let access = Access {
        open_results: args.open_results,
        open_responses: args.open_responses,
        submissions_a_minute: args.submissions_per_minute,
        calls_a_minute: args.api_calls_per_minute,
        behind_proxy: args.behind_proxy,
    };
    let retention = Retention { contacts: args.retain_contacts_days, answers: args.retain_answers_days };
    block_on(async move {
        let app = App::new(store).publishing(thresholds).configured(settings);
        if app.accounts().await.map_err(std::io::Error::other)?.is_empty() && !access.open_results {
            print(&format!("Make the first account: {}/setup/{}\n", app.settings.base_url, app.setup_token));
        }
        if let Some(listener) = metrics {
            print(&format!("metrics on http://{}/metrics\n", listener.local_addr()?));
            actix_web::rt::spawn(serve_metrics(app.clone(), listener)?);
        }
        actix_web::rt::spawn(seal_every_day(app.clone()));
        actix_web::rt::spawn(deliver_as_it_happens(app.clone()));
        actix_web::rt::spawn(mail_reports_as_they_are_due(app.clone()));
        actix_web::rt::spawn(forget_as_days_pass(app.clone(), retention));
        actix_web::rt::spawn(keep_ready(app.clone()));
        serve(app, access, listener)?.await
    })
}

/// Reads answers before somebody asks for a first page, and packs what comes. Whoever asks is told what is wrong; here it is logged.
async fn keep_ready(app: App) {
    if let Err(error) = app.make_ready().await {
        tracing::error!(%error, "answers could not be read ahead");
    }
    loop {
        match app.pack_ratings(Packing::default()).await {
            Ok(0) => (),
            Ok(responses) => tracing::info!(responses, "ratings were packed"),
            Err(error) => tracing::error!(%error, "ratings could not be packed"),
        }
        actix_web::rt::time::sleep(PACKED_EVERY).await;
    }
}

/// Runs `demo` until it is stopped.
///
/// # Errors
/// If the database or the port cannot be used.
pub fn run_demo(args: &DemoArgs) -> Result<(), Failure> {
    let _telemetry = telemetry::start();
    // Before anything is filled: a port in use is the likeliest mistake.
    let listener = listen(&format!("127.0.0.1:{}", args.port))?;
    let address = listener.local_addr().map_err(|e| Failure::new(e.to_string()))?;
    let database = Database { data_dir: args.data_dir.clone(), database: args.database.clone() };
    let app = App::new(database.open().map_err(|e| Failure::new(e.to_string()))?);
    let (count, seed, fresh) = (args.responses, args.seed, args.fresh);
    block_on(async move {
        if fresh {
            demo::clear(&app).await.map_err(std::io::Error::other)?;
        }
        let bar = progress::bar(count as u64, "responses");
        let stored = demo::fill(&app, count, seed, |n| bar.inc(n)).await.map_err(std::io::Error::other)?;
        bar.finish_and_clear();
        let app = demo::open_to_all(app).await.map_err(std::io::Error::other)?;
        actix_web::rt::spawn(deliver_as_it_happens(app.clone()));
        actix_web::rt::spawn(keep_ready(app.clone()));
        let access = Access { open_results: false, open_responses: false, ..Access::open() };
        let server = serve(app, access, listener)?;
        print(&welcome(&address.to_string(), stored));
        server.await
    })
}

fn welcome(address: &str, responses: usize) -> String {
    let (survey, kiosk, unit) = (demo::SURVEY, demo::KIOSK, demo::EXAMPLE_UNIT);
    format!(
        "Larkfield Hotels, a demonstration with {responses} responses:\n\n  \
        Come in as director, manager or analyst  http://{address}/sign-in\n  \
        The guest's survey                       http://{address}/s/{survey}?unit={unit}\n  \
        The lobby kiosk                          http://{address}/s/{kiosk}?unit={unit}\n  \
        What programs can ask                    http://{address}/api\n\n\
        Ctrl-C stops it; the data stay.\n"
    )
}

fn listen(address: &str) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address)
        .map_err(|e| Failure::new(format!("cannot listen on {address}: {e}; choose another port")))?;
    Ok(listener)
}

/// Runs a future on actix's runtime.
pub fn block_on(work: impl Future<Output = std::io::Result<()>>) -> Result<(), Failure> {
    actix_web::rt::System::new().block_on(work).map_err(|e| Failure::new(e.to_string()))
}
