//! Tokens: what programs sign in with.
//!
//! Owns: a role and a place for each, its end, and when it was last used. Refuses: to keep the token itself.

use chrono::Duration;

use super::access::{Role, Viewer};
use super::{App, ServiceError, new_token, now, sha256};
use crate::store::api_tokens::{self, NewToken, TokenRow};

/// That a token was used is written down at most every so many minutes.
const TOUCH_MINUTES: i64 = 5;

impl App {
    /// Makes a token, good for so many days; it cannot be had a second time.
    ///
    /// # Errors
    /// [`ServiceError::UnknownUnit`]; [`ServiceError::Store`] with a conflict if the name is taken.
    pub async fn add_token(
        &self,
        name: &str,
        role: Role,
        unit: Option<&str>,
        days: i64,
    ) -> Result<String, ServiceError> {
        let token = new_token();
        let row = NewToken {
            name: name.to_owned(),
            token_hash: sha256(&token),
            role: role.as_str(),
            unit_id: self.exact_unit_id(unit).await?,
            expires_at: now() + Duration::days(days),
        };
        self.store.write(move |db| api_tokens::insert(db, &row)).await?;
        Ok(token)
    }

    /// What a token allows.
    ///
    /// # Errors
    /// [`ServiceError::UnknownToken`] for an unknown or an expired one; [`ServiceError::Store`].
    pub async fn viewer_of_token(&self, token: &str) -> Result<Viewer, ServiceError> {
        let hash = sha256(token);
        let found = self.store.read(move |db| api_tokens::by_hash(db, &hash)).await?;
        let at = now();
        let row = found.filter(|row| row.expires_at > at).ok_or(ServiceError::UnknownToken)?;
        let role = row.role.parse().map_err(|_| ServiceError::UnknownToken)?;
        if row.used_at.is_none_or(|used| at - used > Duration::minutes(TOUCH_MINUTES)) {
            self.store.write(move |db| api_tokens::touch(db, row.id, at)).await?;
        }
        Ok(Viewer::of_token(row.name, role, row.unit_id))
    }

    /// All tokens.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, ServiceError> {
        Ok(self.store.read(api_tokens::all).await?)
    }

    /// Removes a token; false if there is none with this name.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the database fails.
    pub async fn remove_token(&self, name: &str) -> Result<bool, ServiceError> {
        let name = name.to_owned();
        Ok(self.store.write(move |db| api_tokens::remove(db, &name)).await?)
    }
}
