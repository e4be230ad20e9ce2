//! Signing in by an OpenID Connect provider (Core 1.0, authorization code with PKCE, RFC 7636).
//!
//! Owns: the way there and back, who somebody is then, and roles by the provider's groups. What is asked of whom, and
//! whether a token is good, is the crate `openidconnect`'s. Refuses: addresses that are not https, but on this machine;
//! redirects; and to trust an address that the provider has not verified.

use std::collections::HashMap;
use std::time::Duration;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};

use super::access::Role;
use super::accounts::{begin_session, email_address};
use super::{App, ServiceError, now, sha256};
use crate::store::accounts::{self, AccountRow, DONE};
use crate::store::factors::{self, Attempt};
use crate::store::{Db, StoreError, units};

/// How long somebody may take at the provider.
const MINUTES: i64 = 15;
/// The largest answer of a provider that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A provider, and what its groups mean here.
#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    /// What the button says after "Sign in with".
    pub name: String,
    /// Claim of the ID token that lists groups.
    pub groups_claim: String,
    /// Roles of a group, each with the code of its unit; everywhere without one.
    pub groups: GroupRoles,
}

/// Roles by group, each with the code of its unit.
pub type GroupRoles = HashMap<String, Vec<(Role, Option<String>)>>;

/// Somebody, as the provider says.
struct Person {
    openid: String,
    email: Option<String>,
    name: String,
    groups: Vec<String>,
}

impl Provider {
    /// This provider, if its address may be used.
    ///
    /// # Errors
    /// An address that is not https, but on this machine.
    pub fn checked(self) -> Result<Self, String> {
        let url = openidconnect::url::Url::parse(&self.issuer)
            .map_err(|e| format!("the OpenID issuer `{}` is no address: {e}", self.issuer))?;
        let here = url.host_str().is_some_and(|host| host == "localhost" || host == "127.0.0.1" || host == "[::1]");
        if url.scheme() == "https" || here {
            Ok(self)
        } else {
            Err(format!("the OpenID issuer `{}` must begin with https://", self.issuer))
        }
    }

    /// Whether the provider says who it is.
    ///
    /// # Errors
    /// What is wrong, for an administrator.
    pub fn reaches(&self) -> Result<(), String> {
        self.metadata().map(drop)
    }

    fn metadata(&self) -> Result<CoreProviderMetadata, String> {
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|e| e.to_string())?;
        CoreProviderMetadata::discover(&issuer, &ask).map_err(|e| format!("the provider's description: {}", chain(&e)))
    }

    /// The address at the provider, and what must come back.
    fn begin(&self, redirect: String) -> Result<(String, String, Attempt), String> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = CoreClient::from_provider_metadata(self.metadata()?, ClientId::new(self.client_id.clone()), None)
            .set_redirect_uri(RedirectUrl::new(redirect).map_err(|e| e.to_string())?);
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let attempt = Attempt {
            state_hash: sha256(state.secret()),
            verifier: verifier.secret().clone(),
            nonce: nonce.secret().clone(),
            next: String::new(),
            expires_at: now() + chrono::Duration::minutes(MINUTES),
        };
        Ok((url.to_string(), state.secret().clone(), attempt))
    }

    /// Who came back with this code.
    fn finish(&self, redirect: String, code: String, attempt: Attempt) -> Result<Person, String> {
        let secret = self.client_secret.clone().map(ClientSecret::new);
        let client =
            CoreClient::from_provider_metadata(self.metadata()?, ClientId::new(self.client_id.clone()), secret)
                .set_redirect_uri(RedirectUrl::new(redirect).map_err(|e| e.to_string())?);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|e| chain(&e))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier));
        let tokens = request.request(&ask).map_err(|e| format!("the token: {}", chain(&e)))?;
        let token = tokens.id_token().ok_or("the provider sent no ID token")?;
        let claims = token
            .claims(&client.id_token_verifier(), &Nonce::new(attempt.nonce))
            .map_err(|e| format!("the ID token: {}", chain(&e)))?;
        let verified = claims.email_verified() == Some(true);
        let email = claims.email().filter(|_| verified).and_then(|email| email_address(email));
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        Ok(Person {
            openid: format!("{} {}", claims.issuer().as_str(), claims.subject().as_str()),
            name: name.or_else(|| email.clone()).unwrap_or_else(|| claims.subject().to_string()),
            email,
            // The token was verified above; its payload is what was signed.
            groups: groups(&token.to_string(), &self.groups_claim),
        })
    }
}

