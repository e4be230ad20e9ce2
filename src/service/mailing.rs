//! Mail, handed to an SMTP server.
//!
//! Owns: the connection's settings, what a mail is made of, and that nobody waits for it: mails go out behind the
//! answer, three tries each, so that time does not tell whether there is an account. Refuses: to queue mails over a
//! restart; a link can be asked for again.

use std::path::Path;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport as _, Message, Tokio1Executor};

use crate::wording::{Value, wording};

/// Hands mails to a server.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// A mail in a person's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// Name and bytes of a workbook.
    pub attachments: Vec<(String, Vec<u8>)>,
}

/// What a workbook is.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Seconds before a mail is tried again.
const PAUSES: [u64; 2] = [2, 20];

impl Mailer {
    /// By an address such as `smtp://user:password@mail.example.org:587?tls=required` or `smtps://…`, and a sender.
    ///
    /// # Errors
    /// Which of the two cannot be understood; never the password.
    pub fn new(url: &str, from: &str) -> Result<Self, String> {
        let sender = from.parse().map_err(|e| format!("the sender `{from}` is no mail address: {e}"))?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|e| {
            format!("the SMTP address cannot be understood: {e}; use smtp://USER:PASSWORD@HOST:587?tls=required")
        })?;
        Ok(Self { transport: builder.timeout(Some(Duration::from_secs(20))).build(), from: sender })
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// What it, or the network, says.
    pub async fn reaches(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the SMTP server does not answer".to_owned()),
            Err(e) => Err(format!("the SMTP server cannot be reached: {e}")),
        }
    }

    /// Sends a mail, and says when it was taken.
    ///
    /// # Errors
    /// What the server says.
    pub async fn send(&self, mail: &Mail) -> Result<(), String> {
        let to = mail.to.parse().map_err(|e| format!("no mail address: {e}"))?;
        let headed = Message::builder().from(self.from.clone()).to(Mailbox::new(None, to)).subject(&mail.subject);
        let message = if mail.attachments.is_empty() {
            headed.header(ContentType::TEXT_PLAIN).body(mail.text.clone())
        } else {
            let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(mail.text.clone()));
            for (name, bytes) in &mail.attachments {
                let is_pdf = Path::new(name).extension().is_some_and(|kind| kind == "pdf");
                let kind = if is_pdf { "application/pdf" } else { WORKBOOK };
                let kind = ContentType::parse(kind).map_err(|e| e.to_string())?;
                parts = parts.singlepart(Attachment::new(name.clone()).body(bytes.clone(), kind));
            }
            headed.multipart(parts)
        };
        let message = message.map_err(|e| e.to_string())?;
        self.transport.send(message).await.map(drop).map_err(|e| e.to_string())
    }

    /// Sends a mail behind the answer. What fails for good is logged, without the address.
    pub fn send_behind(&self, mail: Mail) {
        let mailer = self.clone();
        tokio::spawn(async move {
            for pause in PAUSES.into_iter().map(Some).chain([None]) {
                match (mailer.send(&mail).await, pause) {
                    (Ok(()), _) => return,
                    (Err(error), None) => tracing::error!(%error, "a mail could not be sent; it is given up"),
                    (Err(error), Some(pause)) => {
                        tracing::warn!(%error, "a mail could not be sent; trying again");
                        tokio::time::sleep(Duration::from_secs(pause)).await;
                    }
                }
            }
        });
    }
}

/// A mail with a link: `id` names subject and text.
pub fn with_link(id: &str, to: &str, language: &str, link: &str, hours: i64) -> Mail {
    let words = wording(language);
    let values = [("link", Value::Text(link.to_owned())), ("hours", Value::Count(hours.unsigned_abs() as usize))];
    Mail {
        to: to.to_owned(),
        subject: words.get(&format!("{id}-subject")),
        text: words.fill(&format!("{id}-body"), &values).replace('\n', "\r\n"),
        attachments: Vec::new(),
    }
}
