//! Who may do what, and where.
//!
//! Owns: the one rule that every page, API call and export of results asks: roles, what each allows, and the units
//! on which. Refuses: to know how somebody signed in; see [`super::accounts`].

use std::collections::BTreeSet;
use std::str::FromStr;

use super::ServiceError;
use crate::store::accounts::{AccountRow, GrantRow};
use crate::store::units::UnitRow;

/// What an account is to a unit and everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Accounts, units, stays, surveys; reports.
    Administrator,
    /// Head office: reports and single responses.
    Analyst,
    /// A house's own figures, never a single response.
    Manager,
    /// Reports.
    Viewer,
    /// A program that takes responses.
    Export,
}

impl Role {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Administrator, Self::Analyst, Self::Manager, Self::Viewer, Self::Export];

    /// As stored and as typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Analyst => "analyst",
            Self::Manager => "manager",
            Self::Viewer => "viewer",
            Self::Export => "export",
        }
    }

    /// Whether the role allows this, where it is given.
    pub fn allows(self, action: Action) -> bool {
        match action {
            Action::ReadReports => self != Self::Export,
            Action::ReadComments => matches!(self, Self::Administrator | Self::Analyst | Self::Manager),
            Action::ReadResponses => matches!(self, Self::Analyst | Self::Export),
            Action::Manage => self == Self::Administrator,
        }
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|r| r.as_str() == text).ok_or_else(|| format!("`{text}` is not one of {}", names()))
    }
}

/// What can be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Figures over many responses.
    ReadReports,
    /// What guests wrote, of many responses together.
    ReadComments,
    /// Single responses, with what guests wrote.
    ReadResponses,
    /// Units, stays, surveys, invitations, accounts.
    Manage,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Viewer {
    /// Nobody who signed in, if `None`.
    pub account: Option<Account>,
    grants: Vec<Given>,
    /// The token's name, if a program asks.
    program: Option<String>,
    /// Whether somebody at the server itself asks.
    shell: bool,
}

/// Whose session it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: i64,
    pub email: String,
    pub name: String,
    /// SHA-256 of the session's cookie.
    pub session: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// A role on a unit, everywhere without one.
    Role(Role, Option<i64>),
    /// To everybody, by how the server was started.
    Open(Action),
}

/// Where somebody may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    Everywhere,
    /// In these units: those named by roles, and everything below them. Not empty.
    Units {
        roots: Vec<i64>,
        all: BTreeSet<i64>,
    },
}

impl Viewer {
    /// Somebody with these roles.
    pub fn new(account: Account, roles: impl IntoIterator<Item = (Role, Option<i64>)>) -> Self {
        let grants = roles.into_iter().map(|(role, unit)| Given::Role(role, unit)).collect();
        Self { account: Some(account), grants, ..Self::default() }
    }

    /// An account with what it was granted; a role that this version does not know allows nothing.
    /// `session` is empty where nobody is signed in with it.
    pub(super) fn with_grants(account: AccountRow, grants: &[GrantRow], session: String) -> Self {
        let AccountRow { id, email, name, .. } = account;
        let account = Account { id, email, name, session };
        Self::new(account, grants.iter().filter_map(|g| Some((g.role.parse().ok()?, g.unit_id))))
    }

    /// A program with this role.
    pub fn of_token(name: String, role: Role, unit: Option<i64>) -> Self {
        Self { grants: vec![Given::Role(role, unit)], program: Some(name), ..Self::default() }
    }

    /// Who sits at the server itself.
    pub fn at_the_server() -> Self {
        let shell = Self { shell: true, ..Self::default() };
        shell.and(Action::ReadReports, true).and(Action::ReadResponses, true).and(Action::Manage, true)
    }

    /// Whether it is known who asks.
    pub fn is_somebody(&self) -> bool {
        self.account.is_some() || self.program.is_some() || self.shell
    }

    /// What the audit calls whoever asks.
    pub fn actor(&self) -> String {
        match (&self.account, &self.program) {
            (Some(account), _) => account.email.clone(),
            (None, Some(token)) => format!("token {token}"),
            (None, None) if self.shell => "shell".to_owned(),
            (None, None) => "anybody".to_owned(),
        }
    }