/// What a claim of a token lists.
fn groups(token: &str, claim: &str) -> Vec<String> {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap_or_default();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    let claims: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let listed = claims[claim].as_array().cloned().unwrap_or_default();
    listed.iter().filter_map(|group| group.as_str().map(str::to_owned)).collect()
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |e| (*e).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Why a provider did not answer.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Asked(#[from] ureq::Error);

/// Asks a provider; redirects are not followed, since they could lead anywhere.
fn ask(request: HttpRequest) -> Result<HttpResponse, Asked> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(10)));
    let agent: ureq::Agent = config.build().into();
    let (parts, mut body) = agent.run(request)?.into_parts();
    let bytes = body.with_config().limit(LARGEST).read_to_vec()?;
    Ok(HttpResponse::from_parts(parts, bytes))
}

impl App {
    fn provider(&self) -> Result<(Provider, String), ServiceError> {
        let provider = self.settings.openid.clone().ok_or(ServiceError::NoProvider)?;
        Ok((provider, format!("{}/sign-in/openid/back", self.settings.base_url)))
    }

    /// Begins the way to the provider; returns its address, and the state that the same browser must bring back.
    ///
    /// # Errors
    /// [`ServiceError::NoProvider`], also while it does not answer; [`ServiceError::Store`].
    pub async fn begin_openid(&self, next: &str) -> Result<(String, String), ServiceError> {
        let (provider, redirect) = self.provider()?;
        let (url, state, mut attempt) = of_provider(move || provider.begin(redirect)).await?;
        next.clone_into(&mut attempt.next);
        self.store.write(move |db| factors::insert_attempt(db, &attempt, now())).await?;
        Ok((url, state))
    }

    /// Ends the way back; returns the session's cookie, and where to go.
    ///
    /// # Errors
    /// [`ServiceError::NoProvider`] for a state that is unknown or of long ago, or a code that the provider does not
    /// know; [`ServiceError::NotAllowed`] for somebody without an account and a group.
    pub async fn finish_openid(&self, state: &str, code: &str) -> Result<(String, String), ServiceError> {
        let (provider, redirect) = self.provider()?;
        let hash = sha256(state);
        let attempt = self.store.write(move |db| factors::take_attempt(db, &hash, now())).await?;
        let attempt = attempt.ok_or(ServiceError::NoProvider)?;
        let (next, groups, code) = (attempt.next.clone(), provider.groups.clone(), code.to_owned());
        let person = of_provider(move || provider.finish(redirect, code, attempt)).await?;
        let roles: Vec<(Role, Option<String>)> =
            person.groups.iter().filter_map(|group| groups.get(group)).flatten().cloned().collect();
        let by_groups = !groups.is_empty();
        let begun = self.store.write(move |db| {
            let Some(account) = find_or_make(db, &person, !roles.is_empty())? else { return Ok(None) };
            if by_groups {
                accounts::revoke_all(db, account.id)?;
                for (role, unit) in &roles {
                    let unit = match unit {
                        None => None,
                        // A unit that is not there (any more) gives nothing.
                        Some(code) => match units::by_code(db, code)? {
                            Some(unit) => Some(unit.id),
                            None => continue,
                        },
                    };
                    accounts::grant(db, account.id, role.as_str(), unit)?;
                }
            }
            begin_session(db, account.id, DONE).map(Some)
        });
        Ok((begun.await?.ok_or(ServiceError::NotAllowed)?, next))
    }
}

/// The account of somebody: known by the provider's name for them, or by a verified address; or a new one, for
/// whoever has a role.
fn find_or_make(db: &mut Db, person: &Person, has_role: bool) -> Result<Option<AccountRow>, StoreError> {
    if let Some(account) = factors::by_openid(db, &person.openid)? {
        return Ok(Some(account));
    }
    let Some(email) = &person.email else { return Ok(None) };
    let id = match accounts::by_email(db, email)? {
        // Somebody else at the provider has it already.
        Some(account) if account.openid.is_some() => return Ok(None),
        Some(account) => account.id,
        None if has_role => accounts::insert(db, email, &person.name, now())?,
        None => return Ok(None),
    };
    factors::set_openid(db, id, &person.openid)?;
    accounts::by_email(db, email)
}

/// Asks the provider off the threads that serve guests; what goes wrong is logged for the administrator.
async fn of_provider<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, ServiceError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|e| StoreError::Broken(Box::new(e)))?;
    done.map_err(|error| {
        tracing::warn!(%error, "signing in by OpenID did not work");
        ServiceError::NoProvider
    })
}
