//! One network, or one personal link, cannot hand in or look for receipts without end; everybody else goes on.

use soundings::web::server::Access;

use super::harness::{Backend, Site};

/// A site behind a proxy that says who asks.
fn site(submissions_a_minute: u32) -> Site {
    Site::with(Backend::Sqlite, 0, Access { submissions_a_minute, behind_proxy: true, ..Access::open() })
}

fn post(site: &Site, path: &str, from: &str) -> (u16, u64, String) {
    let request = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
    let mut reply = request
        .post(format!("{}{path}", site.address))
        .header("x-forwarded-for", from)
        .header("accept-language", "en")
        .send_form([("x", "y")])
        .unwrap();
    let wait = reply.headers().get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    (reply.status().as_u16(), wait.unwrap_or(0), reply.body_mut().read_to_string().unwrap())
}

#[test]
fn a_network_that_hands_in_too_often_waits_and_no_other() {
    let site = site(20);
    let path = "/s/hotel-post-stay?lang=en";
    for i in 0..20 {
        assert_eq!(post(&site, path, &format!("198.51.100.{i}")).0, 400, "a page of nobody's, but not too many");
    }
    let (status, wait, body) = post(&site, path, "198.51.100.77");
    assert!(status == 429 && (1..=4).contains(&wait), "{status} {wait}");
    assert!(body.contains("Yours are still in your browser"), "{body}");
    assert_eq!(post(&site, path, "198.51.101.1").0, 400, "the next network");
    assert_eq!(post(&site, path, "2001:db8:1::1").0, 400);
    // What a guest writes stands before what the proxy adds, and says nothing; nor does another spelling help.
    assert_eq!(post(&site, path, "192.0.2.1, 127.0.0.1, 198.51.100.77").0, 429);
    assert_eq!(post(&site, "/%73/hotel-post-stay?lang=en", "198.51.100.77").0, 429);
    assert_eq!(site.get(path).status, 200, "reading is free");
}

#[test]
fn receipts_cannot_be_guessed_quickly_and_links_not_hammered() {
    let site = site(0);
    for i in 0..60 {
        assert_eq!(post(&site, &format!("/r/AAAA-AAAA-{i:04}"), "203.0.113.9").0, 404);
    }
    assert_eq!(post(&site, "/r/AAAA-AAAA-AAAA", "203.0.113.200").0, 429);
    assert_eq!(post(&site, "/r/AAAA-AAAA-AAAA", "203.0.114.200").0, 404);
    // A link is limited wherever it comes from.
    let codes: Vec<u16> = (0..100).map(|i| post(&site, "/i/some-token/draft", &format!("203.0.{i}.1")).0).collect();
    assert_eq!(codes.iter().filter(|c| **c == 404).count(), 90, "{codes:?}");
    assert_eq!(post(&site, "/i/another-token/draft", "203.0.113.1").0, 404);
}
