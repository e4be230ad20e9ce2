//! `soundings backup`, `restore`, `doctor`: what an administrator needs at three in the morning.

use std::path::{Path, PathBuf};

use clap::Args;

use super::invite::with_app;
use super::serve::block_on;
use super::settings::SettingsArgs;
use super::{Failure, print};
use crate::config::Database;
use crate::service::App;
use crate::store::{Location, StoreError, backup};

/// Copy the database into a new file while it is used, and prove the copy.
#[derive(Debug, Args)]
pub struct BackupArgs {
    #[command(flatten)]
    database: Database,
    /// The new file; one that is there is not overwritten.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Put a copy in the place of the database. The server must not be running.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    #[command(flatten)]
    database: Database,
    /// A file that `backup` made.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Move a database that is there out of the way, to `….before-restore-TIME`.
    #[arg(long)]
    replace: bool,
}

/// Say what is well and what is not: database, seals, audit, mail, sign-in.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    settings: SettingsArgs,
}

fn said(e: impl std::fmt::Display) -> Failure {
    Failure::new(e.to_string())
}

/// Runs `backup`.
///
/// # Errors
/// PostgreSQL, a file that is there, a disk that is full, a copy that does not prove good.
pub fn backup(args: &BackupArgs) -> Result<(), Failure> {
    if args.file.exists() {
        return Err(Failure::new(format!("{} is there already", args.file.display())));
    }
    let store = args.database.open().map_err(said)?;
    store.read_blocking(|db| backup::copy(db, &args.file)).map_err(said)?;
    let proof = proved(&args.file)?;
    print(&format!("{}: {proof}\n", args.file.display()));
    Ok(())
}

/// What a copy holds, once SQLite, the seals and the audit have been gone through.
fn proved(file: &Path) -> Result<String, Failure> {
    backup::check(file).map_err(said)?;
    let app = App::new(backup::open(file).map_err(said)?);
    let (verdict, audit) = actix_web::rt::System::new()
        .block_on(async {
            Ok::<_, crate::service::ServiceError>((app.verify(Vec::new()).await?, app.prove_audit(None).await?))
        })
        .map_err(said)?;
    if let Some(fault) = verdict.faults.first() {
        return Err(Failure::new(format!("{}: the seals do not fit: {fault}", file.display())));
    }
    match audit.bad {
        None => Ok(format!(
            "whole; {} sealed and {} other responses, {} audit entries",
            verdict.kept, verdict.unsealed, audit.entries
        )),
        Some(bad) => Err(Failure::new(format!("{}: audit entry {bad} does not fit", file.display()))),
    }
}

/// Runs `restore`.
///
/// # Errors
/// PostgreSQL, a copy that does not prove good, a database that is there.
pub fn restore(args: &RestoreArgs) -> Result<(), Failure> {
    let Location::Sqlite(target) = args.database.location().map_err(said)? else {
        return Err(said(StoreError::Address("this is PostgreSQL: restore it with pg_restore".to_owned())));
    };
    // A copy of the copy is proved: opening it brings it up to this version.
    let folder = target.parent().filter(|f| *f != Path::new("")).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| Failure::new(format!("{}: {e}", folder.display())))?;
    if target.exists() && !args.replace {
        return Err(Failure::new(format!("{} is there already; --replace moves it out of the way", target.display())));
    }
    backup::check(&args.file).map_err(said)?;
    let new = target.with_extension("restoring");
    std::fs::copy(&args.file, &new).map_err(|e| Failure::new(format!("{}: {e}", args.file.display())))?;
    let proof = proved(&new)?;
    let move_to = |from: &Path, to: &Path| {
        std::fs::rename(from, to).map_err(|e| Failure::new(format!("{}: {e}", from.display())))
    };
    let with = |path: &Path, more: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(more);
        PathBuf::from(name)
    };
    if target.exists() {
        if backup::is_in_use(&target) {
            return Err(Failure::new(format!("{} is in use: stop the server first", target.display())));
        }
        // With its log, unopened: whatever is wrong with it stays as it is.
        let kept = with(&target, &format!(".before-restore-{}", crate::service::now().format("%Y%m%dT%H%M%S%6f")));
        for part in ["", "-wal", "-shm"] {
            if with(&target, part).exists() {
                move_to(&with(&target, part), &with(&kept, part))?;
            }
        }
        print(&format!("{}: what was there\n", kept.display()));
    }
    for log in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(with(&target, log));
    }
    let on_disk = |path: &Path| std::fs::File::open(path).and_then(|file| file.sync_all());
    on_disk(&new).map_err(|e| Failure::new(format!("{}: {e}", new.display())))?;
    move_to(&new, &target)?;
    let _ = on_disk(folder);
    print(&format!("{}: {proof}\n", target.display()));
    Ok(())
}

/// Runs `doctor`.
///
/// # Errors
/// What is not well.
pub fn doctor(args: &DoctorArgs) -> Result<(), Failure> {
    let settings = args.settings.settings("http://127.0.0.1:8080")?;
    let mut ill = 0;
    let mut tell = |what: &str, outcome: Result<String, String>| {
        let (mark, text) = outcome.map_or_else(|e| ("ILL ", e), |text| ("well", text));
        ill += usize::from(mark == "ILL ");
        print(&format!("{mark}  {what}: {text}\n"));
    };
    match args.database.open() {
        Err(e) => tell("database", Err(e.to_string())),
        Ok(store) => {
            tell("database", Ok("opens, and is up to date".to_owned()));
            drop(store);
            let (verdict, audit) = with_app(&args.database, async |app| {
                Ok((app.verify(Vec::new()).await?, app.prove_audit(None).await?))
            })?;
            let (hooks, dead) =
                with_app(&args.database, async |app| Ok((app.webhooks().await?, app.dead_letters().await?)))?;
            let waiting = hooks.iter().filter(|hook| !hook.active).count();
            let hooks = format!("{}, of which {waiting} not active", hooks.len());
            let fault = verdict.faults.first().map(ToString::to_string);
            tell(
                "seals",
                fault.map_or_else(|| Ok(format!("{} seals, {} responses", verdict.seals.len(), verdict.kept)), Err),
            );
            let fits = Ok(format!("{} entries", audit.entries));
            let audit = audit.bad.map_or(fits, |bad| Err(format!("entry {bad} does not fit")));
            tell("audit", audit);
            let hooks = if dead == 0 {
                Ok(format!("{hooks}, no message given up"))
            } else {
                Err(format!(
                    "{dead} messages were given up: `soundings webhook log NAME --status dead` has the reasons"
                ))
            };
            tell("webhooks", hooks);
        }
    }
    let secure = settings.base_url.starts_with("https://") || settings.base_url.starts_with("http://127.0.0.1");
    let address = settings.base_url.clone();
    tell(
        "address",
        if secure { Ok(address) } else { Err(format!("{address} is not https: passwords could be read on the way")) },
    );
    match &settings.mailer {
        None => tell("mail", Ok("not set up: links are printed".to_owned())),
        Some(mailer) => {
            let mut outcome = Ok("the server answers".to_owned());
            block_on(async {
                outcome = mailer.reaches().await.map(|()| "the server answers".to_owned());
                Ok(())
            })?;
            tell("mail", outcome);
        }
    }
    match settings.openid.clone() {
        None => tell("OpenID", Ok("not set up".to_owned())),
        Some(provider) => tell("OpenID", provider.reaches().map(|()| format!("{} answers", provider.issuer))),
    }
    if ill == 0 { Ok(()) } else { Err(Failure::new(format!("{ill} not well"))) }
}