    /// Allows an action to everybody, if `open`.
    #[must_use]
    pub fn and(mut self, action: Action, open: bool) -> Self {
        self.grants.extend(open.then_some(Given::Open(action)));
        self
    }

    /// Where this may be done.
    ///
    /// # Errors
    /// [`ServiceError::NotSignedIn`], [`ServiceError::NotAllowed`] where it may be done nowhere.
    pub fn scope(&self, action: Action, units: &[UnitRow]) -> Result<Scope, ServiceError> {
        let mut roots = Vec::new();
        for given in &self.grants {
            match given {
                Given::Open(allowed) if *allowed == action => return Ok(Scope::Everywhere),
                Given::Role(role, None) if role.allows(action) => return Ok(Scope::Everywhere),
                Given::Role(role, Some(unit)) if role.allows(action) => roots.push(*unit),
                _ => {}
            }
        }
        if roots.is_empty() {
            let known = self.account.is_some() || self.program.is_some();
            return Err(if known { ServiceError::NotAllowed } else { ServiceError::NotSignedIn });
        }
        let mut all: BTreeSet<i64> = roots.iter().copied().collect();
        // Parents come before children.
        for unit in units {
            if unit.parent_id.is_some_and(|parent| all.contains(&parent)) {
                all.insert(unit.id);
            }
        }
        Ok(Scope::Units { roots, all })
    }
}

impl Scope {
    /// The ids of the units inside; none for everywhere.
    pub fn ids(self) -> Option<Vec<i64>> {
        match self {
            Self::Everywhere => None,
            Self::Units { all, .. } => Some(all.into_iter().collect()),
        }
    }

    /// Whether a unit, or, for `None`, all of them together, is inside.
    pub fn holds(&self, unit: Option<i64>) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Units { all, .. } => unit.is_some_and(|id| all.contains(&id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units() -> [UnitRow; 4] {
        let unit = |id: i64, parent_id| UnitRow::plain(id, &id.to_string(), parent_id);
        [unit(1, None), unit(2, Some(1)), unit(3, Some(1)), unit(4, Some(3))]
    }

    fn somebody(roles: &[(Role, Option<i64>)]) -> Viewer {
        let account = Account { id: 1, email: String::new(), name: String::new(), session: String::new() };
        Viewer::new(account, roles.iter().copied())
    }

    #[test]
    fn a_role_holds_on_its_unit_and_below() {
        let manager = somebody(&[(Role::Manager, Some(3))]);
        let scope = manager.scope(Action::ReadReports, &units()).unwrap();
        assert_eq!([1, 2, 3, 4].map(|id| scope.holds(Some(id))), [false, false, true, true]);
        assert!(!scope.holds(None), "all units together are not his");
        assert!(matches!(manager.scope(Action::ReadResponses, &units()), Err(ServiceError::NotAllowed)));
        // Analyst of one unit and manager of another: single responses of the first alone.
        let both = somebody(&[(Role::Manager, Some(3)), (Role::Analyst, Some(2))]);
        let scope = both.scope(Action::ReadResponses, &units()).unwrap();
        assert_eq!([1, 2, 3, 4].map(|id| scope.holds(Some(id))), [false, true, false, false]);
        assert_eq!(somebody(&[(Role::Viewer, None)]).scope(Action::ReadReports, &[]).unwrap(), Scope::Everywhere);
    }

    #[test]
    fn nobody_may_do_nothing() {
        for action in [Action::ReadReports, Action::ReadResponses] {
            assert!(matches!(Viewer::default().scope(action, &units()), Err(ServiceError::NotSignedIn)));
            assert!(matches!(somebody(&[]).scope(action, &units()), Err(ServiceError::NotAllowed)));
            let open = Viewer::default().and(action, true);
            assert_eq!(open.scope(action, &units()).unwrap(), Scope::Everywhere);
        }
        assert!(Viewer::default().and(Action::ReadReports, true).scope(Action::ReadResponses, &[]).is_err());
    }
}
