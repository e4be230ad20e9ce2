//! Where the data are: from flags, the environment, or a default.
//!
//! Owns: the database's address and its secrecy. Refuses: addresses that no backend answers to.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::store::{Location, Store, StoreError};

/// The options that choose a database.
#[derive(Debug, Clone, Args)]
pub struct Database {
    /// Folder of the SQLite file, created if missing. Not used with --database.
    #[arg(long, value_name = "DIR", default_value = "soundings-data")]
    pub data_dir: PathBuf,
    /// Database address: `sqlite:FILE` or `postgres://USER@HOST/NAME`.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database: Option<String>,
}

/// The file in the data folder.
const FILE: &str = "soundings.db";

impl Database {
    /// The database that is meant.
    ///
    /// # Errors
    /// [`StoreError::Address`] for an unknown scheme.
    pub fn location(&self) -> Result<Location, StoreError> {
        match self.database.as_deref().filter(|url| !url.is_empty()) {
            Some(url) => Location::parse(url),
            None => Ok(Location::Sqlite(self.data_dir.join(FILE))),
        }
    }

    /// Opens it, creating the folder of an SQLite file.
    ///
    /// # Errors
    /// [`StoreError::Address`] if the folder cannot be created; as [`Store::open`].
    pub fn open(&self) -> Result<Store, StoreError> {
        let location = self.location()?;
        if let Location::Sqlite(path) = &location
            && let Some(folder) = path.parent().filter(|f| *f != Path::new(""))
        {
            std::fs::create_dir_all(folder)
                .map_err(|e| StoreError::Address(format!("the folder {} cannot be created: {e}", folder.display())))?;
        }
        Store::open(&location)
    }
}
